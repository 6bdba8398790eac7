/** Where an uploaded file waits until it has been admitted: how it is looked at, and how it goes. */
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import {
  denied_action,
  http_status,
  is_missing,
  LISTING,
  quarantine_key,
  type UploadKey,
} from "@photo-uploader/layer";
import { SNIFFED_BYTES } from "./image_type.ts";
import type { PhotoStore } from "./photo_store.ts";
import { s3_answer, storage_problem } from "./s3.ts";
import { crc32_header } from "./upload_form.ts";

export interface QuarantinedFile {
  /** The first `SNIFFED_BYTES`, or all of a smaller file. */
  readonly head: Uint8Array;
  /** Bytes in all. */
  readonly size: number;
  /** Of exactly these bytes. */
  readonly etag: string;
  /** As its client has declared it; undefined of an object that no client of ours can have put there. */
  readonly declared: Declared | undefined;
}

export interface Declared {
  readonly name: string;
  readonly kind: "photo" | "archive";
  readonly size: number;
  /** Eight hexadecimal digits. */
  readonly crc32?: string | undefined;
}

/** undefined where nothing has arrived, or it has gone already. */
export async function quarantined_file(
  { s3, bucket }: PhotoStore,
  upload: UploadKey,
  abortSignal: AbortSignal,
): Promise<QuarantinedFile | undefined> {
  const get = new GetObjectCommand({
    Bucket: bucket,
    Key: quarantine_key(upload),
    Range: `bytes=0-${SNIFFED_BYTES - 1}`,
  });
  const answer = await s3.send(get, { abortSignal }).catch((error) => {
    if (is_missing(error)) return undefined;
    throw storage_problem(error);
  });
  if (answer === undefined) return undefined;
  const { Body, ContentRange, ETag, Metadata = {} } = answer;
  const [, size] = /\/(\d+)$/.exec(ContentRange ?? "") ?? [];
  if (Body === undefined || size === undefined || ETag === undefined) {
    throw storage_problem(new Error("S3 answered GetObject without a body, its range or its ETag"));
  }
  return {
    head: await s3_answer(Body.transformToByteArray()),
    size: Number(size),
    etag: ETag,
    declared: read_metadata(Metadata),
  };
}

function read_metadata({
  "original-name": name,
  kind,
  size,
  crc32,
}: Readonly<Record<string, string>>): Declared | undefined {
  if (name === undefined || (kind !== "photo" && kind !== "archive") || !/^\d{1,15}$/.test(size ?? "")) {
    return undefined;
  }
  try {
    return { name: decodeURIComponent(name), kind, size: Number(size), crc32 };
  } catch {
    return undefined; // A % that begins no escape.
  }
}

/** Whether S3 has found this CRC-32 when it joined the parts of the file; undefined where that is another file now. */
export async function has_crc32(
  { s3, bucket }: PhotoStore,
  upload: UploadKey,
  etag: string,
  crc32: string,
  abortSignal: AbortSignal,
): Promise<boolean | undefined> {
  const object = { Bucket: bucket, Key: quarantine_key(upload), IfMatch: etag };
  const head = new HeadObjectCommand({ ...object, ChecksumMode: "ENABLED" });
  const answer = await s3.send(head, { abortSignal }).catch((error) => {
    // The answer to HEAD has no body, and so no reason for a 403.
    if ([403, 404, 412].includes(http_status(error) ?? 0)) return undefined;
    throw storage_problem(error);
  });
  return answer && answer.ChecksumCRC32 === crc32_header(crc32);
}

/**
 * Removes the file if it is there. Without `If-Match` S3 would leave a delete marker each time that it is not
 * (docs/decisions/0012-conditional-delete.md).
 */
export async function discard_file(
  { s3, bucket }: PhotoStore,
  upload: UploadKey,
  abortSignal: AbortSignal,
): Promise<void> {
  const command = new DeleteObjectCommand({ Bucket: bucket, Key: quarantine_key(upload), IfMatch: "*" });
  try {
    await s3.send(command, { abortSignal });
  } catch (error) {
    const missing = [404, 412].includes(http_status(error) ?? 0) || denied_action(error) === LISTING;
    if (!missing) throw storage_problem(error);
  }
}
