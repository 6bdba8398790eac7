/** Entries of more than 4 GiB, read to their end: right to the last byte, or refused before it; in bounded memory. */
import { constants, crc32, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { ArchiveLimits, ByteSource, EntryOutcome, EntrySink } from "../../archive/index.ts";
import { extract, large_limits, open_archive, windowed_source } from "../../archive/index.ts";
import { bytes_in_use } from "./garbage.ts";
import { noise, summary } from "./sinks.ts";
import { build_zip, extra, numbers } from "./zip_builder.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** The film, of which no byte is kept: noise, with the number of each MiB in its first bytes. */
const pattern = noise(MIB, 9);
const film_size = 4 * GIB + 5 * MIB + 12_345;

function write_film(target: Uint8Array, start: number, broken: number | undefined): void {
  const end = start + target.byteLength;
  for (let at = start; at < end; ) {
    const block = Math.floor(at / MIB);
    const until = Math.min(end, (block + 1) * MIB);
    target.set(pattern.subarray(at - block * MIB, until - block * MIB), at - start);
    for (let byte = Math.max(at, block * MIB); byte < Math.min(until, block * MIB + 4); byte += 1) {
      target[byte - start] = (block >>> (8 * (byte - block * MIB))) & 0xff;
    }
    at = until;
  }
  if (broken !== undefined && broken >= start && broken < end) {
    target[broken - start] = (target[broken - start] ?? 0) ^ 0x10;
  }
}

/** The CRC-32 of bytes is linear in that of the bytes before them: what so many bytes make of each of its bits. */
function crc32_shift(length: number): (crc: number) => number {
  const zeros = Buffer.alloc(length);
  const bits = Array.from({ length: 32 }, (_, bit) => crc32(zeros, (1 << bit) >>> 0) ^ crc32(zeros));
  return (crc) => bits.reduce((sum, bit, index) => ((crc >>> index) & 1 ? sum ^ bit : sum), 0) >>> 0;
}

const over_a_block = crc32_shift(MIB);

function film_checksum(): number {
  const over_the_rest = crc32_shift(MIB - 4);
  const rest = crc32(pattern.subarray(4));
  const blocks = Math.floor(film_size / MIB);
  let checksum = 0;
  for (let block = 0; block < blocks; block += 1) {
    const of_block = over_the_rest(crc32(numbers([4, block]))) ^ rest;
    checksum = (over_a_block(checksum) ^ of_block) >>> 0;
  }
  const last = Buffer.alloc(film_size - blocks * MIB);
  write_film(last, blocks * MIB, undefined);
  return crc32(last, checksum);
}

function zeros_checksum(size: number): number {
  const of_block = crc32(Buffer.alloc(MIB));
  let checksum = 0;
  for (let at = 0; at < size; at += MIB) checksum = (over_a_block(checksum) ^ of_block) >>> 0;
  return checksum;
}

interface Film extends ByteSource {
  bytes_read: number;
}

/** A photo, the film, STORED, and a photo behind 4 GiB: with a ZIP64 data descriptor, as Go and Python write it. */
function archive_of_film(checksum: number, broken?: number): Film {
  const wide = { size: 0xffffffff, compressed_size: 0xffffffff };
  const photo = { name: "1.jpg", data: noise(5_000, 1), method: 0 };
  // In the local header nothing but zeros: the sizes follow the data, in 64 bits.
  const local = { size: 0, compressed_size: 0, crc32: 0, flags: 0x808 };
  const descriptor = numbers([4, 0x08074b50], [4, checksum], [8, film_size], [8, film_size]);
  const film_at = 30 + "1.jpg".length + photo.data.byteLength;
  const data_at = film_at + 30 + "film.mov".length;
  const last_at = data_at + film_size + descriptor.byteLength;
  const last = { name: "2.jpg", data: noise(7_000, 2), method: 0 };
  const directory_offset = last_at + 30 + "2.jpg".length + last.data.byteLength;
  const directory_size = 3 * 46 + "1.jpgfilm.mov2.jpg".length + 20 + 12;
  const bytes = build_zip({
    entries: [
      photo,
      {
        name: "film.mov",
        method: 0,
        compressed: descriptor,
        local,
        central: { ...wide, crc32: checksum, flags: 0x808 },
        extra: extra(1, [8, film_size], [8, film_size]),
      },
      { ...last, central: { offset: 0xffffffff }, extra: extra(1, [8, last_at]) },
    ],
    zip64: "saturated",
    zip64_end: { directory_offset, locator_offset: directory_offset + directory_size },
  });
  return {
    size: film_size + bytes.byteLength,
    bytes_read: 0,
    async read(start, end, _signal, into) {
      this.bytes_read += end - start;
      const read = into ?? Buffer.allocUnsafe(end - start);
      const film_end = data_at + film_size;
      if (start < data_at) read.set(bytes.subarray(start, Math.min(end, data_at)));
      const from = Math.max(start, data_at);
      const to = Math.min(end, film_end);
      if (from < to) write_film(read.subarray(from - start, to - start), from - data_at, broken);
      if (end > film_end) {
        const after = Math.max(start, film_end);
        read.set(bytes.subarray(after - film_size, end - film_size), after - start);
      }
      return read;
    },
  };
}

interface Watched {
  size: number;
  most_in_use: number;
}

/** Counts the bytes of every entry, and looks at the memory every GiB. */
function weighing_sink(watched: Watched): EntrySink<number> {
  return {
    async write(_entry, bytes) {
      let size = 0;
      for await (const chunk of bytes) {
        if (Math.floor((size + chunk.byteLength) / GIB) > Math.floor(size / GIB)) {
          watched.most_in_use = Math.max(watched.most_in_use, await bytes_in_use());
        }
        size += chunk.byteLength;
        watched.size = Math.max(watched.size, size);
      }
      return { outcome: "stored", value: size };
    },
  };
}

async function extract_weighing(
  source: ByteSource,
  view: (source: ByteSource) => ByteSource,
  limits: Partial<ArchiveLimits> = {},
): Promise<{ outcomes: EntryOutcome<number>[]; size: number; in_use: number }> {
  const before = await bytes_in_use();
  const archive = await open_archive(view(source), { limits: { ...large_limits, ...limits } });
  const watched: Watched = { size: 0, most_in_use: 0 };
  const outcomes = await extract(archive, weighing_sink(watched));
  return { outcomes, size: watched.size, in_use: watched.most_in_use - before };
}

/** The windows, an entry that is streamed, and what the photos and the headers take. */
const most_in_use = 2 * 10 * MIB + 2 * MIB;

describe("a film of more than 4 GiB, stored, with a ZIP64 data descriptor", { timeout: 90_000 }, () => {
  const checksum = film_checksum();

  it("is given to its last byte, which is checked, in the memory of its windows", async () => {
    const source = archive_of_film(checksum);
    const { outcomes, in_use } = await extract_weighing(source, windowed_source);
    expect(summary(outcomes)).toEqual(["1.jpg: stored", "film.mov: stored", "2.jpg: stored"]);
    expect(outcomes.map((one) => one.outcome === "stored" && one.value)).toEqual([5_000, film_size, 7_000]);
    expect(in_use).toBeGreaterThan(8 * MIB);
    expect(in_use).toBeLessThan(most_in_use);
    // No byte but those of the end is read twice.
    expect(source.bytes_read).toBeLessThan(source.size + 128 * 1024);
  });

  it("of which one bit near the end is wrong fails before its last chunk is given", async () => {
    const { outcomes, size } = await extract_weighing(
      archive_of_film(checksum, film_size - 1_000_000),
      (source) => source,
    );
    expect(summary(outcomes)).toEqual(["1.jpg: stored", "film.mov: crc_mismatch", "2.jpg: stored"]);
    expect(size).toBeGreaterThan(4 * GIB);
    expect(size).toBeLessThan(film_size);
  });
});

/** Every 16 MiB of them end on a byte and forget what was before, so that they can be repeated. */
function archive_of_zeros(size: number): Buffer {
  const piece = deflateRawSync(Buffer.alloc(16 * MIB), { finishFlush: constants.Z_FULL_FLUSH });
  const end = deflateRawSync(Buffer.alloc(0));
  const pieces = Array<Buffer>(size / (16 * MIB)).fill(piece);
  const wide = { size: 0xffffffff, crc32: zeros_checksum(size) };
  return build_zip({
    entries: [
      {
        name: "zeros.bmp",
        compressed: Buffer.concat([...pieces, end]),
        local: { ...wide, extra: extra(1, [8, size]) },
        central: wide,
        extra: extra(1, [8, size]),
      },
      { name: "a.jpg", data: noise(5_000) },
    ],
  });
}

function counted(bytes: Uint8Array) {
  return {
    size: bytes.byteLength,
    bytes_read: 0,
    async read(start: number, end: number) {
      this.bytes_read += end - start;
      return bytes.subarray(start, end);
    },
  };
}

describe("zeros, deflated to a thousandth", { timeout: 90_000 }, () => {
  it("are refused for their ratio, and not read", async () => {
    const source = counted(archive_of_zeros(4 * GIB + 64 * MIB));
    expect(source.size).toBeGreaterThan(4 * MIB);
    const { outcomes } = await extract_weighing(source, windowed_source);
    expect(summary(outcomes)).toEqual(["zeros.bmp: ratio_too_high", "a.jpg: stored"]);
    expect(source.bytes_read).toBeLessThan(128 * 1024);
  });

  it("are given to the last where the limits allow it, a chunk at a time", async () => {
    const size = 2 * GIB + 64 * MIB;
    const limits = { ratio: 1_032, total_ratio: 1_032 };
    const source = counted(archive_of_zeros(size));
    const { outcomes, in_use } = await extract_weighing(source, windowed_source, limits);
    expect(outcomes[0]).toMatchObject({ outcome: "stored", value: size });
    expect(summary(outcomes)).toEqual(["zeros.bmp: stored", "a.jpg: stored"]);
    // Its two windows are no longer than the archive.
    expect(in_use).toBeLessThan(2 * source.size + 2 * MIB);
  });
});
