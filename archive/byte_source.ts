/** Where an archive's bytes come from: random access, so that the directory can be read first. */
import { ArchiveError } from "./errors.ts";

export interface ByteSource {
  /** Bytes in all. Must not change while the archive is in use. */
  readonly size: number;
  /**
   * The bytes from `start` up to, not including, `end`; `0 <= start <= end <= size`. The result may be a view
   * of memory that others read: nobody writes into it. Once `signal` is aborted the promise must settle.
   */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
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
): Promise<Uint8Array> {
  signal?.throwIfAborted();
  let bytes: Uint8Array;
  try {
    bytes = await source.read(start, end, signal);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ArchiveError("read_failed", "the archive could not be read", { offset: start, cause });
  }
  if (bytes.byteLength !== end - start) {
    throw new ArchiveError(
      "read_failed",
      "the archive's source gave another number of bytes than asked for",
      {
        offset: start,
      },
    );
  }
  return bytes;
}
