/** What a photo says of itself: when it was taken, and its pixels. */
import type { PhotoDetails } from "@photo-uploader/layer";
import { END_BYTES } from "./file_ends.ts";

export interface PhotoToRead {
  /** As sniffed. */
  readonly content_type: string;
  /** Bytes. */
  readonly size: number;
  /** The first `END_BYTES`, or more. */
  readonly head: Uint8Array;
  /** Gives the last `END_BYTES`, or none where they are out of reach; asked only of formats that have something there. */
  tail(): Uint8Array | Promise<Uint8Array>;
}

/** @throws what `tail` throws; the bytes themselves are at worst not understood */
export async function photo_details({ content_type, size, head, tail }: PhotoToRead): Promise<PhotoDetails> {
  const { has_tail, read_details } = await import("../details/reader.ts");
  const ends = {
    head: head.subarray(0, END_BYTES),
    tail: size > END_BYTES && has_tail(content_type) ? await tail() : NOTHING,
    size,
  };
  return read_details(ends, content_type);
}

const NOTHING = new Uint8Array();

/** Of a photo that is in memory. */
export const whole_photo_details = (bytes: Uint8Array, content_type: string): Promise<PhotoDetails> =>
  photo_details({
    content_type,
    size: bytes.byteLength,
    head: bytes,
    tail: () => bytes.subarray(-END_BYTES),
  });
