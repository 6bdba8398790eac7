/** Reads a file of the quarantine, to compare it with the photos that its user has. */
import { Readable } from "node:stream";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { is_named, quarantine_key, sha256_of_stream, type UploadKey } from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";

/** The file is no longer the one that was looked at. */
export class FileChanged extends Error {}

/** @throws FileChanged; the SDK's error where S3 cannot be asked, or the file has gone */
export async function file_sha256(
  { s3, bucket }: PhotoStore,
  upload: UploadKey,
  etag: string,
  abortSignal: AbortSignal,
): Promise<string> {
  const get = new GetObjectCommand({ Bucket: bucket, Key: quarantine_key(upload), IfMatch: etag });
  const { Body } = await s3.send(get, { abortSignal }).catch((error) => {
    throw is_named(error, "PreconditionFailed") ? new FileChanged() : error;
  });
  if (!(Body instanceof Readable)) throw new Error("S3 answered GetObject without a body");
  const abort = () => Body.destroy(abortSignal.reason);
  abortSignal.addEventListener("abort", abort, { once: true });
  try {
    return await sha256_of_stream(Body);
  } finally {
    abortSignal.removeEventListener("abort", abort);
    Body.destroy();
  }
}
