/** Where an archive's bytes come from: random access, so that the directory can be read first. */
import { ArchiveError } from "./errors.ts";

export interface ByteSource {
  /** Bytes in all. Must not change while the archive is in use. */
  readonly size: number;
  /**
   * The bytes from `start` up to, not including, `end`; `0 <= start <= end <= size`. The result may be a view
   * of memory that others read: nobody writes into it. Once `signal` is aborted the promise must settle.
   *
   * A source that has no memory of its own may put the bytes `into` what it is given, of `end - start` bytes, and
   * return that: so the memory of one read serves for the next. It is done with it when the promise settles.
   */
  read(start: number, end: number, signal?: AbortSignal, into?: Uint8Array): Promise<Uint8Array>;
  /** Spares a copy that `read` makes: the bytes are there for `use`, and are taken back when that has settled. */
  lend?<T>(start: number, end: number, use: Use<T>, signal?: AbortSignal): Promise<T>;
  /**
   * For a source to which a read is dear: what is about to be read, so that it can be fetched ahead and in large
   * pieces. `regions` are ascending and share no byte.
   */
  read_ahead?(regions: readonly Region[]): ReadAhead;
}

export type Use<T, Bytes = Uint8Array> = (bytes: Bytes) => T | Promise<T>;

/** Bytes that are read together, from their beginning to their end. `start` is included, `end` is not. */
export interface Region {
  readonly start: number;
  readonly end: number;
}

/** Reads within the regions, each of which is begun in their order. What it fetched is let go once it was read. */
export interface ReadAhead extends ByteSource {
  /** Small pieces, anywhere in the source and in any order: from what is in memory if they are there. */
  readonly beside: ByteSource;
  /** No more is wanted of this region: all was read, or the rest is of no interest. */
  done(region: Region): void;
  /** No more is wanted at all. Ends the reads under way; resolves when they have ended. */
  end(): Promise<void>;
}

/** An archive that is in memory. Reads are views of `bytes`, never copies. */
export function bytes_source(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.byteLength,
    async read(start, end) {
      return bytes.subarray(start, end);
    },
  };
}

/**
 * Reads a range and makes sure that all of it came.
 * @throws ArchiveError `read_failed`, or the signal's reason.
 */
export async function read_exactly(
  source: ByteSource,
  start: number,
  end: number,
  signal?: AbortSignal,
  into?: Uint8Array,
): Promise<Uint8Array> {
  signal?.throwIfAborted();
  try {
    return all_of(await source.read(start, end, signal, into), start, end);
  } catch (cause) {
    throw read_failure(cause, start, signal);
  }
}

/** As `read_exactly`, without a copy where the source lends its bytes. What `use` throws is thrown as it is. */
export async function lend_exactly<T>(
  source: ByteSource,
  start: number,
  end: number,
  use: Use<T>,
  signal?: AbortSignal,
): Promise<T> {
  if (source.lend === undefined) return use(await read_exactly(source, start, end, signal));
  signal?.throwIfAborted();
  let lent = false;
  const use_all: Use<T> = (bytes) => {
    all_of(bytes, start, end);
    lent = true;
    return use(bytes);
  };
  try {
    return await source.lend(start, end, use_all, signal);
  } catch (cause) {
    throw lent ? cause : read_failure(cause, start, signal);
  }
}

function all_of(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (bytes.byteLength === end - start) return bytes;
  const message = "the archive's source gave another number of bytes than asked for";
  throw new ArchiveError("read_failed", message, { offset: start });
}

function read_failure(cause: unknown, offset: number, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (cause instanceof ArchiveError) return cause;
  return new ArchiveError("read_failed", "the archive could not be read", { offset, cause });
}

/** Reads of what every entry depends on are tried so often. */
const attempts = 3;

/** As `read_exactly`, and again where the source fails. */
export async function read_persistently(
  source: ByteSource,
  start: number,
  end: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read_exactly(source, start, end, signal);
    } catch (error) {
      if (attempt === attempts || signal?.aborted) throw error;
    }
  }
}
