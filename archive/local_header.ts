/** The local header in front of an entry's data, held against the directory. APPNOTE.TXT 6.3.10, section 4.3.7. */
import type { ByteSource } from "./byte_source.ts";
import { read_exactly } from "./byte_source.ts";
import type { ArchiveEntry } from "./directory.ts";
import { encryption_flags, local_header_length } from "./directory.ts";
import { ArchiveError } from "./errors.ts";
import { data_view, widen_with_zip64 } from "./extra_field.ts";

export const local_signature = 0x04034b50;
/** Bit 3: sizes and CRC-32 follow the data, and the fields here say nothing. */
const descriptor_flag = 1 << 3;
/** Bit 13: fields of this header are masked. */
const masked_flag = 1 << 13;

/**
 * Where the entry's data begin.
 * @throws ArchiveError `header_mismatch`, `overlapping_entries`, `read_failed`
 */
export async function read_local_header(
  source: ByteSource,
  entry: ArchiveEntry,
  signal?: AbortSignal,
): Promise<number> {
  const name_end = entry.header_offset + local_header_length + entry.raw_name.byteLength;
  const header = await read_exactly(source, entry.header_offset, name_end, signal);
  const data_start = check_header(header, entry);
  const extra =
    data_start === name_end ? new Uint8Array() : await read_exactly(source, name_end, data_start, signal);
  check_sizes(header, extra, entry);
  return data_start;
}

/**
 * The entry's compressed data, as a view.
 * @param bytes from the local header to beyond the data, as `entry_region` says
 * @throws ArchiveError `header_mismatch`, `overlapping_entries`
 */
export function data_of_region(bytes: Uint8Array, entry: ArchiveEntry): Uint8Array {
  const name_length = local_header_length + entry.raw_name.byteLength;
  const header = bytes.subarray(0, name_length);
  const start = check_header(header, entry) - entry.header_offset;
  check_sizes(header, bytes.subarray(name_length, start), entry);
  return bytes.subarray(start, start + entry.compressed_size);
}

/**
 * What another reader would act on has to agree with the directory: method, encryption, name and sizes. The CRC-32
 * may differ: the directory's is the one that the bytes are checked with.
 * @param header with the name
 * @returns where the data begin
 */
function check_header(header: Uint8Array, entry: ArchiveEntry): number {
  const view = data_view(header);
  //  0 - signature
  if (view.getUint32(0, true) !== local_signature) throw mismatch(entry, "there is no header");
  //  4 - version needed
  //  6 - general purpose flags
  const flags = view.getUint16(6, true);
  if (((flags ^ entry.flags) & encryption_flags) !== 0) throw mismatch(entry, "encryption");
  //  8 - compression method
  if (view.getUint16(8, true) !== entry.method) throw mismatch(entry, "method");
  // 10 - time, 12 - date, 14 - CRC-32
  // 26 - length of the name, 30 - name
  const masked = (flags & masked_flag) !== 0;
  if (view.getUint16(26, true) !== entry.raw_name.byteLength) throw mismatch(entry, "name");
  if (!masked && !equal(header.subarray(local_header_length), entry.raw_name)) throw mismatch(entry, "name");
  // 28 - length of the extra fields, which follow the name
  const data_start = entry.header_offset + header.byteLength + view.getUint16(28, true);
  if (data_start + entry.compressed_size > entry.region_end) {
    throw new ArchiveError("overlapping_entries", "the entry's data reach into what follows them", {
      offset: entry.header_offset,
      entry: entry.path,
    });
  }
  return data_start;
}

function check_sizes(header: Uint8Array, extra: Uint8Array, entry: ArchiveEntry): void {
  const view = data_view(header);
  if ((view.getUint16(6, true) & (masked_flag | descriptor_flag)) !== 0) return;
  // 18 - compressed size, 22 - size
  const [size, compressed_size] = widen_with_zip64(
    [view.getUint32(22, true), view.getUint32(18, true)],
    extra,
  );
  if (size !== entry.size || compressed_size !== entry.compressed_size) throw mismatch(entry, "sizes");
}

function mismatch({ path, header_offset }: ArchiveEntry, what: string): ArchiveError {
  const message = `the local header and the directory disagree: ${what}`;
  return new ArchiveError("header_mismatch", message, { offset: header_offset, entry: path });
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
