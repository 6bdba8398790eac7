/** Builds ZIP archives byte for byte, so that any field can be made to lie. APPNOTE.TXT 6.3.10, section 4.3. */
import { crc32, deflateRawSync } from "node:zlib";

export interface EntryParts {
  readonly name: string | Uint8Array;
  readonly data?: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  /** What is in the archive in place of the compressed data. */
  readonly compressed?: Uint8Array;
  /** A data descriptor after the data, and no sizes in the local header. */
  readonly descriptor?: boolean;
  readonly made_by?: number;
  readonly external_attributes?: number;
  readonly dos_time?: number;
  readonly dos_date?: number;
  readonly disk?: number;
  /** Extra fields of the directory's record. */
  readonly extra?: Uint8Array;
  readonly comment?: Uint8Array;
  /** Fields of the directory that differ from the truth. */
  readonly central?: Partial<HeaderFields> & { readonly offset?: number };
  /** Fields of the local header that differ from the truth. */
  readonly local?: Partial<HeaderFields> & { readonly signature?: number; readonly extra?: Uint8Array };
}

interface HeaderFields {
  readonly name: Uint8Array;
  readonly method: number;
  readonly flags: number;
  readonly crc32: number;
  readonly compressed_size: number;
  readonly size: number;
}

export interface ArchiveParts {
  readonly entries: readonly EntryParts[];
  readonly comment?: Uint8Array;
  /** Put before the archive, offsets adjusted to it. */
  readonly prefix?: Uint8Array;
  /** Added to every offset: 2 ** 32 for an archive that is to stand behind 4 GB. */
  readonly base?: number;
  /** With ZIP64 end record and locator: `saturated` leaves the plain fields to them, `plain` repeats the values. */
  readonly zip64?: "saturated" | "plain";
  readonly end?: Partial<EndFields>;
  readonly zip64_end?: Partial<EndFields> & {
    readonly record_size?: number;
    readonly locator_offset?: number;
  };
}

interface EndFields {
  readonly disk: number;
  readonly directory_disk: number;
  readonly disk_count: number;
  readonly count: number;
  readonly directory_size: number;
  readonly directory_offset: number;
}

export function build_zip(parts: ArchiveParts): Buffer {
  const base = parts.base ?? 0;
  const pieces: Uint8Array[] = [parts.prefix ?? new Uint8Array()];
  const records: Buffer[] = [];
  let offset = length_of(pieces);
  for (const entry of parts.entries) {
    const { local, record } = build_entry(entry, base + offset);
    pieces.push(local);
    records.push(record);
    offset += local.byteLength;
  }
  const directory_start = base + length_of(pieces);
  const directory = Buffer.concat(records);
  const count = parts.entries.length;
  const end: EndFields = {
    disk: 0,
    directory_disk: 0,
    disk_count: count,
    count,
    directory_size: directory.byteLength,
    directory_offset: directory_start,
  };
  pieces.push(directory);
  if (parts.zip64 !== undefined) pieces.push(zip64_end(end, base + length_of(pieces), parts.zip64_end));
  const saturated = {
    disk_count: 0xffff,
    count: 0xffff,
    directory_size: 0xffffffff,
    directory_offset: 0xffffffff,
  };
  const plain = { ...end, ...(parts.zip64 === "saturated" ? saturated : {}), ...parts.end };
  pieces.push(plain_end(plain, parts.comment ?? new Uint8Array()));
  return Buffer.concat(pieces);
}

function build_entry(entry: EntryParts, offset: number): { local: Buffer; record: Buffer } {
  const name = typeof entry.name === "string" ? Buffer.from(entry.name) : entry.name;
  const data = entry.data ?? new Uint8Array();
  const method = entry.method ?? 8;
  const compressed = entry.compressed ?? (method === 8 ? deflateRawSync(data) : data);
  const descriptor = entry.descriptor ?? false;
  const truth: HeaderFields = {
    name,
    method,
    flags: (entry.flags ?? 0x800) | (descriptor ? 8 : 0),
    crc32: crc32(data),
    compressed_size: compressed.byteLength,
    size: data.byteLength,
  };
  const unknown = descriptor ? { crc32: 0, compressed_size: 0, size: 0 } : {};
  const pieces: Uint8Array[] = [local_header(entry, { ...truth, ...unknown, ...entry.local }), compressed];
  if (descriptor)
    pieces.push(numbers([4, 0x08074b50], [4, truth.crc32], [4, truth.compressed_size], [4, truth.size]));
  return {
    local: Buffer.concat(pieces),
    record: directory_record(entry, { ...truth, ...entry.central }, entry.central?.offset ?? offset),
  };
}

function local_header(entry: EntryParts, fields: HeaderFields): Buffer {
  const extra = entry.local?.extra ?? new Uint8Array();
  return Buffer.concat([
    numbers(
      [4, entry.local?.signature ?? 0x04034b50],
      [2, 20],
      [2, fields.flags],
      [2, fields.method],
      [2, entry.dos_time ?? 0],
      [2, entry.dos_date ?? 0x5a21],
      [4, fields.crc32],
      [4, fields.compressed_size],
      [4, fields.size],
      [2, fields.name.byteLength],
      [2, extra.byteLength],
    ),
    fields.name,
    extra,
  ]);
}

function directory_record(entry: EntryParts, fields: HeaderFields, offset: number): Buffer {
  const extra = entry.extra ?? new Uint8Array();
  const comment = entry.comment ?? new Uint8Array();
  return Buffer.concat([
    numbers(
      [4, 0x02014b50],
      [2, entry.made_by ?? 0x031e],
      [2, 20],
      [2, fields.flags],
      [2, fields.method],
      [2, entry.dos_time ?? 0],
      [2, entry.dos_date ?? 0x5a21],
      [4, fields.crc32],
      [4, fields.compressed_size],
      [4, fields.size],
      [2, fields.name.byteLength],
      [2, extra.byteLength],
      [2, comment.byteLength],
      [2, entry.disk ?? 0],
      [2, 0],
      [4, entry.external_attributes ?? 0],
      [4, offset],
    ),
    fields.name,
    extra,
    comment,
  ]);
}

function zip64_end(end: EndFields, offset: number, lies: ArchiveParts["zip64_end"] = {}): Buffer {
  const fields = { ...end, ...lies };
  return Buffer.concat([
    numbers(
      [4, 0x06064b50],
      [8, lies.record_size ?? 44],
      [2, 45],
      [2, 45],
      [4, fields.disk],
      [4, fields.directory_disk],
      [8, fields.disk_count],
      [8, fields.count],
      [8, fields.directory_size],
      [8, fields.directory_offset],
    ),
    numbers([4, 0x07064b50], [4, 0], [8, lies.locator_offset ?? offset], [4, 1]),
  ]);
}

function plain_end(end: EndFields, comment: Uint8Array): Buffer {
  return Buffer.concat([
    numbers(
      [4, 0x06054b50],
      [2, end.disk],
      [2, end.directory_disk],
      [2, end.disk_count],
      [2, end.count],
      [4, end.directory_size],
      [4, end.directory_offset % 2 ** 32],
      [2, comment.byteLength],
    ),
    comment,
  ]);
}

/** An extra field. */
export function extra(
  id: number,
  ...data: readonly (readonly [bytes: 1 | 2 | 4 | 8, value: number])[]
): Buffer {
  const content = numbers(...data);
  return Buffer.concat([numbers([2, id], [2, content.byteLength]), content]);
}

/** Little-endian numbers of the given widths, one after the other. */
export function numbers(...fields: readonly (readonly [bytes: 1 | 2 | 4 | 8, value: number])[]): Buffer {
  return Buffer.concat(
    fields.map(([width, value]) => {
      const field = Buffer.alloc(8);
      field.writeBigUInt64LE(BigInt(value));
      return field.subarray(0, width);
    }),
  );
}

function length_of(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((total, piece) => total + piece.byteLength, 0);
}
