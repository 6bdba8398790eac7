/**
 * An export is written segment after segment, each of which is an object and will be one part of the archive. What a
 * segment holds, which object that is, and where the next one goes on is recorded once: whoever comes next, and whoever
 * was at the same segment, goes by that.
 */
import { crc32 } from "node:zlib";
import { type ExportKey, parse_filename } from "@photo-uploader/layer";
import {
  data_descriptor,
  directory_record,
  end_of_archive,
  local_header,
  most_record_bytes,
  type ReadFile,
  type WrittenFile,
} from "../archive/index.ts";
import { LEAST_PART_BYTES, put_export_part } from "../storage/export_archive.ts";
import { type PhotoPiece, read_piece } from "../storage/photo_piece.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import type { PlannedExport } from "./export_plan.ts";
import { type Segment, settle_segment } from "./export_segments.ts";
import { in_order } from "./in_order.ts";

/** A photo up to this size is read as a whole, and its CRC-32 stands in front of it; of a larger one it stands behind. */
export const WHOLE_BYTES = 16 * 1024 * 1024;

/** What is read of a larger photo at a time. */
const PIECE_BYTES = 8 * 1024 * 1024;

/** Requests for photos at a time, and the bytes that they may hold beside the segment. */
const READS_AT_ONCE = 32;
const READ_BYTES = 64 * 1024 * 1024;

/** A segment of this many photos is no longer than S3 demands, or reading tiny ones would take minutes. */
const SEGMENT_PHOTOS = 5_000;

export interface ExportUnderWay {
  readonly job: ExportKey;
  readonly plan: PlannedExport;
  /** Those before the next one. */
  readonly segments: readonly Segment[];
}

/**
 * Writes the segment that comes next, unless another worker is first: its own object, named by no record, expires then.
 * @returns what has been recorded
 */
export async function write_next_segment(
  store: PhotoStore,
  under_way: ExportUnderWay,
  signal: AbortSignal,
): Promise<Segment> {
  const { job, segments } = under_way;
  const number = segments.length;
  const { body, ...made } = await make_segment(store, under_way, signal);
  const checksum = crc32(body).toString(16).padStart(8, "0");
  const part = await put_export_part(store, job, number, { crc32: checksum, body }, signal);
  return settle_segment(store, job, number, { ...made, ...part }, signal);
}

type MadeSegment = Omit<Segment, "part" | "etag" | "crc32"> & { readonly body: Buffer };

async function make_segment(
  store: PhotoStore,
  { job, plan, segments }: ExportUnderWay,
  signal: AbortSignal,
): Promise<MadeSegment> {
  const before = segments.at(-1);
  const writer = new SegmentWriter(before?.bytes ?? 0, before?.open ?? undefined);
  let next = before?.next ?? { photo: 0, at: 0 };
  const first = next.photo;
  let photo_bytes = before?.photo_bytes ?? 0;
  // Photos that are gone may leave less than S3 takes as a part.
  while (next.photo < plan.photos.length && writer.length < LEAST_PART_BYTES) {
    const cut = cut_pieces(plan, next, plan.segment_bytes - writer.length);
    next = cut.next;
    const bounds = {
      at_once: READS_AT_ONCE,
      weight: READ_BYTES,
      weigh: ({ start, end }: PhotoPiece) => end - start,
      signal,
    };
    const read = (piece: PhotoPiece, call_off: AbortSignal) => read_piece(store, job.user, piece, call_off);
    for await (const [piece, bytes] of in_order(cut.pieces, read, bounds)) {
      writer.add(file_of(plan, first + writer.ended.length), piece, bytes);
      photo_bytes += piece.end - piece.start;
    }
  }
  const last = next.photo >= plan.photos.length;
  if (last) for (const record of directory_of(plan, [...segments, writer], writer.end)) writer.push(record);
  return {
    bytes: writer.end,
    photo_bytes,
    ended: writer.ended,
    next,
    open: writer.open ?? null,
    total: { photos: plan.photos.length + plan.missing.length, bytes: plan.bytes },
    last,
    body: writer.body(),
  };
}

const name_of = ([filename, , name]: PlannedExport["photos"][number]): string =>
  name ?? parse_filename(filename)?.name ?? filename;

function file_of({ photos }: PlannedExport, index: number): WrittenFile {
  const photo = photos[index];
  if (photo === undefined) throw new RangeError("there are no more photos in the plan");
  const modified = parse_filename(photo[0])?.uploaded_at ?? new Date(0);
  return { path: name_of(photo), size: photo[1], modified };
}

type Place = Segment["next"];

/** What fills so many bytes; a photo of up to `WHOLE_BYTES` that has been begun goes beyond them. */
function cut_pieces(
  { photos }: PlannedExport,
  from: Place,
  room: number,
): { readonly pieces: PhotoPiece[]; readonly next: Place } {
  const pieces: PhotoPiece[] = [];
  let { photo: index, at } = from;
  for (let length = 0; length < room; ) {
    if (pieces.length >= SEGMENT_PHOTOS && length >= LEAST_PART_BYTES) break;
    const photo = photos[index];
    if (photo === undefined) break;
    const [filename, size] = photo;
    const most = size <= WHOLE_BYTES ? size : Math.min(PIECE_BYTES, room - length);
    const end = Math.min(size, at + most);
    pieces.push({ filename, size, start: at, end });
    length += end - at + (at === 0 ? most_record_bytes(name_of(photo)) : 0);
    at = end;
    if (at === size) {
      index += 1;
      at = 0;
    }
  }
  return { pieces, next: { photo: index, at } };
}

type OpenPhoto = NonNullable<Segment["open"]>;

/** The bytes of a segment, and what is to be known of them. */
class SegmentWriter {
  readonly ended: Segment["ended"] = [];
  /** Of a photo that is gone there is none, even where some of it has been written. */
  open: OpenPhoto | undefined;
  length = 0;
  readonly #start: number;
  readonly #chunks: Uint8Array[] = [];

  constructor(start: number, open: OpenPhoto | undefined) {
    this.#start = start;
    this.open = open;
  }

  /** Where it ends in the archive. */
  get end(): number {
    return this.#start + this.length;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.length += chunk.byteLength;
  }

  /** @param bytes undefined where the photo is gone: what has been written of it stays behind, and no record names it */
  add(file: WrittenFile, { start, end, size }: PhotoPiece, bytes: Uint8Array | undefined): void {
    const is_end = end === size;
    if (bytes === undefined || (start > 0 && this.open === undefined)) {
      this.open = undefined;
      if (is_end) this.ended.push(null);
      return;
    }
    if (size <= WHOLE_BYTES) {
      const checksum = crc32(bytes);
      this.ended.push([checksum, this.end]);
      this.push(local_header(file, checksum));
      this.push(bytes);
      return;
    }
    const header_offset = this.open?.header_offset ?? this.end;
    if (start === 0) this.push(local_header(file, undefined));
    this.push(bytes);
    const checksum = crc32(bytes, this.open?.crc32 ?? 0);
    this.open = { header_offset, crc32: checksum };
    if (!is_end) return;
    this.push(data_descriptor(size, checksum));
    this.ended.push([checksum, header_offset]);
    this.open = undefined;
  }

  body(): Buffer {
    return Buffer.concat(this.#chunks, this.length);
  }
}

/** The directory and the end, for an archive whose files end at `offset`. */
function* directory_of(
  plan: PlannedExport,
  segments: readonly Pick<Segment, "ended">[],
  offset: number,
): Generator<Buffer, void, undefined> {
  let index = 0;
  let entries = 0;
  let size = 0;
  for (const { ended } of segments) {
    for (const photo of ended) {
      const file = file_of(plan, index);
      index += 1;
      if (photo === null) continue;
      const [checksum, header_offset] = photo;
      const described = file.size > WHOLE_BYTES;
      const read: ReadFile = { ...file, crc32: checksum, described, header_offset };
      const record = directory_record(read);
      entries += 1;
      size += record.byteLength;
      yield record;
    }
  }
  yield end_of_archive({ entries, offset, size });
}
