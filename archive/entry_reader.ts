/** The verified bytes of one entry: what the directory declares is enforced while they flow. */
import { crc32 } from "node:zlib";
import type { Archive } from "./archive.ts";
import type { Use } from "./byte_source.ts";
import { lend_exactly } from "./byte_source.ts";
import type { Chunks } from "./codec.ts";
import { decompress_small, decompress_stream, is_small } from "./codec.ts";
import type { ArchiveEntry } from "./directory.ts";
import { entry_region, stored } from "./directory.ts";
import { ArchiveError } from "./errors.ts";
import { data_of_region, read_local_header } from "./local_header.ts";

export interface OpenEntryOptions {
  readonly signal?: AbortSignal;
}

/**
 * The entry's bytes, in chunks that may be views of the source's memory. The last chunk is held back until the
 * length and the CRC-32 are right, so that whoever commits at the end never commits wrong bytes. An entry up to
 * 8 MiB comes as one chunk, after it has been checked. Leaving the loop early stops the decompression.
 * @throws ArchiveError with an `EntryFault`, `header_mismatch` or `read_failed`; or the signal's reason
 */
export async function* open_entry(
  archive: Archive,
  entry: ArchiveEntry,
  options: OpenEntryOptions = {},
): Chunks {
  if (entry.fault !== undefined) {
    throw new ArchiveError(entry.fault, `the entry cannot be extracted: ${entry.fault}`, {
      entry: entry.path,
      offset: entry.header_offset,
    });
  }
  const { source, codec_sizes } = archive;
  const { signal } = options;
  if (!is_small(entry, codec_sizes)) {
    const data_start = await read_local_header(source, entry, signal);
    const { path, method, compressed_size, size } = entry;
    const compressed = { path, method, compressed_size, size, source, data_start, signal };
    yield* verified(decompress_stream(compressed, codec_sizes), entry, signal);
    return;
  }
  const bytes = await read_small(archive, entry, signal);
  signal?.throwIfAborted();
  check(entry, bytes.byteLength, crc32(bytes));
  if (bytes.byteLength > 0) yield bytes;
}

/** Its header and its data in one read. */
async function read_small(
  { source, codec_sizes }: Archive,
  entry: ArchiveEntry,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { start, end } = entry_region(entry);
  const decompress = (bytes: Uint8Array) =>
    decompress_small(entry, data_of_region(bytes, entry), codec_sizes);
  // What is lent is not passed on.
  const use: Use<Uint8Array> =
    source.lend !== undefined && entry.method === stored
      ? async (bytes) => Buffer.from(await decompress(bytes))
      : decompress;
  return lend_exactly(source, start, end, use, signal);
}

async function* verified(chunks: Chunks, entry: ArchiveEntry, signal: AbortSignal | undefined): Chunks {
  let size = 0;
  let crc = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    size += chunk.byteLength;
    if (size > entry.size) throw wrong_size(entry, "more");
    crc = crc32(chunk, crc);
    if (held !== undefined) yield held;
    held = chunk;
  }
  check(entry, size, crc);
  if (held !== undefined) yield held;
}

function check(entry: ArchiveEntry, size: number, crc: number): void {
  if (size > entry.size) throw wrong_size(entry, "more");
  if (size < entry.size) throw wrong_size(entry, "fewer");
  if (crc !== entry.crc32) {
    throw new ArchiveError("crc_mismatch", "the entry's bytes do not have its CRC-32", { entry: entry.path });
  }
}

function wrong_size(entry: ArchiveEntry, than: "more" | "fewer"): ArchiveError {
  const message = `the entry has ${than} bytes than the ${entry.size} it declares`;
  return new ArchiveError("size_mismatch", message, { entry: entry.path });
}
