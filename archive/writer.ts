/**
 * The records of an archive of STORED files, as functions of what is known: whoever writes an archive puts them between
 * the files' bytes, in one go or over many processes. APPNOTE.TXT 6.3.10, section 4.3; ZIP64 where a number needs it.
 *
 *     local_header  bytes  [data_descriptor]   for each file
 *     directory_record                         for each file
 *     end_of_archive
 */
import { extra_id, saturated_16, saturated_32 } from "./extra_field.ts";

/** A file of the archive. */
export interface WrittenFile {
  /** Well-formed, at most 65,535 bytes of UTF-8. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly modified: Date;
}

/** A file whose bytes are known. */
export interface ReadFile extends WrittenFile {
  readonly crc32: number;
  /** Whether its CRC-32 stands behind its bytes, since it was not known before. */
  readonly described: boolean;
  /** Where its local header is. */
  readonly header_offset: number;
}

/** Bit 3: CRC-32 and sizes follow the data. */
const descriptor_flag = 1 << 3;
/** Bit 11: the name is in UTF-8. */
const utf8_flag = 1 << 11;

/** Section 4.4.3: 2.0 knows folders, 4.5 knows ZIP64. */
const version_needed = (zip64: boolean): number => (zip64 ? 45 : 20);
/** Section 4.4.2: the attributes are those of Unix. */
const made_by = (3 << 8) | 45;
/** A plain file that everybody may read, and its owner write. */
const attributes = 0o100644 * 0x10000;

const is_large = (value: number): boolean => value >= saturated_32;
const low_32 = (value: number): number => Math.min(value, saturated_32);
const low_16 = (value: number): number => Math.min(value, saturated_16);

/**
 * What stands in front of a file's bytes (section 4.3.7).
 * @param crc32 undefined where it will be known behind the bytes only; a `data_descriptor` has to follow them then
 */
export function local_header({ path, size, modified }: WrittenFile, crc32: number | undefined): Buffer {
  const name = Buffer.from(path);
  const described = crc32 === undefined;
  // Section 4.4.4: CRC-32 and sizes are zero here where a descriptor follows.
  const told = described ? 0 : size;
  const sizes = is_large(size) ? zip64_field([told, told]) : NOTHING;
  const extra = Buffer.concat([sizes, timestamp_field(modified)]);
  const header = Buffer.alloc(30);
  const { date, time } = dos_time(modified);
  header.writeUInt32LE(0x04034b50, 0); //  0 - signature
  header.writeUInt16LE(version_needed(is_large(size)), 4); //  4 - version needed
  header.writeUInt16LE(utf8_flag | (described ? descriptor_flag : 0), 6); //  6 - flags
  header.writeUInt16LE(0, 8); //  8 - method: STORED
  header.writeUInt16LE(time, 10); // 10 - time
  header.writeUInt16LE(date, 12); // 12 - date
  header.writeUInt32LE(crc32 ?? 0, 14); // 14 - CRC-32
  const field = is_large(size) ? saturated_32 : told;
  header.writeUInt32LE(field, 18); // 18 - compressed size
  header.writeUInt32LE(field, 22); // 22 - size
  header.writeUInt16LE(name.byteLength, 26); // 26 - length of the name
  header.writeUInt16LE(extra.byteLength, 28); // 28 - length of the extra fields
  return Buffer.concat([header, name, extra]);
}

/** What follows the bytes of a file whose CRC-32 was not known before (section 4.3.9); its sizes are of 64 bits in ZIP64. */
export function data_descriptor(size: number, crc32: number): Buffer {
  const descriptor = Buffer.alloc(is_large(size) ? 24 : 16);
  descriptor.writeUInt32LE(0x08074b50, 0); // 0 - signature
  descriptor.writeUInt32LE(crc32, 4); // 4 - CRC-32
  if (is_large(size)) {
    descriptor.writeBigUInt64LE(BigInt(size), 8); //  8 - compressed size
    descriptor.writeBigUInt64LE(BigInt(size), 16); // 16 - size
  } else {
    descriptor.writeUInt32LE(size, 8); //  8 - compressed size
    descriptor.writeUInt32LE(size, 12); // 12 - size
  }
  return descriptor;
}

/** The file's record in the directory (section 4.3.12). */
export function directory_record(file: ReadFile): Buffer {
  const { path, size, modified, crc32, described, header_offset } = file;
  const name = Buffer.from(path);
  // Section 4.5.3: only what does not fit its own field, in this order.
  const large = [
    ...(is_large(size) ? [size, size] : []),
    ...(is_large(header_offset) ? [header_offset] : []),
  ];
  const extra = Buffer.concat([zip64_field(large), timestamp_field(modified)]);
  const record = Buffer.alloc(46);
  const { date, time } = dos_time(modified);
  record.writeUInt32LE(0x02014b50, 0); //  0 - signature
  record.writeUInt16LE(made_by, 4); //  4 - version made by
  record.writeUInt16LE(version_needed(large.length > 0), 6); //  6 - version needed
  record.writeUInt16LE(utf8_flag | (described ? descriptor_flag : 0), 8); //  8 - flags
  record.writeUInt16LE(0, 10); // 10 - method: STORED
  record.writeUInt16LE(time, 12); // 12 - time
  record.writeUInt16LE(date, 14); // 14 - date
  record.writeUInt32LE(crc32, 16); // 16 - CRC-32
  record.writeUInt32LE(low_32(size), 20); // 20 - compressed size
  record.writeUInt32LE(low_32(size), 24); // 24 - size
  record.writeUInt16LE(name.byteLength, 28); // 28 - length of the name
  record.writeUInt16LE(extra.byteLength, 30); // 30 - length of the extra fields
  // 32 - length of the comment, 34 - disk, 36 - internal attributes: all 0
  record.writeUInt32LE(attributes, 38); // 38 - external attributes
  record.writeUInt32LE(low_32(header_offset), 42); // 42 - offset of the local header
  return Buffer.concat([record, name, extra]);
}

export interface WrittenDirectory {
  readonly entries: number;
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
}

/** What follows the directory, with the two records of ZIP64 where a number needs them (sections 4.3.14 to 4.3.16). */
export function end_of_archive({ entries, offset, size }: WrittenDirectory): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0); //  0 - signature
  // 4 - this disk, 6 - disk of the directory: 0
  end.writeUInt16LE(low_16(entries), 8); //  8 - entries on this disk
  end.writeUInt16LE(low_16(entries), 10); // 10 - entries
  end.writeUInt32LE(low_32(size), 12); // 12 - bytes of the directory
  end.writeUInt32LE(low_32(offset), 16); // 16 - offset of the directory
  // 20 - length of the comment: 0
  if (entries < saturated_16 && !is_large(offset) && !is_large(size)) return end;

  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0); //  0 - signature
  record.writeBigUInt64LE(BigInt(record.byteLength - 12), 4); //  4 - bytes of the record that follow
  record.writeUInt16LE(made_by, 12); // 12 - version made by
  record.writeUInt16LE(version_needed(true), 14); // 14 - version needed
  // 16 - this disk, 20 - disk of the directory: 0
  record.writeBigUInt64LE(BigInt(entries), 24); // 24 - entries on this disk
  record.writeBigUInt64LE(BigInt(entries), 32); // 32 - entries
  record.writeBigUInt64LE(BigInt(size), 40); // 40 - bytes of the directory
  record.writeBigUInt64LE(BigInt(offset), 48); // 48 - offset of the directory

  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0); //  0 - signature
  // 4 - disk of the record: 0
  locator.writeBigUInt64LE(BigInt(offset + size), 8); //  8 - offset of the record
  locator.writeUInt32LE(1, 16); // 16 - disks
  return Buffer.concat([record, locator, end]);
}

/** Bytes of the file's record in the directory, for a file of a time since 1970. */
export function directory_record_bytes(
  { path, size }: Pick<WrittenFile, "path" | "size">,
  header_offset: number,
): number {
  const large = (is_large(size) ? 2 : 0) + (is_large(header_offset) ? 1 : 0);
  return 46 + Buffer.byteLength(path) + (large > 0 ? 4 + 8 * large : 0) + 9;
}

/** At most so many bytes stand around the bytes of a file, wherever it is: header, descriptor and record. */
export const most_record_bytes = (path: string): number => {
  const name = Buffer.byteLength(path);
  return 30 + name + 20 + 9 + 24 + (46 + name + 28 + 9);
};

const NOTHING = Buffer.alloc(0);

function zip64_field(values: readonly number[]): Buffer {
  if (values.length === 0) return NOTHING;
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(extra_id.zip64, 0); // 0 - id
  field.writeUInt16LE(8 * values.length, 2); // 2 - length of the data
  for (const [index, value] of values.entries()) field.writeBigUInt64LE(BigInt(value), 4 + 8 * index);
  return field;
}

/** Seconds since 1970 in UTC; none for a time that 32 bits with a sign cannot say, which the DOS fields have to say alone. */
function timestamp_field(modified: Date): Buffer {
  const seconds = Math.floor(modified.getTime() / 1000);
  if (seconds !== (seconds | 0)) return NOTHING;
  const field = Buffer.alloc(9);
  field.writeUInt16LE(extra_id.timestamp, 0); // 0 - id
  field.writeUInt16LE(5, 2); // 2 - length of the data
  field.writeUInt8(1, 4); // 4 - only the time of modification
  field.writeInt32LE(seconds, 5); // 5 - the time
  return field;
}

/** Section 4.4.6: a local time of unknown zone, here UTC; every second second from 1980 to 2107. */
function dos_time(at: Date): { readonly date: number; readonly time: number } {
  const year = at.getUTCFullYear();
  if (year < 1980) return { date: (1 << 5) | 1, time: 0 };
  if (year > 2107) return { date: (127 << 9) | (12 << 5) | 31, time: (23 << 11) | (59 << 5) | 29 };
  return {
    date: ((year - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
  };
}
