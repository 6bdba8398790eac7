import { describe, expect, it } from "vitest";
import { bytes_source, extract, open_archive } from "../../../archive/index.ts";
import {
  archive,
  inflating_photo,
  many_objects,
  photo,
  unsafe_archive,
} from "../../../bench/memory/inputs.ts";
import { image_type } from "../../../storage/image_type.ts";

/** How many entries of an archive come to which end. */
async function outcomes(bytes: Buffer): Promise<Record<string, number>> {
  const opened = await open_archive(bytes_source(bytes));
  const results = await extract(opened, {
    write: async (entry, chunks) => {
      let size = 0;
      for await (const chunk of chunks) size += chunk.byteLength;
      return { outcome: "stored", value: size === entry.size };
    },
  });
  const counts: Record<string, number> = {};
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

describe("the photos", () => {
  it.each([
    ["photo", photo(5_000)],
    ["inflating_photo", inflating_photo(200_000)],
  ])("are photos to the functions: %s", async (_, bytes) => {
    expect(await image_type(bytes)).toBe("image/jpeg");
  });

  it("are the same in every run, and differ from one another", () => {
    expect(photo(5_000, 1).equals(photo(5_000, 1))).toBe(true);
    expect(photo(5_000, 1).equals(photo(5_000, 2))).toBe(false);
  });

  it("inflate by more than twenty, and by less than is refused", () => {
    const ratio = 2_000_000 / archive(1, () => inflating_photo(2_000_000), true).byteLength;
    expect(ratio).toBeGreaterThan(20);
    expect(ratio).toBeLessThan(200);
  });
});

describe("the archives", () => {
  it("are read to the last entry", async () => {
    expect(await outcomes(archive(3, (i) => photo(2_000, i), false))).toEqual({ stored: 3 });
    expect(await outcomes(archive(2, (i) => inflating_photo(200_000, i), true))).toEqual({ stored: 2 });
  });

  it("with unsafe names have a directory within the limit of /unzip, and not one good entry", async () => {
    const bytes = unsafe_archive(2_000);
    expect(bytes.readUInt32LE(bytes.byteLength - 10)).toBeLessThanOrEqual(512 * 1024);
    expect(await outcomes(bytes)).toEqual({ failed: 2_000 });
  });
});

describe("many_objects", () => {
  it("is JSON of no more bytes than asked for", () => {
    const text = many_objects(1_000);
    expect(text.length).toBeGreaterThan(990);
    expect(text.length).toBeLessThanOrEqual(1_000);
    expect(JSON.parse(text)).toHaveLength(333);
  });
});
