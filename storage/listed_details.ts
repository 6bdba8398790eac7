/** What listed photos say of themselves. A listing does not tell it, so S3 is asked of each photo. */
import { type PhotoDetails, photo_key } from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";
import { photo_at } from "./present_photo.ts";
import { s3_answer } from "./s3.ts";

/** As many connections as the SDK's client has. */
const AT_ONCE = 50;

/** By the filenames; of a photo that has gone since it was listed, there is nothing. */
export async function details_of(
  store: PhotoStore,
  user: string,
  filenames: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, PhotoDetails>> {
  const details = new Map<string, PhotoDetails>();
  const waiting = filenames.values();
  const worker = async (): Promise<void> => {
    for (const filename of waiting) {
      const photo = await s3_answer(photo_at(store, photo_key(user, filename), signal));
      if (photo !== undefined) details.set(filename, photo);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, filenames.length) }, worker));
  return details;
}
