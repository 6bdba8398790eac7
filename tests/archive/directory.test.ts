import { describe, expect, it } from "vitest";
import { bytes_source, extract, open_archive } from "../../archive/index.ts";
import { collecting_sink, extract_bytes, noise, open_bytes, summary } from "./sinks.ts";
import type { EntryParts } from "./zip_builder.ts";
import { build_zip, extra } from "./zip_builder.ts";

const ok = { name: "ok.jpg", data: noise(400) };

async function entry_of(parts: EntryParts) {
  const [entry] = (await open_bytes(build_zip({ entries: [parts, ok] }))).entries;
  if (entry === undefined) throw new Error("no entry");
  return entry;
}

describe("an entry of the directory", () => {
  it("is described in full", async () => {
    const data = noise(1_000);
    const entry = await entry_of({ name: "sub/a.jpg", data, method: 0, dos_date: 0x5a21, dos_time: 0x6b3d });
    expect(entry).toMatchObject({
      index: 0,
      path: "sub/a.jpg",
      kind: "file",
      size: 1_000,
      compressed_size: 1_000,
      modified: new Date(Date.UTC(2025, 0, 1, 13, 25, 58)),
      fault: undefined,
      header_offset: 0,
    });
  });

  it("has the time of the extended timestamp, else of the DOS fields, else none", async () => {
    const dated = await entry_of({ ...ok, extra: extra(0x5455, [1, 1], [4, 1_700_000_000]) });
    expect(dated.modified).toEqual(new Date(1_700_000_000_000));
    const access_only = await entry_of({ ...ok, extra: extra(0x5455, [1, 2], [4, 1]), dos_date: 0x0021 });
    expect(access_only.modified).toEqual(new Date(Date.UTC(1980, 0, 1)));
    expect((await entry_of({ ...ok, dos_date: 0 })).modified).toBeUndefined();
  });

  it.each([
    ["a slash at the end", "d/", 0, "directory", undefined],
    ["a backslash at the end", "d\\", 0, "directory", undefined],
    ["a Unix directory", "d", 0o040755, "directory", undefined],
    ["a Unix file", "f", 0o100644, "file", undefined],
    ["a mode without a type", "f", 0o644, "file", undefined],
    ["a symlink", "l.jpg", 0o120777, "symlink", "symlink"],
    ["a FIFO", "p", 0o010644, "special_file", "special_file"],
    ["a character device", "c", 0o020644, "special_file", "special_file"],
    ["a block device", "b", 0o060644, "special_file", "special_file"],
    ["a socket", "s", 0o140644, "special_file", "special_file"],
  ])("has a kind: %s", async (_what, name, mode, kind, fault) => {
    for (const made_by of [0x031e, 0x001e]) {
      const entry = await entry_of({ name, made_by, external_attributes: mode * 0x10000 });
      expect(entry).toMatchObject({ kind, fault });
    }
  });

  it("takes a FIFO that has bytes for the file that Info-ZIP made of a pipe", async () => {
    const piped = { name: "-", data: Buffer.from("a photo"), external_attributes: 0o010644 * 0x10000 };
    expect(await entry_of(piped)).toMatchObject({ kind: "file", fault: undefined });
  });

  it.each([
    ["traditional encryption", { flags: 1 }, "encrypted"],
    ["strong encryption", { flags: 1 << 6 }, "encrypted"],
    ["a masked local header", { flags: 1 << 13 }, "encrypted"],
    ["compressed patched data", { flags: 1 << 5 }, "unsupported_method"],
    ["deflate64", { method: 9, compressed: noise(10) }, "unsupported_method"],
    ["LZMA", { method: 14, compressed: noise(10) }, "unsupported_method"],
    ["WinZip AES", { method: 99, compressed: noise(10) }, "unsupported_method"],
  ])("cannot be extracted, and the others can: %s", async (_what, parts, fault) => {
    const archive = build_zip({ entries: [{ ...ok, ...parts, name: "a.jpg" }, ok] });
    expect(summary(await extract_bytes(archive))).toEqual([`a.jpg: ${fault}`, "ok.jpg: stored"]);
  });

  it("whose local header is masked may have another name and no sizes there", async () => {
    const local = { name: Buffer.alloc(5), size: 0, compressed_size: 0 };
    const masked = { ...ok, name: "a.jpg", flags: 0x2041, local };
    expect(summary(await extract_bytes(build_zip({ entries: [masked, ok] })))).toEqual([
      "a.jpg: encrypted",
      "ok.jpg: stored",
    ]);
    const unmasked = { ...masked, flags: 0x841 };
    await expect(open_bytes(build_zip({ entries: [unmasked, ok] }))).rejects.toThrow("disagree: name");
  });

  it("encrypted without compression is longer than it will be", async () => {
    const encrypted = { ...ok, method: 0, flags: 1, compressed: noise(412) };
    expect((await entry_of(encrypted)).fault).toBe("encrypted");
  });

  it("may take its sizes and offset from a ZIP64 field, in order, and only those that are saturated", async () => {
    const data = noise(500);
    const all = { size: 0xffffffff, compressed_size: 0xffffffff, offset: 0xffffffff };
    const entries: EntryParts[] = [
      { name: "1", data, method: 0, central: all, extra: extra(1, [8, 500], [8, 500], [8, 0]) },
      { name: "2", data, method: 0, central: { size: 0xffffffff }, extra: extra(1, [8, 500]) },
      { name: "3", data, method: 0, central: { compressed_size: 0xffffffff }, extra: extra(1, [8, 500]) },
      {
        name: "4",
        data,
        method: 0,
        local: { size: 0xffffffff, compressed_size: 0xffffffff, extra: extra(1, [8, 500], [8, 500]) },
      },
      { name: "5", data, method: 0, extra: Buffer.concat([extra(0x9999, [8, 1]), Buffer.from([0, 0, 9])]) },
    ];
    expect(summary(await extract_bytes(build_zip({ entries })))).toEqual(
      entries.map(({ name }) => `${name}: stored`),
    );
  });

  it("that is saturated without a ZIP64 field cannot be where it says", async () => {
    const lost = build_zip({ entries: [{ ...ok, central: { offset: 0xffffffff } }] });
    await expect(open_bytes(lost)).rejects.toMatchObject({ code: "bad_directory" });
    const cut = build_zip({
      entries: [{ ...ok, central: { offset: 0xffffffff }, extra: extra(1, [4, 0]) }],
    });
    await expect(open_bytes(cut)).rejects.toMatchObject({ code: "bad_directory" });
  });
});

describe("the directory", () => {
  it("is refused where a STORED entry has two sizes", async () => {
    const archive = build_zip({ entries: [{ ...ok, method: 0, central: { size: 399 } }] });
    await expect(open_bytes(archive)).rejects.toMatchObject({ code: "bad_directory" });
  });

  it("is refused where an entry of it reaches beyond it", async () => {
    const archive = build_zip({ entries: [ok] });
    archive.writeUInt16LE(7, archive.byteLength - 22 - "ok.jpg".length - 46 + 30);
    await expect(open_bytes(archive)).rejects.toThrow("an entry reaches beyond the directory");
  });

  it("is refused where it ends in the middle of an entry, wherever that is", async () => {
    const comment = Buffer.alloc(200);
    const archive = build_zip({ entries: [ok, { ...ok, comment }] });
    const start = archive.readUInt32LE(archive.byteLength - 6);
    const record = archive.subarray(start, start + 46 + "ok.jpg".length);
    for (let length = 1; length < record.byteLength; length += 1) {
      // The comment of the last entry gives way to the beginning of another, so that there is room for three.
      const cut = build_zip({
        entries: [ok, { ...ok, comment: Buffer.concat([comment, record.subarray(0, length)]) }],
        end: { count: 3, disk_count: 3 },
      });
      const last = start + 2 * record.byteLength;
      cut.writeUInt16LE(comment.byteLength, last - record.byteLength + 32);
      await expect(open_bytes(cut), `${length} bytes`).rejects.toMatchObject({ code: "bad_directory" });
    }
  });

  it("is refused where an entry is on another disk", async () => {
    const archive = build_zip({ entries: [{ ...ok, disk: 1 }] });
    await expect(open_bytes(archive)).rejects.toMatchObject({ code: "split_archive" });
  });

  it("is refused where an entry reaches beyond the data", async () => {
    for (const central of [
      { offset: 200_000 },
      { compressed_size: 500_000 },
      { compressed_size: 0x7fffffff },
    ]) {
      const archive = build_zip({ entries: [ok, { ...ok, central }] });
      await expect(open_bytes(archive)).rejects.toMatchObject({ code: "bad_directory" });
    }
  });

  it("is refused where two entries share bytes", async () => {
    const same = build_zip({ entries: [ok, { ...ok, central: { offset: 0 } }] });
    await expect(open_bytes(same)).rejects.toMatchObject({ code: "overlapping_entries" });
    const quoted = build_zip({ entries: [{ ...ok, central: { compressed_size: 450 } }, ok] });
    await expect(open_bytes(quoted)).rejects.toMatchObject({ code: "overlapping_entries" });
    const by_extra = { ...ok, local: { extra: extra(0x9999, [8, 0]) } };
    const archive = build_zip({ entries: [by_extra, ok] });
    // The local extra field is made to reach over the next entry, which the directory cannot know.
    archive.writeUInt16LE(40, 28);
    await expect(open_bytes(archive)).rejects.toMatchObject({ code: "overlapping_entries", entry: "ok.jpg" });
  });

  it("may list entries in another order than they are in the file", async () => {
    const a = { name: "a", data: noise(50), method: 0 };
    const second = 30 + "b".length + 50;
    const swapped = build_zip({
      entries: [
        { ...a, name: "b", central: { offset: second, name: Buffer.from("a") } },
        { ...a, central: { offset: 0, name: Buffer.from("b") } },
      ],
    });
    expect(summary(await extract_bytes(swapped))).toEqual(["a: stored", "b: stored"]);
  });
});

describe("a local header", () => {
  it.each([
    ["no signature", { signature: 0 }, "there is no header"],
    ["another method", { method: 0 }, "method"],
    ["encryption only here", { flags: 0x801 }, "encryption"],
    ["another name", { name: Buffer.from("no.jpg") }, "name"],
    ["a longer name", { name: Buffer.from("ok.jpgx") }, "name"],
    ["another size", { size: 401 }, "sizes"],
    ["another compressed size", { compressed_size: 1 }, "sizes"],
    ["no sizes, but no descriptor", { compressed_size: 0, size: 0 }, "sizes"],
  ])("refuses the archive: %s", async (_what, local, message) => {
    const archive = build_zip({ entries: [{ ...ok, local }, ok] });
    await expect(open_bytes(archive)).rejects.toMatchObject({
      code: "header_mismatch",
      entry: "ok.jpg",
      offset: 0,
      message: expect.stringContaining(message),
    });
  });

  it("fails its entry alone where headers are checked when entries are opened", async () => {
    const zip = build_zip({ entries: [{ ...ok, name: "a.jpg", local: { method: 0 } }, ok] });
    const archive = await open_archive(bytes_source(zip), { check_headers: "when_opened" });
    const outcomes = await extract(archive, collecting_sink);
    expect(summary(outcomes)).toEqual(["a.jpg: header_mismatch", "ok.jpg: stored"]);
  });

  it("refuses the archive where only the directory knows of encryption", async () => {
    const archive = build_zip({ entries: [{ ...ok, central: { flags: 0x801 } }] });
    await expect(open_bytes(archive)).rejects.toMatchObject({ code: "header_mismatch" });
  });

  it("may leave sizes to a descriptor, or be wrong about the CRC-32", async () => {
    const entries = [
      { ...ok, descriptor: true },
      { ...ok, descriptor: true, method: 0 },
      { ...ok, local: { crc32: 1 } },
      { ...ok, descriptor: true, local: { size: 400 } },
    ];
    const outcomes = await extract_bytes(build_zip({ entries }));
    expect(summary(outcomes)).toEqual(Array(4).fill("ok.jpg: stored"));
  });
});
