/** Reads a file of the quarantine: all of it, to compare it with the photos that its user has, or its end. */
import { Readable } from "node:stream";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { is_named, quarantine_key, sha256_of_stream, type UploadKey } from "@photo-uploader/layer";
import { END_BYTES } from "./file_ends.ts";
import type { PhotoStore } from "./photo_store.ts";

/** The file is no longer the one that was looked at. */
export class FileChanged extends Error {}

/**
 * @param through is handed the chunks on their way
 * @throws FileChanged; the SDK's error where S3 cannot be asked, or the file has gone
 */
export async function file_sha256(
  store: PhotoStore,
  upload: UploadKey,
  etag: string,
  abortSignal: AbortSignal,
  through: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> = (chunks) => chunks,
): Promise<string> {
  const body = await file_body(store, upload, { etag }, abortSignal);
  const abort = () => body.destroy(abortSignal.reason);
  abortSignal.addEventListener("abort", abort, { once: true });
  try {
    return await sha256_of_stream(through(body));
  } finally {
    abortSignal.removeEventListener("abort", abort);
    body.destroy();
  }
}

/**
 * The last `END_BYTES`, or all of a smaller file.
 *
 * @throws as `file_sha256`
 */
export async function file_tail(
  store: PhotoStore,
  upload: UploadKey,
  etag: string,
  abortSignal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const range = `bytes=-${END_BYTES}`;
  for await (const chunk of await file_body(store, upload, { etag, range }, abortSignal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function file_body(
  { s3, bucket }: PhotoStore,
  upload: UploadKey,
  { etag, range }: { readonly etag: string; readonly range?: string },
  abortSignal: AbortSignal,
): Promise<Readable> {
  const Key = quarantine_key(upload);
  const get = new GetObjectCommand({ Bucket: bucket, Key, IfMatch: etag, ...(range && { Range: range }) });
  const { Body } = await s3.send(get, { abortSignal }).catch((error) => {
    throw is_named(error, "PreconditionFailed") ? new FileChanged() : error;
  });
  if (!(Body instanceof Readable)) throw new Error("S3 answered GetObject without a body");
  return Body;
}
