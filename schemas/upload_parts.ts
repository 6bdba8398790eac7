/** POST /upload_parts */
import * as z from "zod/mini";
import { expires_at, part_size, size, upload_id } from "./upload.ts";

const part_number = z.int().check(z.minimum(1), z.maximum(10_000));

export const upload_parts_request = z.strictObject({
  uploadId: upload_id,
  /** The parts to be given a URL. */
  sign: z._default(z.array(part_number).check(z.maxLength(100)), []),
});

export const upload_parts_response = z.strictObject({
  partSize: part_size,
  /** What has arrived, as S3 lists it. */
  parts: z.array(z.strictObject({ PartNumber: part_number, Size: size, ETag: z.string() })),
  /** By the number of the part. */
  urls: z.record(z.string(), z.url()),
  /** What S3's own API has for the upload: ListParts, CompleteMultipartUpload and AbortMultipartUpload. */
  requests: z.strictObject({ GET: z.url(), POST: z.url(), DELETE: z.url() }),
  /** When the URLs do. */
  expiresAt: expires_at,
});

export type UploadPartsRequest = z.infer<typeof upload_parts_request>;
export type UploadPartsResponse = z.infer<typeof upload_parts_response>;
