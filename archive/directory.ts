/** The central directory: every record, and what can be said about each entry before any is read. APPNOTE.TXT 6.3.10, section 4.3.12. */
import type { Region } from "./byte_source.ts";
import { read_entry_name } from "./entry_name.ts";
import type { EntryFault } from "./errors.ts";
import { ArchiveError } from "./errors.ts";
import { data_view, extra_field, extra_id, saturated_16, widen_with_zip64 } from "./extra_field.ts";
import type { ArchiveLimits } from "./limits.ts";

export const record_signature = 0x02014b50;
export const record_length = 46;

/** General purpose bits that mean encryption: 0 traditional, 6 strong, 13 masked local header. Section 4.4.4. */
export const encryption_flags = (1 << 0) | (1 << 6) | (1 << 13);
/** Bit 5, compressed patched data: needs a base file that we do not have. */
const patch_flag = 1 << 5;

export const stored = 0;
export const deflated = 8;

export type EntryKind = "file" | "directory" | "symlink" | "special_file";

/** One entry as the directory describes it. Its bytes are checked against this when they are read. */
export interface ArchiveEntry {
  /** Its place in the directory, from 0. */
  readonly index: number;
  /** The whole decoded name; a directory's ends in `/`. Not safe to use, nor to print raw, where `fault` is set. */
  readonly path: string;
  readonly kind: EntryKind;
  /** Bytes once inflated, as declared; checked when read. */
  readonly size: number;
  /** Bytes in the archive. */
  readonly compressed_size: number;
  /** CRC-32 of the inflated bytes, as declared; checked when read. */
  readonly crc32: number;
  /** From the extended timestamp, else from the DOS fields, which have no zone and are taken as UTC. */
  readonly modified: Date | undefined;
  /** Why it cannot be extracted, as far as the directory tells. */
  readonly fault: EntryFault | undefined;
  readonly method: number;
  readonly flags: number;
  readonly raw_name: Uint8Array;
  /** Offset of the local header in the source, in bytes. */
  readonly header_offset: number;
  /** The entry's header and data end here at the latest: the next entry, or the directory, begins. */
  readonly region_end: number;
}

interface DirectoryRecord {
  readonly offset: number;
  readonly made_by: number;
  readonly flags: number;
  readonly method: number;
  readonly dos_time: number;
  readonly dos_date: number;
  readonly crc32: number;
  readonly compressed_size: number;
  readonly size: number;
  readonly disk: number;
  readonly external_attributes: number;
  readonly header_offset: number;
  readonly raw_name: Uint8Array;
  readonly extra: Uint8Array;
}

/**
 * The entries of a directory whose bytes are given, in its order.
 * @param start offset of the directory in the source
 * @param shift to be added to each local header's offset
 * @throws ArchiveError `bad_directory`, `overlapping_entries`
 */
export function parse_directory(
  bytes: Uint8Array,
  count: number,
  start: number,
  shift: number,
  limits: ArchiveLimits,
): ArchiveEntry[] {
  const records = parse_records(bytes, count, start);
  const offsets = records.map((record) => record.header_offset + shift);
  const region_ends = separate_regions(records, offsets, start);
  return records.map((record, index) => {
    const name = read_entry_name(record.raw_name, record.flags, record.extra, limits.name_bytes);
    const kind = entry_kind(record, name.path);
    return {
      index,
      path: name.path,
      kind,
      size: record.size,
      compressed_size: record.compressed_size,
      crc32: record.crc32,
      modified: modification_time(record),
      fault: record_fault(record, kind) ?? name.fault ?? size_fault(record, limits),
      method: record.method,
      flags: record.flags,
      raw_name: record.raw_name,
      header_offset: offsets[index] ?? 0,
      region_end: region_ends[index] ?? 0,
    };
  });
}

function parse_records(bytes: Uint8Array, count: number, start: number): DirectoryRecord[] {
  const records: DirectoryRecord[] = [];
  let at = 0;
  while (records.length < count) {
    const record = parse_record(bytes, at, start);
    records.push(record.value);
    at = record.end;
  }
  if (at !== bytes.byteLength) {
    throw new ArchiveError("bad_directory", `the directory goes on after its ${count} entries`, {
      offset: start + at,
    });
  }
  return records;
}

function parse_record(bytes: Uint8Array, at: number, start: number): { value: DirectoryRecord; end: number } {
  const offset = start + at;
  const view = data_view(bytes);
  if (at + record_length > bytes.byteLength || view.getUint32(at, true) !== record_signature) {
    throw new ArchiveError("bad_directory", "an entry of the directory is missing", { offset });
  }
  const name_end = at + record_length + view.getUint16(at + 28, true);
  const extra_end = name_end + view.getUint16(at + 30, true);
  const end = extra_end + view.getUint16(at + 32, true);
  if (end > bytes.byteLength) {
    throw new ArchiveError("bad_directory", "an entry reaches beyond the directory", { offset });
  }
  const extra = bytes.subarray(name_end, extra_end);
  const [size = 0, compressed_size = 0, header_offset = 0] = widen_with_zip64(
    [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)],
    extra,
  );
  const value: DirectoryRecord = {
    offset,
    //  0 - signature
    //  4 - version made by; the upper byte is the system
    made_by: view.getUint16(at + 4, true),
    //  6 - version needed: says nothing that flags and method do not
    //  8 - general purpose flags
    flags: view.getUint16(at + 8, true),
    // 10 - compression method
    method: view.getUint16(at + 10, true),
    // 12 - time and 14 - date of modification
    dos_time: view.getUint16(at + 12, true),
    dos_date: view.getUint16(at + 14, true),
    // 16 - CRC-32
    crc32: view.getUint32(at + 16, true),
    // 20 - compressed size, 24 - size
    compressed_size,
    size,
    // 28, 30, 32 - lengths of name, extra fields and comment
    // 34 - disk on which the entry begins
    disk: view.getUint16(at + 34, true),
    // 36 - internal attributes: whether it is text, as the archiver guessed
    // 38 - external attributes; the upper half is the Unix mode
    external_attributes: view.getUint32(at + 38, true),
    // 42 - offset of the local header
    header_offset,
    // 46 - name, then extra fields, then a comment
    raw_name: bytes.subarray(at + record_length, name_end),
    extra,
  };
  check_record(value);
  return { value, end };
}

function check_record(record: DirectoryRecord): void {
  const { offset, flags, method, size, compressed_size, disk } = record;
  if (disk !== 0 && disk !== saturated_16) {
    throw new ArchiveError("split_archive", "an entry is on another part of a split archive", { offset });
  }
  // Encryption adds a header to the data, so that the two sizes may then differ.
  if (method === stored && size !== compressed_size && (flags & encryption_flags) === 0) {
    throw new ArchiveError("bad_directory", "an entry that is not compressed has two different sizes", {
      offset,
    });
  }
}

/**
 * Makes sure that no byte belongs to two entries, which ends every bomb made of overlaps, and returns where
 * each entry's region ends. The local header's extra fields have a length of their own, checked when it is read.
 */
function separate_regions(
  records: readonly DirectoryRecord[],
  offsets: readonly number[],
  directory_start: number,
): number[] {
  const order = [...offsets.keys()].sort((a, b) => (offsets[a] ?? 0) - (offsets[b] ?? 0));
  const region_ends = new Array<number>(records.length).fill(directory_start);
  for (const [position, index] of order.entries()) {
    const next = order[position + 1];
    const region_end = (next === undefined ? undefined : offsets[next]) ?? directory_start;
    const record = records[index];
    if (record === undefined) continue;
    const end =
      (offsets[index] ?? 0) + local_header_length + record.raw_name.byteLength + record.compressed_size;
    if (end > directory_start) {
      throw new ArchiveError("bad_directory", "an entry reaches beyond the archive's data", {
        offset: record.offset,
      });
    }
    if (end > region_end) {
      throw new ArchiveError("overlapping_entries", "two entries claim the same bytes", {
        offset: record.offset,
      });
    }
    region_ends[index] = region_end;
  }
  return region_ends;
}

/** Where the entry's header and data are; what lies behind them, a descriptor or a gap, is left out where it is known to. */
export function entry_region(entry: ArchiveEntry): Region {
  const { header_offset: start, raw_name, compressed_size, region_end } = entry;
  // The local header's extra fields have a length of their own, of 16 bits.
  const longest = local_header_length + raw_name.byteLength + 0xffff + compressed_size;
  return { start, end: Math.min(region_end, start + longest) };
}

/** The fixed part; the name follows. */
export const local_header_length = 30;

function record_fault(record: DirectoryRecord, kind: EntryKind): EntryFault | undefined {
  if ((record.flags & encryption_flags) !== 0) return "encrypted";
  if (kind === "symlink" || kind === "special_file") return kind;
  const readable = record.method === stored || record.method === deflated;
  return readable && (record.flags & patch_flag) === 0 ? undefined : "unsupported_method";
}

/**
 * The declared sizes are judged here, and enforced when the entry is read: it is cut off at its declared size,
 * and has to use up its compressed bytes. So neither its size nor its ratio can turn out higher than this.
 */
function size_fault(record: DirectoryRecord, limits: ArchiveLimits): EntryFault | undefined {
  if (record.size > limits.entry_bytes) return "entry_too_large";
  if (record.size <= limits.ratio_free_bytes) return undefined;
  return record.size > record.compressed_size * limits.ratio ? "ratio_too_high" : undefined;
}

const fifo = 0o010000;

/** The file type bits of a Unix mode. */
const file_types: ReadonlyMap<number, EntryKind> = new Map([
  [fifo, "special_file"],
  [0o020000, "special_file"], // character device
  [0o040000, "directory"],
  [0o060000, "special_file"], // block device
  [0o120000, "symlink"],
  [0o140000, "special_file"], // socket
]);

/**
 * The Unix mode counts whatever the system is said to be: some archivers on other systems set it too. A FIFO that has
 * bytes is a file: Info-ZIP gives what it has read from a pipe the mode of the pipe.
 */
function entry_kind(record: DirectoryRecord, path: string): EntryKind {
  const type = (record.external_attributes >>> 16) & 0o170000;
  if (type === fifo && record.size > 0) return "file";
  const by_mode = file_types.get(type);
  if (by_mode !== undefined) return by_mode;
  return path.endsWith("/") ? "directory" : "file";
}

function modification_time(record: DirectoryRecord): Date | undefined {
  const field = extra_field(record.extra, extra_id.timestamp);
  // 0 - flags; bit 0: a modification time is there. 1 - seconds since 1970, signed
  if (field !== undefined && field.byteLength >= 5 && ((field[0] ?? 0) & 1) !== 0) {
    return new Date(data_view(field).getInt32(1, true) * 1000);
  }
  return dos_timestamp(record.dos_date, record.dos_time);
}

/** Date: day (5 bits), month (4), years since 1980 (7). Time: seconds / 2 (5 bits), minutes (6), hours (5). */
function dos_timestamp(date: number, time: number): Date | undefined {
  const month = (date >> 5) & 0xf;
  const day = date & 0x1f;
  if (month < 1 || month > 12 || day < 1) return undefined;
  return new Date(
    Date.UTC(1980 + (date >> 9), month - 1, day, time >> 11, (time >> 5) & 0x3f, (time & 0x1f) * 2),
  );
}
