/** Sinks and sources for the tests of the archive engine. */
import { createHash } from "node:crypto";
import type { Archive, ByteSource, EntryOutcome, EntrySink, ExtractOptions } from "../../archive/index.ts";
import { bytes_source, extract, open_archive } from "../../archive/index.ts";

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Keeps every entry's bytes. */
export const collecting_sink: EntrySink<Buffer> = {
  async write(_entry, bytes) {
    return { outcome: "stored", value: await collect(bytes) };
  },
};

export interface Content {
  readonly size: number;
  readonly sha1: string;
}

/** Keeps every entry's length and SHA-1. */
export const hashing_sink: EntrySink<Content> = {
  async write(_entry, bytes) {
    const hash = createHash("sha1");
    let size = 0;
    for await (const chunk of bytes) {
      hash.update(chunk);
      size += chunk.byteLength;
    }
    return { outcome: "stored", value: { size, sha1: hash.digest("hex") } };
  },
};

export function sha1(data: string | Uint8Array): string {
  return createHash("sha1").update(data).digest("hex");
}

/** `path: stored | reason` for each outcome. */
export function summary<R extends string>(outcomes: readonly EntryOutcome<unknown, R>[]): string[] {
  return outcomes.map((o) => `${o.entry.path}: ${o.outcome === "stored" ? "stored" : o.reason}`);
}

export async function extract_bytes(
  bytes: Uint8Array,
  options: ExtractOptions = {},
): Promise<EntryOutcome<Buffer>[]> {
  return extract(await open_archive(bytes_source(bytes)), collecting_sink, options);
}

/** Makes every entry take the streaming way through fflate, in small pieces. */
export const stream_all = { sync: 0, whole: 0, read: 1000 };

export async function open_bytes(bytes: Uint8Array): Promise<Archive> {
  return open_archive(bytes_source(bytes));
}

/** An archive that stands behind so many zeros, of which none is kept. */
export function behind_a_gap(bytes: Uint8Array, gap: number): ByteSource {
  return with_a_gap(bytes, 0, gap);
}

/** Bytes with so many zeros put in at an offset, of which none is kept. */
export function with_a_gap(bytes: Uint8Array, at: number, gap: number): ByteSource {
  return {
    size: gap + bytes.byteLength,
    async read(start, end) {
      const read = Buffer.alloc(end - start);
      if (start < at) read.set(bytes.subarray(start, Math.min(end, at)));
      const after = Math.max(start, at + gap);
      if (end > after) read.set(bytes.subarray(after - gap, end - gap), after - start);
      return read;
    },
  };
}

export interface CountingSource extends ByteSource {
  reads: number;
}

/** Counts reads, and fails the `failing`-th of them, from 0, and `failures` in all. */
export function counting_source(bytes: Uint8Array, failing = Infinity, failures = 1): CountingSource {
  return {
    size: bytes.byteLength,
    reads: 0,
    async read(start, end) {
      const read = this.reads;
      this.reads += 1;
      if (read >= failing && read < failing + failures) throw new Error("the disk is gone");
      return bytes.subarray(start, end);
    },
  };
}

/** Bytes that look random, do not compress, and are the same in every run. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Text that needs Huffman decoding and compresses to about a third. */
export function text(length: number): Buffer {
  const words = noise(length, 7);
  return Buffer.from(Array.from(words, (byte) => "etaoin shrdlu"[byte % 13] ?? " ").join(""));
}
