import { describe, expect, it } from "vitest";
import { open_archive } from "../../archive/index.ts";
import { extract_bytes, noise, open_bytes, summary } from "./sinks.ts";
import { build_zip, extra, numbers } from "./zip_builder.ts";

const photo = { name: "a.jpg", data: noise(500) };
const two = [photo, { name: "b.jpg", data: noise(300, 2), method: 0 }];

/** The archive as a sparse file of which only the end is there: what precedes `bytes` reads as zeros. */
function after_zeros(zeros: number, bytes: Uint8Array) {
  return {
    size: zeros + bytes.byteLength,
    async read(start: number, end: number) {
      const result = new Uint8Array(end - start);
      const first = Math.max(start, zeros);
      if (first < end) result.set(bytes.subarray(first - zeros, end - zeros), first - start);
      return result;
    },
  };
}

describe("the end record", () => {
  it("may have a comment of any length, up to the longest there is", async () => {
    for (const length of [0, 1, 65_535]) {
      const outcomes = await extract_bytes(build_zip({ entries: two, comment: noise(length) }));
      expect(summary(outcomes)).toEqual(["a.jpg: stored", "b.jpg: stored"]);
    }
  });

  it("may be followed by zeros, and by nothing else", async () => {
    const archive = build_zip({ entries: two });
    const padded = await open_bytes(Buffer.concat([archive, Buffer.alloc(10_240)]));
    expect(padded.entries).toHaveLength(2);
    await expect(open_bytes(Buffer.concat([archive, Buffer.from("x")]))).rejects.toMatchObject({
      code: "truncated",
    });
  });

  it("says that there is no entry, and means it", async () => {
    expect((await open_bytes(build_zip({ entries: [] }))).entries).toEqual([]);
    const lie = build_zip({ entries: [], end: { directory_size: 46 }, prefix: noise(100) });
    await expect(open_bytes(lie)).rejects.toMatchObject({ code: "bad_end_record" });
  });

  it("may stand behind a prefix, whether the offsets were changed or not", async () => {
    const stub = Buffer.concat([Buffer.from("#!/bin/sh\n"), noise(5_000)]);
    const adjusted = await extract_bytes(build_zip({ entries: two, prefix: stub }));
    const unadjusted = await extract_bytes(Buffer.concat([stub, build_zip({ entries: two })]));
    for (const outcomes of [adjusted, unadjusted]) {
      expect(summary(outcomes)).toEqual(["a.jpg: stored", "b.jpg: stored"]);
    }
    expect(unadjusted[0]?.entry.header_offset).toBe(stub.byteLength);
  });

  it("is refused behind another archive, whose entries would be dropped", async () => {
    const both = Buffer.concat([build_zip({ entries: [photo] }), build_zip({ entries: two })]);
    await expect(open_bytes(both)).rejects.toMatchObject({ code: "ambiguous_archive" });
  });

  it("is refused where its comment holds an archive that is consistent as well", async () => {
    const outer = build_zip({ entries: two, comment: Buffer.alloc(1) });
    const evil = build_zip({
      entries: [{ name: "EVIL.jpg", data: noise(99) }],
      prefix: outer.subarray(0, -1),
    });
    const comment = evil.subarray(outer.byteLength - 1);
    const archive = build_zip({ entries: two, comment });
    expect(archive.byteLength).toBe(evil.byteLength);
    await expect(open_bytes(archive)).rejects.toMatchObject({ code: "ambiguous_archive" });
  });

  it("is taken although its comment holds the signature, or an inconsistent record", async () => {
    const fake = build_zip({ entries: [], end: { count: 1, disk_count: 1, directory_size: 46 } });
    for (const comment of [Buffer.from("PK\x05\x06"), fake, Buffer.concat([fake, fake])]) {
      expect((await open_bytes(build_zip({ entries: two, comment }))).entries).toHaveLength(2);
    }
  });

  it("is taken although its comment holds one that leads to the directory, and says that it is longer", async () => {
    const honest = build_zip({ entries: two });
    const start = honest.readUInt32LE(honest.byteLength - 6);
    const fake = numbers(
      [4, 0x06054b50],
      [4, 0],
      [2, 2],
      [2, 2],
      [4, honest.byteLength - start],
      [4, start],
      [2, 0],
    );
    const outcomes = await extract_bytes(build_zip({ entries: two, comment: fake }));
    expect(summary(outcomes)).toEqual(["a.jpg: stored", "b.jpg: stored"]);
  });

  it("is not looked for among thousands of candidates", async () => {
    const fakes: Buffer[] = [];
    for (let left = 17; left > 0; left -= 1) {
      fakes.push(numbers([4, 0x06054b50], [8, 0], [8, 0], [2, (left - 1) * 22]));
    }
    const archive = build_zip({ entries: two, comment: Buffer.concat(fakes) });
    await expect(open_bytes(archive)).rejects.toMatchObject({ code: "ambiguous_archive" });
  });

  it.each([
    ["another disk", { disk: 1 }],
    ["a directory on another disk", { directory_disk: 1 }],
    ["fewer entries on this disk", { disk_count: 1 }],
  ])("of a split archive is refused: %s", async (_name, end) => {
    await expect(open_bytes(build_zip({ entries: two, end }))).rejects.toMatchObject({
      code: "split_archive",
    });
  });

  it.each([
    ["an offset beyond the directory", { directory_offset: 100_000 }, "bad_end_record"],
    ["a size beyond the file", { directory_size: 0x7fffffff }, "bad_end_record"],
    ["a size too short by one", { directory_size: 101 }, "bad_end_record"],
    ["no size, but entries", { directory_size: 0 }, "bad_end_record"],
    ["too few entries", { count: 1, disk_count: 1 }, "bad_directory"],
    ["too many entries", { count: 3, disk_count: 3 }, "bad_directory"],
  ])("that lies is refused: %s", async (_name, end, code) => {
    await expect(open_bytes(build_zip({ entries: two, end }))).rejects.toMatchObject({ code });
  });

  it("tells what is no ZIP from what is cut short", async () => {
    const archive = build_zip({ entries: two });
    await expect(open_bytes(archive.subarray(0, -1))).rejects.toMatchObject({ code: "truncated" });
    for (const other of [Buffer.alloc(0), Buffer.from("PK"), Buffer.from("<html>"), Buffer.alloc(100_000)]) {
      await expect(open_bytes(other)).rejects.toMatchObject({ code: "not_a_zip", offset: 0 });
    }
  });
});

describe("the ZIP64 end record", () => {
  it.each(["saturated", "plain"] as const)("is read, the plain one being %s", async (zip64) => {
    const archive = build_zip({ entries: two, zip64 });
    expect(summary(await extract_bytes(archive))).toEqual(["a.jpg: stored", "b.jpg: stored"]);
    const prefixed = await extract_bytes(Buffer.concat([Buffer.from("a prefix"), archive]));
    expect(summary(prefixed)).toEqual(["a.jpg: stored", "b.jpg: stored"]);
  });

  it("may be all there is beside the plain one", async () => {
    expect((await open_bytes(build_zip({ entries: [], zip64: "saturated" }))).entries).toEqual([]);
  });

  it("is missed where its locator leads elsewhere", async () => {
    const archive = build_zip({ entries: two, zip64: "saturated", zip64_end: { record_size: 45 } });
    await expect(open_bytes(archive)).rejects.toMatchObject({
      message: "the ZIP64 end record is not where its locator says",
      offset: archive.byteLength - 22 - 20,
    });
  });

  it("is refused where the plain one disagrees", async () => {
    for (const end of [{ count: 1 }, { disk_count: 1 }, { directory_size: 7 }, { directory_offset: 7 }]) {
      const archive = build_zip({ entries: two, zip64: "saturated", end });
      await expect(open_bytes(archive)).rejects.toMatchObject({ code: "bad_end_record" });
    }
  });

  it.each([
    ["a locator that points elsewhere", { locator_offset: 3 }, "bad_end_record"],
    ["a locator that points beyond the file", { locator_offset: 2 ** 52 }, "bad_end_record"],
    ["a length that does not lead to the locator", { record_size: 45 }, "bad_end_record"],
    ["another disk", { disk: 2 }, "split_archive"],
    ["a huge count", { count: 2 ** 60, disk_count: 2 ** 60 }, "bad_directory"],
    ["a huge size", { directory_size: 2 ** 60 }, "bad_end_record"],
    ["an offset that is not the directory's", { directory_offset: 1 }, "bad_end_record"],
  ])("that lies is refused: %s", async (_name, zip64_end, code) => {
    const archive = build_zip({ entries: two, zip64: "saturated", zip64_end });
    await expect(open_bytes(archive)).rejects.toMatchObject({ code });
  });

  it("does not keep a locator's signature in an entry's comment from being just that", async () => {
    const comment = numbers([4, 0x07064b50], [8, 0], [8, 0]);
    const archive = build_zip({ entries: [{ ...photo, comment }] });
    expect((await open_bytes(archive)).entries).toHaveLength(1);
  });

  it("is refused where both records are consistent, each with a directory of its own", async () => {
    const zip64 = build_zip({ entries: [{ ...photo, method: 0 }], zip64: "plain" });
    const directory_start = zip64.readUInt32LE(zip64.byteLength - 22 + 16);
    // To the plain record, the other directory and its records are in the comment of the only entry it knows.
    const other = zip64.subarray(directory_start, -22);
    const plain = build_zip({ entries: [{ ...photo, method: 0, comment: other }] });
    const place = directory_start + 46 + "a.jpg".length;
    plain.writeUInt32LE(place, place + (other.byteLength - 76) + 48);
    plain.writeUInt32LE(place + other.byteLength - 76, plain.byteLength - 22 - 20 + 8);
    await expect(open_bytes(plain)).rejects.toThrow("more than one consistent directory");
  });

  it("leads to entries beyond 4 GB", async () => {
    const base = 5 * 2 ** 30;
    const wide = { ...photo, central: { offset: 0xffffffff }, extra: extra(1, [8, base]) };
    const archive = await open_archive(
      after_zeros(base, build_zip({ entries: [wide], base, zip64: "saturated" })),
    );
    expect(archive.entries[0]).toMatchObject({ path: "a.jpg", header_offset: base, fault: undefined });
  });

  it("is missed where an archive has more than 4 GB, as Finder makes them", async () => {
    const source = after_zeros(2 ** 32, build_zip({ entries: two }));
    await expect(open_archive(source)).rejects.toThrow(/larger than 4 GB but has no ZIP64/);
  });
});
