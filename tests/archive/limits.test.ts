import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { ArchiveLimits } from "../../archive/index.ts";
import { bytes_source, default_limits, extract, large_limits, open_archive } from "../../archive/index.ts";
import { behind_a_gap, collecting_sink, noise, stream_all, summary } from "./sinks.ts";
import type { EntryParts } from "./zip_builder.ts";
import { build_zip, extra } from "./zip_builder.ts";

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
      total_ratio: 20,
      total_ratio_free_bytes: 100_000_000,
      name_bytes: 1_024,
    });
    expect(large_limits).toEqual({
      entries: 100_000,
      directory_bytes: 33_554_432,
      entry_bytes: 5_368_709_120,
      total_bytes: 53_687_091_200,
      ratio: 200,
      ratio_free_bytes: 1_048_576,
      total_ratio: 20,
      total_ratio_free_bytes: 100_000_000,
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

  it("refuse an archive that inflates to far more than it is, where that is large enough to matter", async () => {
    const blank = [
      { name: "1.bmp", data: Buffer.alloc(300_000) },
      { name: "2.bmp", data: Buffer.alloc(300_000) },
    ];
    const size = build_zip({ entries: blank }).byteLength;
    const limits = { ratio: 1_032, total_ratio: 600_000 / size, total_ratio_free_bytes: 599_999 };
    expect(await outcomes_of(blank, limits)).toEqual(["1.bmp: stored", "2.bmp: stored"]);
    const less = { ...limits, total_ratio: 599_999 / size };
    await expect(outcomes_of(blank, less)).rejects.toMatchObject({ code: "archive_too_large" });
    expect(await outcomes_of(blank, { ...less, total_ratio_free_bytes: 600_000 })).toHaveLength(2);
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

  describe("of a large archive", () => {
    /** Sizes that only a directory can claim, of an archive that is said to be long enough for them. */
    const opened = async (sizes: readonly number[], limits: Partial<ArchiveLimits> = {}) => {
      const region = 2 ** 29;
      const entries = sizes.map((size, index) => ({
        name: "a.mov",
        compressed: Buffer.alloc(10),
        extra: extra(1, [8, size], [8, region - 100], [8, index * region]),
        central: { size: 0xffffffff, compressed_size: 0xffffffff, offset: 0xffffffff },
      }));
      const gap = sizes.length * region;
      const source = behind_a_gap(build_zip({ entries, base: gap, zip64: "saturated" }), gap);
      const options = { limits: { ...large_limits, ...limits }, check_headers: "when_opened" } as const;
      return (await open_archive(source, options)).entries;
    };

    it("allow 100,000 entries", async () => {
      const open = (count: number) =>
        open_archive(bytes_source(empty_entries(count)), {
          limits: large_limits,
          check_headers: "when_opened",
        });
      expect((await open(100_000)).entries).toHaveLength(100_000);
      await expect(open(100_001)).rejects.toMatchObject({ code: "too_many_entries" });
    });

    it("allow a directory of 32 MiB", async () => {
      const comment = Buffer.alloc(65_000);
      const entries = Array.from({ length: 516 }, () => ({ name: "x", method: 0, comment }));
      const open = (count: number) =>
        open_archive(bytes_source(build_zip({ entries: entries.slice(0, count) })), { limits: large_limits });
      expect((await open(515)).entries).toHaveLength(515);
      await expect(open(516)).rejects.toMatchObject({ code: "directory_too_large" });
    });

    it("allow 5 GiB for an entry", async () => {
      const faults = (await opened([5 * 1024 ** 3, 5 * 1024 ** 3 + 1])).map(({ fault }) => fault);
      expect(faults).toEqual([undefined, "entry_too_large"]);
    });

    it("allow 50 GiB in all", async () => {
      const sizes = new Array<number>(10).fill(5 * 1024 ** 3);
      expect(await opened(sizes)).toHaveLength(10);
      await expect(opened([...sizes, 2_000_000])).rejects.toMatchObject({ code: "archive_too_large" });
    });
  });
});

/** Made of the headers of one. */
function empty_entries(count: number): Buffer {
  const one = build_zip({ entries: [{ name: "x", method: 0 }] });
  const local = one.subarray(0, 31);
  const record = one.subarray(31, 31 + 47);
  const directory_offset = count * local.byteLength;
  const bytes = Buffer.alloc(directory_offset + count * record.byteLength);
  for (let index = 0; index < count; index += 1) {
    bytes.set(local, index * local.byteLength);
    const at = directory_offset + index * record.byteLength;
    bytes.set(record, at);
    bytes.writeUInt32LE(index * local.byteLength, at + 42);
  }
  const directory_size = count * record.byteLength;
  const zip64_end = { count, disk_count: count, directory_size, directory_offset };
  return build_zip({ entries: [], prefix: bytes, zip64: "saturated", zip64_end });
}
