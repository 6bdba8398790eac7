/**
 * The codec: compressed bytes of one vetted entry in, its bytes out. The one seam to zlib and to fflate.
 *
 * Small entries go straight to zlib as a whole. Larger ones are streamed: fflate's `Unzip` walks the entry
 * behind a local header made from the directory's record, and Node's zlib inflates, for fflate's own decoder has
 * no bound on what one push may put out (64 KB of a bomb came out as one chunk of 67 MB) and takes three to five
 * times as long. Only what is inflated as a whole is allocated by its declared size, which is small then, and what
 * comes out is cut off at it.
 */
import type { InflateRaw } from "node:zlib";
import { createInflateRaw, inflateRaw, inflateRawSync } from "node:zlib";
import type { AsyncFlateStreamHandler, UnzipDecoder, UnzipDecoderConstructor } from "fflate";
import { type ByteSource, lend_exactly, read_exactly } from "./byte_source.ts";
import { deflated, stored } from "./directory.ts";
import { ArchiveError } from "./errors.ts";
import { saturated_32 } from "./extra_field.ts";

export type Chunks = AsyncGenerator<Uint8Array, void, undefined>;

export interface CompressedSizes {
  readonly compressed_size: number;
  readonly size: number;
}

export interface CompressedEntry extends CompressedSizes {
  readonly path: string;
  readonly method: number;
}

export interface CompressedStream extends CompressedEntry {
  readonly source: ByteSource;
  /** Where in the source its compressed bytes begin. */
  readonly data_start: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined;
}

/** In bytes, and of the larger of the compressed and the declared size. */
export interface CodecSizes {
  /** Up to here in one call on this thread: the thread pool costs more than the work. */
  readonly sync: number;
  /** Up to here in one call on the thread pool, and beyond it streamed. */
  readonly whole: number;
  /** What is read at a time where it is streamed. */
  readonly read: number;
}

export const default_codec_sizes: CodecSizes = { sync: 128 * 1024, whole: 8 * 1024 * 1024, read: 256 * 1024 };

/** What zlib puts out at a time. Its default of 16 KB costs 1.5 to 3 times the run time. */
const inflate_chunk = 128 * 1024;

/** Whether the entry is small enough to be in memory as a whole, both compressed and inflated. */
export const is_small = ({ compressed_size, size }: CompressedSizes, sizes: CodecSizes): boolean =>
  Math.max(compressed_size, size) <= sizes.whole;

/**
 * All bytes of a small entry, not yet compared with its size or CRC-32, and no more than its declared size.
 * @param bytes compressed, and all of them
 * @throws ArchiveError `corrupt_data`, `size_mismatch`
 */
export async function decompress_small(
  entry: CompressedEntry,
  bytes: Uint8Array,
  sizes: CodecSizes = default_codec_sizes,
): Promise<Uint8Array> {
  const { method, compressed_size, size } = entry;
  if (compressed_size === 0) check_empty(entry);
  if (compressed_size === 0 || method === stored) return bytes;
  return Math.max(compressed_size, size) <= sizes.sync
    ? inflate_small(bytes, entry)
    : inflate_whole(bytes, entry);
}

/**
 * The bytes of an entry of any size, not yet compared with its size or CRC-32. At most one chunk more than the declared
 * size is ever produced by a caller who stops there.
 * @throws ArchiveError `corrupt_data`, or what the source throws
 */
export async function* decompress_stream(
  entry: CompressedStream,
  sizes: CodecSizes = default_codec_sizes,
): Chunks {
  if (entry.compressed_size === 0) check_empty(entry);
  else yield* entry.method === stored ? stream_stored(entry, sizes.read) : stream_deflated(entry, sizes.read);
}

/** fflate would wait for a byte after the header. Some writers store an empty file as no DEFLATE data at all. */
function check_empty(entry: CompressedEntry): void {
  if (entry.size > 0) throw corrupt(entry, "it has no data");
}

/**
 * All in one chunk, which zlib then fills in one go: no second trip through the thread pool, nothing to be joined. One
 * byte more than is expected, or zlib allocates another chunk to learn that there is no more.
 */
function whole_options(entry: CompressedEntry) {
  return { info: true, chunkSize: Math.max(64, entry.size + 1), maxOutputLength: output_limit(entry) };
}

function inflate_small(bytes: Uint8Array, entry: CompressedEntry): Uint8Array {
  let result: unknown;
  try {
    result = inflateRawSync(bytes, whole_options(entry));
  } catch (cause) {
    throw inflate_error(entry, cause);
  }
  return used_up(result, entry);
}

async function inflate_whole(bytes: Uint8Array, entry: CompressedEntry): Promise<Uint8Array> {
  const result = await new Promise<unknown>((resolve, reject) => {
    inflateRaw(bytes, whole_options(entry), (cause, inflated) => {
      if (cause === null) resolve(inflated);
      else reject(inflate_error(entry, cause));
    });
  });
  return used_up(result, entry);
}

/** zlib takes no limit of 0. One byte too many shows when the size is compared. */
function output_limit(entry: CompressedEntry): number {
  return Math.max(1, entry.size);
}

interface InflateResult {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

/** What zlib returns with `info`, which its type declarations leave out. */
function is_inflate_result(result: unknown): result is InflateResult {
  return typeof result === "object" && result !== null && "buffer" in result && "engine" in result;
}

function used_up(result: unknown, entry: CompressedEntry): Uint8Array {
  if (!is_inflate_result(result)) throw new TypeError("zlib returned no information on what it read");
  check_used_up(result.engine.bytesWritten, entry);
  return result.buffer;
}

/** Junk or a second stream after the first: another reader might show what we would drop. */
function check_used_up(consumed: number, entry: CompressedEntry): void {
  if (consumed !== entry.compressed_size) throw corrupt(entry, "its data go on after their end");
}

function inflate_error(entry: CompressedEntry, cause: unknown): ArchiveError {
  if (cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE") {
    return new ArchiveError("size_mismatch", "the entry inflates to more than its declared size", {
      entry: entry.path,
      cause,
    });
  }
  return corrupt(entry, "it does not inflate", cause);
}

function corrupt(entry: CompressedEntry, what: string, cause?: unknown): ArchiveError {
  return new ArchiveError("corrupt_data", `the entry is corrupt: ${what}`, { entry: entry.path, cause });
}

/** Feeds fflate one piece of the entry's compressed data. */
type Walk = (chunk: Uint8Array) => void;

/** Lets fflate's `Unzip` walk the entry; what its decoder puts out goes to `ondata`. */
async function walk_entry(
  entry: CompressedEntry,
  ondata: AsyncFlateStreamHandler,
  decoder?: UnzipDecoderConstructor,
): Promise<Walk> {
  const { Unzip } = await import("./fflate.ts");
  const unzip = new Unzip((file) => {
    file.ondata = ondata;
    file.start();
  });
  if (decoder !== undefined) unzip.register(decoder);
  let header: Uint8Array | undefined = vetted_header(entry);
  return (chunk) => {
    let rest = chunk;
    if (header !== undefined) {
      // fflate reads a header only together with a byte of data. The one byte saves copying the whole chunk.
      unzip.push(Buffer.concat([header, chunk.subarray(0, 1)]));
      header = undefined;
      rest = chunk.subarray(1);
    }
    if (rest.byteLength > 0) unzip.push(rest);
  };
}

/** A local header that says what the directory says: true sizes, no descriptor, no name. APPNOTE.TXT 4.3.7. */
function vetted_header(entry: CompressedEntry): Buffer {
  const { method, compressed_size, size } = entry;
  const wide = compressed_size >= saturated_32 || size >= saturated_32;
  const header = Buffer.alloc(wide ? 50 : 30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(wide ? saturated_32 : compressed_size, 18);
  header.writeUInt32LE(wide ? saturated_32 : size, 22);
  if (wide) {
    // ZIP64 field: id, length of the data, size, compressed size
    header.writeUInt16LE(20, 28);
    header.writeUInt16LE(1, 30);
    header.writeUInt16LE(16, 32);
    header.writeBigUInt64LE(BigInt(size), 34);
    header.writeBigUInt64LE(BigInt(compressed_size), 42);
  }
  return header;
}

async function* stream_stored(entry: CompressedStream, read_size: number): Chunks {
  let ready: Uint8Array[] = [];
  const walk = await walk_entry(entry, (_error, data) => ready.push(data));
  for (const [start, end] of pieces(entry, read_size)) {
    walk(await read_exactly(entry.source, start, end, entry.signal));
    yield* ready;
    ready = [];
  }
}

async function* stream_deflated(entry: CompressedStream, read_size: number): Chunks {
  const inflate = createInflateRaw({ chunkSize: inflate_chunk });
  // An error reaches the loop below. This is for one that comes when the consumer has already left it.
  inflate.on("error", () => {});
  const reading = new AbortController();
  const feed_result: { failure?: { readonly cause: unknown } } = {};
  const signal = entry.signal ? AbortSignal.any([entry.signal, reading.signal]) : reading.signal;
  const feeding = feed(inflate, entry, read_size, signal).catch((cause: unknown) => {
    feed_result.failure = { cause };
    inflate.destroy();
  });
  try {
    for await (const chunk of inflate) yield chunk;
  } catch (cause) {
    throw feed_result.failure === undefined ? inflate_error(entry, cause) : feed_result.failure.cause;
  } finally {
    inflate.destroy();
    reading.abort();
    await feeding;
  }
  check_used_up(inflate.bytesWritten, entry);
}

/** Reads the next piece only when zlib has taken the one before, and ends when zlib is done, or is destroyed. */
async function feed(
  inflate: InflateRaw,
  entry: CompressedStream,
  read_size: number,
  signal: AbortSignal,
): Promise<void> {
  let taken: Promise<void> | undefined;
  const decoder = node_decoder((chunk) => {
    taken = written(inflate, chunk);
  });
  const walk = await walk_entry(entry, () => {}, decoder);
  const inflate_piece = (piece: Uint8Array): Promise<void> | undefined => {
    walk(piece);
    return taken;
  };
  for (const [start, end] of pieces(entry, read_size)) {
    await lend_exactly(entry.source, start, end, inflate_piece, signal);
    if (inflate.destroyed) return;
  }
  inflate.end();
}

/** Where in the source. */
function* pieces(
  { data_start, compressed_size }: CompressedStream,
  read_size: number,
): Generator<readonly [start: number, end: number]> {
  const end = data_start + compressed_size;
  for (let start = data_start; start < end; start += read_size)
    yield [start, Math.min(start + read_size, end)];
}

/**
 * fflate's decoder for DEFLATE, as a tap on Node's: what it is given goes to zlib. What zlib makes of it is
 * read from zlib's own stream and not passed on to fflate, which knows no back-pressure.
 */
function node_decoder(take: (chunk: Uint8Array) => void): UnzipDecoderConstructor {
  return class NodeInflate implements UnzipDecoder {
    static compression = deflated;
    ondata: AsyncFlateStreamHandler = () => {};
    push(chunk: Uint8Array): void {
      take(chunk);
    }
  };
}

/**
 * Resolves when zlib has no more use for the chunk. One that has seen the end of its stream takes no more and never says
 * so: closing it ends the wait as well. (A thread may go on reading then, but what it makes of it goes nowhere.)
 */
function written(inflate: InflateRaw, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      inflate.off("close", done);
      resolve();
    };
    inflate.on("close", done);
    inflate.write(chunk, done);
  });
}
