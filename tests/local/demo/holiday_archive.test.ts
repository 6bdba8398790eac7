import { describe, expect, it } from "vitest";
import { bytes_source, type EntrySink, extract, open_archive } from "../../../archive/index.ts";
import { cut_shards } from "../../../jobs/shards.ts";
import { holiday_entries, whole_holiday_entries, zip_entries } from "../../../local/demo/holiday_archive.ts";
import { image_type } from "../../../storage/image_type.ts";
import { PART_BYTES } from "../../../storage/upload_in_parts.ts";

const entries = holiday_entries();
const zip = zip_entries(entries);

describe("the archive of the demo", () => {
  it("is small enough for a request", () => {
    expect(zip.byteLength).toBeLessThan(4_400_000);
  });

  it("has every entry in its order, the two of one name as well, byte for byte", async () => {
    const archive = await open_archive(bytes_source(zip));
    expect(archive.entries.map(({ path }) => path)).toEqual(entries.map(({ path }) => path));
    const sink: EntrySink<Buffer> = {
      async write(_entry, bytes) {
        const chunks: Uint8Array[] = [];
        for await (const chunk of bytes) chunks.push(chunk);
        return { outcome: "stored", value: Buffer.concat(chunks) };
      },
    };
    for (const result of await extract(archive, sink)) {
      if (result.outcome !== "stored") continue;
      const { path, bytes } = entries[result.entry.index] ?? {};
      expect(result.value.equals(bytes ?? Buffer.alloc(0)), path).toBe(true);
    }
  });

  it("holds photos of the types that it says, and of nothing else", async () => {
    for (const { path, bytes, expected } of entries) {
      const type = path === "../evil.jpg" ? undefined : await image_type(bytes);
      expect({ path, type }).toEqual({
        path,
        type: expected.outcome === "uploaded" ? expected.type : undefined,
      });
    }
  });

  it("has a photo that is too large to be answered with, a name twice, and each kind of outcome", () => {
    expect(Math.max(...entries.map(({ bytes }) => bytes.byteLength))).toBeGreaterThan(4_500_000);
    expect(new Set(entries.map(({ path }) => path)).size).toBe(entries.length - 1);
    const outcomes = entries.map(({ expected }) =>
      expected.outcome === "uploaded" ? "uploaded" : `${expected.outcome} ${expected.reason}`,
    );
    expect([...new Set(outcomes)].toSorted()).toEqual([
      "failed empty_file",
      "failed unsafe_path",
      "skipped directory",
      "skipped not_an_image",
      "skipped platform_file",
      "skipped sidecar",
      "uploaded",
    ]);
  });
});

describe("the larger archive of the demo", () => {
  const whole = whole_holiday_entries();
  const stored = zip_entries(whole, { deflate: false });

  it("is more than one part of an upload, and more than one worker extracts at a time", async () => {
    expect(stored.byteLength).toBeGreaterThan(PART_BYTES);
    const archive = await open_archive(bytes_source(stored));
    expect(archive.entries.map(({ path }) => path)).toEqual(whole.map(({ path }) => path));
    expect(cut_shards(archive.entries).length).toBeGreaterThan(1);
  });

  it("is not deflated", () => {
    const bytes = whole.reduce((sum, entry) => sum + entry.bytes.byteLength, 0);
    expect(stored.byteLength).toBeGreaterThan(bytes);
  });
});
