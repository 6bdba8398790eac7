/** The archive of an export in S3: it is put together of parts by whoever comes, and completed once. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { type ExportKey, export_archive_key, http_status, is_named } from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";
import { s3_answer, storage_problem } from "./s3.ts";
import { crc32_header } from "./upload_form.ts";

/** The least that S3 takes as a part, but for the last one. */
export const LEAST_PART_BYTES = 5 * 1024 * 1024;
/** The most parts that S3 takes. */
export const MOST_PARTS = 10_000;

export interface ExportPart {
  readonly part: number;
  readonly etag: string;
  /** Eight hexadecimal digits. */
  readonly crc32: string;
}

/** @returns what S3 calls the upload; one that nobody goes on with is removed by the bucket's lifecycle rule */
export async function begin_export(
  { s3, bucket }: PhotoStore,
  job: ExportKey,
  abortSignal: AbortSignal,
): Promise<string> {
  const create = new CreateMultipartUploadCommand({
    Bucket: bucket,
    Key: export_archive_key(job),
    ContentType: "application/zip",
    ChecksumAlgorithm: "CRC32",
    ChecksumType: "COMPOSITE",
  });
  const { UploadId } = await s3_answer(s3.send(create, { abortSignal }));
  if (UploadId === undefined) throw storage_problem(new Error("S3 answered without an upload id"));
  return UploadId;
}

/** @returns its ETag; undefined where the upload has been completed, or removed */
export async function put_export_part(
  { s3, bucket }: PhotoStore,
  job: ExportKey,
  { upload, part, crc32, body }: { upload: string; part: number; crc32: string; body: Buffer },
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const put = new UploadPartCommand({
    Bucket: bucket,
    Key: export_archive_key(job),
    UploadId: upload,
    PartNumber: part,
    Body: body,
    ChecksumCRC32: crc32_header(crc32),
  });
  const answer = await s3.send(put, { abortSignal }).catch((error) => {
    if (is_named(error, "NoSuchUpload")) return undefined;
    throw storage_problem(error);
  });
  if (answer === undefined) return undefined;
  if (answer.ETag === undefined) throw storage_problem(new Error("S3 answered UploadPart without an ETag"));
  return answer.ETag;
}

/** Joins the parts; an upload that has been completed, or removed, is left as it is. */
export async function complete_export(
  { s3, bucket }: PhotoStore,
  job: ExportKey,
  upload: string,
  parts: readonly ExportPart[],
  abortSignal: AbortSignal,
): Promise<void> {
  const complete = new CompleteMultipartUploadCommand({
    Bucket: bucket,
    Key: export_archive_key(job),
    UploadId: upload,
    IfNoneMatch: "*",
    MultipartUpload: {
      Parts: parts.map(({ part, etag, crc32 }) => ({
        PartNumber: part,
        ETag: etag,
        ChecksumCRC32: crc32_header(crc32),
      })),
    },
  });
  try {
    await s3.send(complete, { abortSignal });
  } catch (error) {
    if (!is_named(error, "NoSuchUpload") && !is_named(error, "PreconditionFailed")) {
      throw storage_problem(error);
    }
  }
}

/** Bytes of the archive; undefined where there is none. */
export async function export_size(
  { s3, bucket }: PhotoStore,
  job: ExportKey,
  abortSignal: AbortSignal,
): Promise<number | undefined> {
  const head = new HeadObjectCommand({ Bucket: bucket, Key: export_archive_key(job) });
  try {
    const { ContentLength } = await s3.send(head, { abortSignal });
    if (ContentLength === undefined) throw new Error("S3 answered HeadObject without a length");
    return ContentLength;
  } catch (error) {
    // The answer to HEAD has no body, and so no reason for a 403.
    if ([403, 404].includes(http_status(error) ?? 0)) return undefined;
    throw storage_problem(error);
  }
}

/** A URL by which the archive can be fetched until it expires, as a file of this name. */
export const export_url = (
  { s3, bucket }: PhotoStore,
  job: ExportKey,
  name: string,
  seconds: number,
): Promise<string> =>
  getSignedUrl(
    s3,
    new GetObjectCommand({
      Bucket: bucket,
      Key: export_archive_key(job),
      ResponseContentType: "application/zip",
      ResponseContentDisposition: `attachment; filename="${name}"`,
      ResponseCacheControl: "private, no-store",
    }),
    { expiresIn: seconds },
  );
