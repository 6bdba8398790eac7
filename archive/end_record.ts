/** The end record and its ZIP64 companion: where the central directory is. APPNOTE.TXT 6.3.10, sections 4.3.14 to 4.3.16. */
import type { ByteSource } from "./byte_source.ts";
import { read_persistently } from "./byte_source.ts";
import { ArchiveError } from "./errors.ts";
import { data_view, read_uint64, saturated_16, saturated_32 } from "./extra_field.ts";
import { local_signature } from "./local_header.ts";

const end_signature = 0x06054b50;
const end_length = 22;
const locator_signature = 0x07064b50;
const locator_length = 20;
const zip64_end_signature = 0x06064b50;
const zip64_end_length = 56;
const longest_comment = 0xffff;

/** An end record can begin no earlier than this before the end of the file. */
const end_search = end_length + longest_comment;
/** And what precedes the earliest one is read along with it. */
const tail_length = end_search + locator_length + zip64_end_length;

/** No honest archive has more than one or two; each costs a look at a directory. */
const most_end_records = 16;

/** One reading of the end of an archive. Nothing in it has been compared with the directory itself. */
export interface DirectoryPlace {
  /** Entries that the directory is said to hold. */
  readonly count: number;
  readonly start: number;
  /** The directory ends here, and here begins the (ZIP64) end record. */
  readonly end: number;
  /** What was put before the archive without its offsets being changed: to be added to each of them. */
  readonly shift: number;
  /** Where a ZIP64 record says so, and the plain one neither says the same nor leaves it to ZIP64. */
  readonly disputed: boolean;
}

export type DirectoryReading = DirectoryPlace | ArchiveError;

export interface ArchiveTail {
  /** Where the directory could be, or why it cannot be there; the reading nearest to the end of the file first. */
  readonly readings: readonly DirectoryReading[];
  /** Reads, without asking the source for what came with the tail. */
  readonly read: (start: number, end: number) => Promise<Uint8Array>;
}

interface EndRecord {
  readonly offset: number;
  readonly disk: number;
  readonly directory_disk: number;
  readonly disk_count: number;
  readonly count: number;
  readonly directory_size: number;
  readonly directory_offset: number;
}

/**
 * Reads the end of the archive and finds every place where its directory could be. The caller tries all of
 * them: a comment may contain what looks like an end record, and readers differ in which one they take.
 */
export async function read_tail(source: ByteSource, signal?: AbortSignal): Promise<ArchiveTail> {
  const tail_start = Math.max(0, source.size - tail_length);
  const tail = await read_persistently(source, tail_start, source.size, signal);
  const read = async (start: number, end: number): Promise<Uint8Array> => {
    if (start >= tail_start) return tail.subarray(start - tail_start, end - tail_start);
    const front = await read_persistently(source, start, Math.min(end, tail_start), signal);
    return end <= tail_start ? front : Buffer.concat([front, tail.subarray(0, end - tail_start)]);
  };

  const records = find_end_records(tail, tail_start);
  if (records.length === 0) throw await no_end_record(read, source.size);
  if (records.length > most_end_records) {
    throw new ArchiveError("ambiguous_archive", `there are ${records.length} possible end records`);
  }
  const readings: DirectoryReading[] = [];
  for (const record of records) readings.push(...(await read_places(record, read)));
  return { readings, read };
}

/** Every record whose comment ends where the file does, the last one first. Zeros may follow: tape tools pad. */
function find_end_records(tail: Uint8Array, tail_start: number): EndRecord[] {
  const view = data_view(tail);
  const padding = tail.findLastIndex((byte) => byte !== 0) + 1;
  const first = Math.max(0, tail.byteLength - end_search);
  const records: EndRecord[] = [];
  for (let at = tail.byteLength - end_length; at >= first; at -= 1) {
    if (view.getUint32(at, true) !== end_signature) continue;
    const end = at + end_length + view.getUint16(at + 20, true);
    if (end > tail.byteLength || end < padding) continue;
    records.push({
      offset: tail_start + at,
      //  0 - signature
      //  4 - number of this disk
      disk: view.getUint16(at + 4, true),
      //  6 - disk on which the directory begins
      directory_disk: view.getUint16(at + 6, true),
      //  8 - entries on this disk
      disk_count: view.getUint16(at + 8, true),
      // 10 - entries in all
      count: view.getUint16(at + 10, true),
      // 12 - size of the directory
      directory_size: view.getUint32(at + 12, true),
      // 16 - offset of the directory
      directory_offset: view.getUint32(at + 16, true),
      // 20 - length of the comment, 22 - comment
    });
  }
  return records;
}

/**
 * With a ZIP64 locator before the record there are two readings, of which at most one can be consistent.
 * Info-ZIP writes ZIP64 records to a pipe even where the plain one would do, so that saturated fields alone
 * do not decide it.
 */
async function read_places(record: EndRecord, read: ArchiveTail["read"]): Promise<DirectoryReading[]> {
  const zip64 = await read_zip64_places(record, read);
  return [...zip64, directory_place(record, record.offset, undefined)];
}

async function read_zip64_places(record: EndRecord, read: ArchiveTail["read"]): Promise<DirectoryReading[]> {
  const locator_at = record.offset - locator_length;
  if (locator_at < zip64_end_length) return [];
  const locator = data_view(await read(locator_at, record.offset));
  if (locator.getUint32(0, true) !== locator_signature) return [];
  // 0 - signature, 4 - disk of the ZIP64 end record, 8 - its offset, 16 - disks in all
  const stated = read_uint64(locator, 8);
  // Where something was put before the archive, the record is not at its stated offset, but in front of the locator.
  const adjacent = locator_at - zip64_end_length;
  const readings: DirectoryReading[] = [];
  for (const at of new Set([stated, adjacent])) {
    if (at > adjacent) continue;
    const reading = await read_zip64_place(record, at, at - stated, locator_at, read);
    if (reading !== undefined) readings.push(reading);
  }
  if (readings.length > 0) return readings;
  const message = "the ZIP64 end record is not where its locator says";
  return [new ArchiveError("bad_end_record", message, { offset: locator_at })];
}

async function read_zip64_place(
  record: EndRecord,
  at: number,
  shift: number,
  locator_at: number,
  read: ArchiveTail["read"],
): Promise<DirectoryReading | undefined> {
  const view = data_view(await read(at, at + zip64_end_length));
  if (view.getUint32(0, true) !== zip64_end_signature) return undefined;
  // 4 - size of what follows this field; 12, 14 - versions
  if (at + 12 + read_uint64(view, 4) !== locator_at) return undefined;
  const wide: EndRecord = {
    offset: at,
    disk: view.getUint32(16, true),
    directory_disk: view.getUint32(20, true),
    disk_count: read_uint64(view, 24),
    count: read_uint64(view, 32),
    directory_size: read_uint64(view, 40),
    directory_offset: read_uint64(view, 48),
  };
  const place = directory_place(wide, at, shift);
  return place instanceof ArchiveError ? place : { ...place, disputed: !agrees(record, wide) };
}

/** A field of the plain record is saturated, or is the same as in the ZIP64 one. */
function agrees(plain: EndRecord, wide: EndRecord): boolean {
  return (
    same_or_saturated(plain.disk_count, wide.disk_count, saturated_16) &&
    same_or_saturated(plain.count, wide.count, saturated_16) &&
    same_or_saturated(plain.directory_size, wide.directory_size, saturated_32) &&
    same_or_saturated(plain.directory_offset, wide.directory_offset, saturated_32)
  );
}

function same_or_saturated(plain: number, wide: number, saturated: number): boolean {
  return plain === saturated || plain === wide;
}

/** The directory ends at `end`; that its offset and size lead there is what makes a record credible. */
function directory_place(record: EndRecord, end: number, zip64_shift: number | undefined): DirectoryReading {
  const { offset, count, directory_size } = record;
  if (record.disk !== 0 || record.directory_disk !== 0 || record.disk_count !== count) {
    return new ArchiveError("split_archive", "this is one part of a split archive", { offset });
  }
  const start = end - directory_size;
  const shift = start - record.directory_offset;
  const misplaced = start < 0 || shift < 0 || (zip64_shift !== undefined && shift !== zip64_shift);
  if (misplaced || (directory_size === 0) !== (count === 0)) {
    const message = "the directory is not where the end record says, or not as long";
    return new ArchiveError("bad_end_record", message, { offset });
  }
  if (zip64_shift === undefined && shift > 0 && shift % 2 ** 32 === 0) {
    const message =
      "the archive is larger than 4 GB but has no ZIP64 records; Finder makes such, and they cannot be read safely";
    return new ArchiveError("bad_end_record", message, { offset });
  }
  return { count, start, end, shift, disputed: false };
}

async function no_end_record(read: ArchiveTail["read"], size: number): Promise<ArchiveError> {
  const begins_as_zip = size >= 4 && data_view(await read(0, 4)).getUint32(0, true) === local_signature;
  return begins_as_zip
    ? new ArchiveError(
        "truncated",
        "the archive has no end record: it is cut short, or other data follow it",
        {
          offset: size,
        },
      )
    : new ArchiveError("not_a_zip", "this is not a ZIP archive", { offset: 0 });
}
