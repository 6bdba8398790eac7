import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ByteSource,
  data_descriptor,
  directory_record,
  directory_record_bytes,
  end_of_archive,
  large_limits,
  local_header,
  most_record_bytes,
  open_archive,
  type ReadFile,
  type WrittenFile,
} from "../../archive/index.ts";
import { unique_names } from "../../jobs/export_names.ts";
import { clean_name } from "../../layer/photo_keys.ts";
import { file_name } from "../support/names.ts";
import { expect_readable, sha1, unpacked } from "../support/zip_readers.ts";

interface Content {
  readonly path: string;
  readonly bytes: Buffer;
  readonly modified: Date;
  /** Whether its CRC-32 is behind its bytes. */
  readonly described: boolean;
  /** What is in front of it and belongs to no file. */
  readonly gap: Buffer;
}

/** An archive as an export writes it. */
function archive_of(contents: readonly Content[]): Buffer {
  const chunks: Buffer[] = [];
  const files: ReadFile[] = [];
  let at = 0;
  const push = (chunk: Buffer) => {
    chunks.push(chunk);
    at += chunk.byteLength;
  };
  for (const { path, bytes, modified, described, gap } of contents) {
    push(gap);
    const file: WrittenFile = { path, size: bytes.byteLength, modified };
    const checksum = crc32(bytes);
    files.push({ ...file, crc32: checksum, described, header_offset: at });
    push(local_header(file, described ? undefined : checksum));
    push(bytes);
    if (described) push(data_descriptor(file.size, checksum));
  }
  const offset = at;
  for (const file of files) push(directory_record(file));
  push(end_of_archive({ entries: files.length, offset, size: at - offset }));
  return Buffer.concat(chunks);
}

const content = fc.record({
  path: file_name.map((raw) => unique_names([clean_name(raw)]).join()),
  bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  modified: fc.date({ min: new Date(0), max: new Date("2200-01-01"), noInvalidDate: true }),
  described: fc.boolean(),
  gap: fc.oneof(
    fc.constant(Buffer.alloc(0)),
    fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  ),
});
const contents = fc.uniqueArray(content, { selector: ({ path }) => path, maxLength: 12 });

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000) * 1000;
/** What 32 bits with a sign can say, the extended timestamp says; the DOS fields say the rest, in steps of 2 s. */
const kept_time = (at: Date): number => {
  const whole = seconds(at);
  if (whole < 2 ** 31 * 1000) return whole;
  return Math.min(Math.floor(whole / 2000) * 2000, Date.UTC(2107, 11, 31, 23, 59, 58));
};

describe("an archive that is written", () => {
  it("is read by the engine as it was meant", async () => {
    await fc.assert(
      fc.asyncProperty(contents, async (given) => {
        expect(await unpacked(archive_of(given))).toEqual(
          given.map(({ path, bytes, modified }) => ({
            name: path,
            size: bytes.byteLength,
            sha1: sha1(bytes),
            modified: kept_time(modified),
          })),
        );
      }),
    );
  });

  it("is taken by Info-ZIP, libarchive and Python, with descriptors, with gaps, and with none", async () => {
    const names = [
      "Größe.jpg",
      "日本 \u{1f5fb}.jpg",
      "beach (2).jpg",
      "a b'c\"d.jpg",
      `${"x".repeat(251)}.jpg`,
    ];
    const given = names.map((path, index) => ({
      path,
      bytes: Buffer.alloc(1_000 * index, index),
      modified: new Date(Date.UTC(2026, 10, 23, 10, 15, 31) + index * 1_000),
      described: index % 2 === 1,
      gap: index === 3 ? Buffer.from("what was written of a file that has gone") : Buffer.alloc(0),
    }));
    await expect_readable(
      archive_of(given),
      given.map(({ path, bytes, modified }) => ({
        name: path,
        size: bytes.byteLength,
        sha1: sha1(bytes),
        modified: seconds(modified),
      })),
    );
  });

  it("has no larger records than it says", () => {
    const huge = { size: 2 ** 33, modified: new Date() };
    for (const path of ["", "a.jpg", "日本", "x".repeat(255)]) {
      const file = { path, ...huge };
      const around = [
        local_header(file, undefined),
        data_descriptor(file.size, 0),
        directory_record({ ...file, crc32: 0, described: true, header_offset: 2 ** 34 }),
      ].reduce((sum, { byteLength }) => sum + byteLength, 0);
      expect(most_record_bytes(path)).toBe(around);
    }
  });

  it("has records in its directory of exactly the length that it says", () => {
    const [small, large] = [2 ** 32 - 2, 2 ** 32 - 1];
    for (const path of ["", "日本.jpg", "x".repeat(255)]) {
      for (const size of [0, small, large]) {
        for (const header_offset of [0, small, large]) {
          const file = { path, size, modified: new Date(), crc32: 0, described: false, header_offset };
          expect(directory_record_bytes(file, header_offset)).toBe(directory_record(file).byteLength);
        }
      }
    }
  });
});

/** Bytes of which only some are there: all others are zero. */
function sparse_source(size: number, written: readonly (readonly [at: number, bytes: Buffer])[]): ByteSource {
  return {
    size,
    read: async (start, end) => {
      const bytes = Buffer.alloc(end - start);
      for (const [at, chunk] of written) {
        const from = Math.max(at, start);
        const to = Math.min(at + chunk.byteLength, end);
        if (from < to) chunk.copy(bytes, from - start, from - at, to - at);
      }
      return bytes;
    },
  };
}

describe("ZIP64", () => {
  const limits = { ...large_limits, entry_bytes: 2 ** 40, total_bytes: 2 ** 50 };
  const edge = 2 ** 32 - 1;

  it.each([
    ["a file just below 4 GiB, and one behind it", [edge - 1, 7]],
    ["a file of 4 GiB - 1, and one behind it", [edge, 7]],
    ["files that begin around 4 GiB", [edge - 200, 7, 100, 7]],
    ["files of many GiB", [2 ** 35, 2 ** 33 + 5, 1]],
  ])("tells of %s", async (_, sizes) => {
    for (const described of [false, true]) {
      const written: [number, Buffer][] = [];
      const files: ReadFile[] = [];
      let at = 0;
      const push = (bytes: Buffer) => {
        written.push([at, bytes]);
        at += bytes.byteLength;
      };
      for (const [index, size] of sizes.entries()) {
        const file = { path: `${index}.jpg`, size, modified: new Date(Date.UTC(2026, 10, 23)) };
        files.push({ ...file, crc32: 7, described, header_offset: at });
        push(local_header(file, described ? undefined : 7));
        at += size;
        if (described) push(data_descriptor(size, 7));
      }
      const offset = at;
      for (const file of files) push(directory_record(file));
      push(end_of_archive({ entries: files.length, offset, size: at - offset }));
      const { entries } = await open_archive(sparse_source(at, written), { limits });
      expect(
        entries.map(({ path, size, header_offset, fault }) => [path, size, header_offset, fault]),
      ).toEqual(files.map(({ path, size, header_offset }) => [path, size, header_offset, undefined]));
    }
  });

  it.each([65_534, 65_535, 65_536, 70_000])("counts %d files", async (count) => {
    const empty = { bytes: Buffer.alloc(0), modified: new Date(Date.UTC(2026, 0, 1)), gap: Buffer.alloc(0) };
    const archive = archive_of(
      Array.from({ length: count }, (_, index) => ({ ...empty, path: `${index}.jpg`, described: false })),
    );
    const { entries } = await open_archive(sparse_source(archive.byteLength, [[0, archive]]), { limits });
    expect(entries.length).toBe(count);
    expect(archive.includes(Buffer.from([0x50, 0x4b, 0x06, 0x06]))).toBe(count >= 65_535);
  });
});
