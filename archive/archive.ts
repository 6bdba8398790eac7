/** Opening an archive: its directory is found, read and judged before anything is extracted. */
import type { ByteSource } from "./byte_source.ts";
import type { CodecSizes } from "./codec.ts";
import { default_codec_sizes } from "./codec.ts";
import type { ArchiveEntry } from "./directory.ts";
import { parse_directory, record_length, record_signature } from "./directory.ts";
import type { ArchiveTail, DirectoryPlace } from "./end_record.ts";
import { read_tail } from "./end_record.ts";
import { ArchiveError } from "./errors.ts";
import { data_view } from "./extra_field.ts";
import type { ArchiveLimits } from "./limits.ts";
import { resolve_limits } from "./limits.ts";
import { local_signature, read_local_header } from "./local_header.ts";

/** An archive whose directory is sound. The bytes of its entries are checked one by one when they are read. */
export interface Archive {
  readonly source: ByteSource;
  readonly limits: ArchiveLimits;
  /** In the order of the directory. Names may occur twice: both are entries. */
  readonly entries: readonly ArchiveEntry[];
  readonly codec_sizes: CodecSizes;
}

export interface OpenOptions {
  readonly limits?: Partial<ArchiveLimits>;
  readonly signal?: AbortSignal;
  /**
   * Whether every local header is held against the directory now, so that one that disagrees refuses the whole
   * archive, or each only when its entry is opened, which then fails alone. The first costs one small read for
   * each entry: nothing in memory, much over a network. `when_opened` unless told otherwise where the source reads
   * ahead, else `now`.
   */
  readonly check_headers?: "now" | "when_opened";
  /** Where the codec goes from one way of inflating to another, in bytes. For tests and benches. */
  readonly codec_sizes?: CodecSizes;
}

/**
 * @throws ArchiveError with an `ArchiveFault` as its code, where the archive as a whole is refused; or the
 * signal's reason.
 */
export async function open_archive(source: ByteSource, options: OpenOptions = {}): Promise<Archive> {
  const { signal, codec_sizes = default_codec_sizes } = options;
  const { check_headers = source.read_ahead === undefined ? "now" : "when_opened" } = options;
  const limits = resolve_limits(options.limits);
  const tail = await read_tail(source, signal);
  const entries = await read_directory(tail, limits);
  check_total(entries, source.size, limits);
  if (check_headers === "now") {
    for (const entry of entries) await read_local_header(source, entry, signal);
  }
  return { source, limits, entries, codec_sizes };
}

/** Tries every place where the directory could be. Exactly one must hold what its end record says. */
async function read_directory(tail: ArchiveTail, limits: ArchiveLimits): Promise<ArchiveEntry[]> {
  const found: { readonly entries: ArchiveEntry[]; readonly disputed: boolean }[] = [];
  const faults: ArchiveError[] = [];
  for (const reading of tail.readings) {
    if (reading instanceof ArchiveError) {
      faults.push(reading);
      continue;
    }
    const entries = await read_place(tail, reading, limits);
    if (entries instanceof ArchiveError) faults.push(entries);
    else found.push({ entries, disputed: reading.disputed });
  }
  const [first, second] = found;
  if (second !== undefined) {
    throw new ArchiveError("ambiguous_archive", "the archive has more than one consistent directory");
  }
  if (first?.disputed) {
    throw new ArchiveError("bad_end_record", "the end record and the ZIP64 end record disagree");
  }
  if (first !== undefined) return first.entries;
  throw faults[0] ?? new ArchiveError("bad_end_record", "the archive has no directory");
}

/** Returns why this place cannot be it; throws where it may well be, and costs more than is allowed. */
async function read_place(
  tail: ArchiveTail,
  place: DirectoryPlace,
  limits: ArchiveLimits,
): Promise<ArchiveEntry[] | ArchiveError> {
  const { count, start, end, shift } = place;
  const size = end - start;
  if (count * record_length > size) {
    const message = `the directory is too short for ${count} entries`;
    return new ArchiveError("bad_directory", message, { offset: start });
  }
  const allowed = count <= limits.entries && size <= limits.directory_bytes;
  // All of it at once, as another read may cost a request. One that is too large is only looked at.
  const bytes = await tail.read(start, allowed ? end : start + 4);
  if (count > 0 && data_view(bytes).getUint32(0, true) !== record_signature) {
    const message = "there is no directory where the end record says";
    return new ArchiveError("bad_end_record", message, { offset: start });
  }
  if (count > limits.entries) {
    throw new ArchiveError(
      "too_many_entries",
      `the archive has ${count} entries; ${limits.entries} are allowed`,
    );
  }
  if (size > limits.directory_bytes) {
    const message = `the directory has ${size} bytes; ${limits.directory_bytes} are allowed`;
    throw new ArchiveError("directory_too_large", message, { offset: start });
  }
  if (shift > 0 && (await signature_at(tail, 0)) === local_signature) {
    // Its entries would be dropped without a word. A self-extractor's stub begins otherwise.
    return new ArchiveError("ambiguous_archive", "the archive is preceded by another archive", { offset: 0 });
  }
  try {
    return parse_directory(bytes, count, start, shift, limits);
  } catch (error) {
    if (error instanceof ArchiveError && error.code !== "read_failed") return error;
    throw error;
  }
}

async function signature_at(tail: ArchiveTail, offset: number): Promise<number> {
  return data_view(await tail.read(offset, offset + 4)).getUint32(0, true);
}

/** Entries that will not be extracted do not count. */
function check_total(entries: readonly ArchiveEntry[], archive_size: number, limits: ArchiveLimits): void {
  let total = 0;
  for (const entry of entries) if (entry.fault === undefined) total += entry.size;
  if (total > limits.total_bytes) {
    const message = `the entries have ${total} bytes in all; ${limits.total_bytes} are allowed`;
    throw new ArchiveError("archive_too_large", message);
  }
  if (total > limits.total_ratio_free_bytes && total > archive_size * limits.total_ratio) {
    const message = `the entries have ${total} bytes in all, more than ${limits.total_ratio} times the archive's`;
    throw new ArchiveError("archive_too_large", message);
  }
}
