/** The archive of an export in S3: its parts are objects, which whoever comes last joins by copies within S3. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import {
  type ExportKey,
  export_archive_key,
  export_part_key,
  http_status,
  is_named,
  log,
  loggable,
  new_part_name,
} from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";
import { s3_answer, storage_problem } from "./s3.ts";
import { crc32_header } from "./upload_form.ts";

/** The least that S3 takes as a part, but for the last one. */
export const LEAST_PART_BYTES = 5 * 1024 * 1024;

export interface ExportPart {
  /** The name of its object. */
  readonly part: string;
  readonly etag: string;
  /** Eight hexadecimal digits. */
  readonly crc32: string;
}

/** How often a part is written, each time under another name. */
const TRIES = 3;

/** Writes the bytes of a segment to an object that nobody else writes to, nor has written to. */
export async function put_export_part(
  { s3, bucket }: PhotoStore,
  job: ExportKey,
  segment: number,
  { crc32, body }: { readonly crc32: string; readonly body: Buffer },
  abortSignal: AbortSignal,
): Promise<ExportPart> {
  for (let attempt = 1; ; attempt += 1) {
    const part = new_part_name(segment);
    const put = new PutObjectCommand({
      Bucket: bucket,
      Key: export_part_key(job, part),
      Body: body,
      IfNoneMatch: "*",
      ChecksumCRC32: crc32_header(crc32),
    });
    try {
      const { ETag: etag } = await s3.send(put, { abortSignal });
      if (etag === undefined) throw new Error("S3 answered PutObject without an ETag");
      return { part, etag, crc32 };
    } catch (error) {
      // The client has sent it again, since it got no answer, and found its own.
      const is_own = ["PreconditionFailed", "ConditionalRequestConflict"].some((name) =>
        is_named(error, name),
      );
      if (!is_own || attempt === TRIES) throw storage_problem(error);
    }
  }
}

/** @returns what S3 calls the upload in which the parts are joined */
export async function begin_archive(
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

/**
 * Copies exactly the part that is meant.
 * @param number from 1, without gaps: S3 joins no others where each part has a checksum (`CompletedPart.PartNumber`)
 * @returns the ETag of the copy
 */
export async function copy_part(
  { s3, bucket }: PhotoStore,
  job: ExportKey,
  upload: string,
  number: number,
  { part, etag }: ExportPart,
  abortSignal: AbortSignal,
): Promise<string> {
  const copy = new UploadPartCopyCommand({
    Bucket: bucket,
    Key: export_archive_key(job),
    UploadId: upload,
    PartNumber: number,
    CopySource: [bucket, ...export_part_key(job, part).split("/")].map(encodeURIComponent).join("/"),
    CopySourceIfMatch: etag,
  });
  const { CopyPartResult } = await s3_answer(s3.send(copy, { abortSignal }));
  if (CopyPartResult?.ETag === undefined) {
    throw storage_problem(new Error("S3 answered UploadPartCopy without an ETag"));
  }
  return CopyPartResult.ETag;
}

/**
 * Joins the copies to the archive, unless there is one. S3 compares the CRC-32 of each, and the size of the whole.
 * @param parts those that were copied, with the ETags of the copies
 */
export async function complete_archive(
  { s3, bucket }: PhotoStore,
  job: ExportKey,
  upload: string,
  { parts, bytes }: { readonly parts: readonly Omit<ExportPart, "part">[]; readonly bytes: number },
  abortSignal: AbortSignal,
): Promise<void> {
  const complete = new CompleteMultipartUploadCommand({
    Bucket: bucket,
    Key: export_archive_key(job),
    UploadId: upload,
    IfNoneMatch: "*",
    MpuObjectSize: bytes,
    MultipartUpload: {
      Parts: parts.map(({ etag, crc32 }, index) => ({
        PartNumber: index + 1,
        ETag: etag,
        ChecksumCRC32: crc32_header(crc32),
      })),
    },
  });
  await s3_answer(s3.send(complete, { abortSignal }));
}

/** For the removal of copies, when a worker's own time may be up. */
const GRACE_MS = 1_000;

/** Failing that, the bucket's lifecycle rule removes the copies; until then they are invisible, and cost. */
export async function abandon_archive(
  { s3, bucket }: PhotoStore,
  job: ExportKey,
  upload: string,
): Promise<void> {
  const object = { Bucket: bucket, Key: export_archive_key(job) };
  const abort = new AbortMultipartUploadCommand({ ...object, UploadId: upload });
  try {
    await s3.send(abort, { abortSignal: AbortSignal.timeout(GRACE_MS) });
  } catch (error) {
    // It has become the archive, and only the answer was lost.
    if (is_named(error, "NoSuchUpload")) return;
    log.warn("copies of an export's parts could not be removed", { error: loggable(error) });
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
