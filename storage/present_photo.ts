/** Looks whether a photo is under a key. */
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { http_status, type PresentPhoto, present_photo } from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";

/**
 * undefined where there is none, or where S3 does not say: to a function that may not list it answers 403 of a key that
 * is not there, and an answer to HEAD has no body that would tell why.
 *
 * @throws the SDK's error where S3 cannot be asked
 */
export async function photo_at(
  { s3, bucket }: PhotoStore,
  key: string,
  abortSignal: AbortSignal,
): Promise<PresentPhoto | undefined> {
  try {
    return present_photo(await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { abortSignal }));
  } catch (error) {
    if ([403, 404].includes(http_status(error) ?? 0)) return undefined;
    throw error;
  }
}
