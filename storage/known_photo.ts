/** Tells whether a user has a photo, by its checksum and its size. */
import { checksum_key, is_compared, photo_key } from "@photo-uploader/layer";
import { claim_at } from "./claims.ts";
import type { PhotoStore } from "./photo_store.ts";
import { photo_at } from "./present_photo.ts";
import { s3_answer } from "./s3.ts";

/** What a client says of a photo that it has. */
export interface LocalPhoto {
  /** Bytes. */
  readonly size: number;
  /** SHA-256: 64 lower-case hexadecimal digits. */
  readonly checksum: string;
}

/** The filename of the same photo; undefined where it is to be sent. A claim counts for nothing without its photo. */
export async function known_filename(
  store: PhotoStore,
  user: string,
  { size, checksum }: LocalPhoto,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!is_compared(store, size)) return undefined;
  const claim = await s3_answer(claim_at(store, checksum_key(user, checksum), signal));
  if (claim === undefined) return undefined;
  const photo = await s3_answer(photo_at(store, photo_key(user, claim.filename), signal));
  return photo?.sha256 === checksum && photo.size === size ? claim.filename : undefined;
}
