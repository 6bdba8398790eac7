/** Looks whether a photo is under a key. */
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { http_status, type PresentPhoto, present_photo } from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";

/**
 * undefined where there is none
 *
 * @throws the SDK's error where S3 cannot be asked, or denies it: to a function that may not list it answers 403 of a key that
 * is not there, and an answer to HEAD has no body that would tell why
 */
export async function photo_head(
  { s3, bucket }: PhotoStore,
  key: string,
  abortSignal: AbortSignal,
): Promise<PresentPhoto | undefined> {
  try {
    return present_photo(await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal }));
  } catch (error) {
    if (http_status(error) === 404) return undefined;
    throw error;
  }
}

/** As `photo_head`, and undefined where S3 denies it as well: most likely there is none. */
export const photo_at = (
  store: PhotoStore,
  key: string,
  abortSignal: AbortSignal,
): Promise<PresentPhoto | undefined> =>
  photo_head(store, key, abortSignal).catch((error) => {
    if (http_status(error) === 403) return undefined;
    throw error;
  });
