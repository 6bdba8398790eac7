import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { ArchiveLimits } from "../../archive/index.ts";
import { bytes_source, default_limits, extract, open_archive } from "../../archive/index.ts";
import { collecting_sink, noise, stream_all, summary } from "./sinks.ts";
import type { EntryParts } from "./zip_builder.ts";
import { build_zip } from "./zip_builder.ts";

const photos: EntryParts[] = [
  { name: "1.jpg", data: noise(1_000, 1) },
  { name: "2.jpg", data: noise(2_000, 2) },
  { name: "3.jpg", data: noise(3_000, 3) },
];

async function outcomes_of(entries: readonly EntryParts[], limits: Partial<ArchiveLimits>, codec = {}) {
  const archive = await open_archive(bytes_source(build_zip({ entries })), { limits, ...codec });
  return summary(await extract(archive, collecting_sink));
}

const all = ["1.jpg: stored", "2.jpg: stored", "3.jpg: stored"];

describe("limits", () => {
  it("have the defaults that the README states", () => {
    expect(default_limits).toEqual({
      entries: 2_000,
      directory_bytes: 2_097_152,
      entry_bytes: 50_000_000,
      total_bytes: 100_000_000,
      ratio: 200,
      ratio_free_bytes: 1_048_576,
      name_bytes: 1_024,
    });
  });

  it("must be numbers", async () => {
    for (const limits of [{ entries: Number.NaN }, { ratio: -1 }]) {
      await expect(outcomes_of(photos, limits)).rejects.toThrow(RangeError);
    }
  });

  it("count entries", async () => {
    expect(await outcomes_of(photos, { entries: 3 })).toEqual(all);
    await expect(outcomes_of(photos, { entries: 2 })).rejects.toMatchObject({ code: "too_many_entries" });
    const many = Array.from({ length: 2_001 }, () => ({ name: "x", method: 0 }));
    await expect(outcomes_of(many, {})).rejects.toMatchObject({ code: "too_many_entries" });
    expect(await outcomes_of(many.slice(1), {})).toHaveLength(2_000);
  });

  it("count the directory's bytes", async () => {
    const size = 3 * (46 + 5);
    expect(await outcomes_of(photos, { directory_bytes: size })).toEqual(all);
    await expect(outcomes_of(photos, { directory_bytes: size - 1 })).rejects.toMatchObject({
      code: "directory_too_large",
    });
  });

  it("fail an entry that is too large, and only that one", async () => {
    expect(await outcomes_of(photos, { entry_bytes: 3_000 })).toEqual(all);
    expect(await outcomes_of(photos, { entry_bytes: 1_999 })).toEqual([
      "1.jpg: stored",
      "2.jpg: entry_too_large",
      "3.jpg: entry_too_large",
    ]);
  });

  it("refuse an archive whose entries are too large in all, not counting those that are not extracted", async () => {
    expect(await outcomes_of(photos, { total_bytes: 6_000 })).toEqual(all);
    await expect(outcomes_of(photos, { total_bytes: 5_999 })).rejects.toMatchObject({
      code: "archive_too_large",
    });
    expect(await outcomes_of(photos, { total_bytes: 3_000, entry_bytes: 2_000 })).toEqual([
      "1.jpg: stored",
      "2.jpg: stored",
      "3.jpg: entry_too_large",
    ]);
  });

  it("count the bytes that flow, against what the caller has left", async () => {
    const archive = await open_archive(bytes_source(build_zip({ entries: photos })));
    const outcomes = await extract(archive, collecting_sink, { total_bytes: 3_000, concurrency: 1 });
    expect(summary(outcomes)).toEqual(["1.jpg: stored", "2.jpg: stored", "3.jpg: archive_too_large"]);
  });

  it("fail an entry that compresses too well, where it is large enough to matter", async () => {
    const blank = { name: "blank.bmp", data: Buffer.alloc(300_000) };
    const limits = { ratio: 100, ratio_free_bytes: 299_999 };
    expect(await outcomes_of([blank], limits)).toEqual(["blank.bmp: ratio_too_high"]);
    expect(await outcomes_of([blank], { ...limits, ratio_free_bytes: 300_000 })).toEqual([
      "blank.bmp: stored",
    ]);
    expect(await outcomes_of([blank], { ...limits, ratio: 1_032 })).toEqual(["blank.bmp: stored"]);
  });

  it.each([
    ["at once", {}],
    ["streamed", { codec_sizes: stream_all }],
  ])("cut off an entry that inflates to more than it declares: %s", async (_how, codec) => {
    const lying = { name: "bomb.jpg", data: Buffer.alloc(5_000_000), central: { size: 900_000 } };
    const local = { size: 900_000 };
    expect(await outcomes_of([{ ...lying, local }], { ratio: 1_032 }, codec)).toEqual([
      "bomb.jpg: size_mismatch",
    ]);
  });

  it("cannot be dodged by claiming more compressed bytes than the data need", async () => {
    const compressed = Buffer.concat([deflateRawSync(Buffer.alloc(300_000)), Buffer.alloc(10_000)]);
    const padded = { name: "a.bmp", data: Buffer.alloc(300_000), compressed };
    const limits = { ratio: 100, ratio_free_bytes: 1_000 };
    for (const codec of [{}, { codec_sizes: stream_all }]) {
      expect(await outcomes_of([padded], limits, codec)).toEqual(["a.bmp: corrupt_data"]);
    }
  });

  it("judge names", async () => {
    expect(await outcomes_of(photos, { name_bytes: 5 })).toEqual(all);
    expect(await outcomes_of(photos, { name_bytes: 4 })).toEqual(
      photos.map(({ name }) => `${name}: name_too_long`),
    );
  });
});
