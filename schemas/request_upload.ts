/** POST /request_upload */
import * as z from "zod/mini";
import { expires_at, kind, part_size, size, upload_id } from "./upload.ts";

export const request_upload_request = z.strictObject({
  name: z.string().check(z.minLength(1), z.maxLength(1024)),
  size,
  /** "" is `application/octet-stream`. */
  contentType: z.string().check(z.maxLength(100)),
  kind,
  /** As a ZIP has it, in hexadecimal. S3 then refuses any other content. */
  crc32: z.optional(
    z.string().check(z.regex(/^[0-9a-fA-F]{8}$/, "Invalid CRC-32: expected 8 hexadecimal digits")),
  ),
  /** In parts, which can be resumed; else in one piece, as a form. */
  multipart: z.optional(z.boolean()),
});

export const request_upload_response = z.discriminatedUnion("method", [
  z.strictObject({
    uploadId: upload_id,
    method: z.literal("POST"),
    url: z.url(),
    /** All of them go before the file, which is the field `file`. */
    fields: z.record(z.string(), z.string()),
    expiresAt: expires_at,
  }),
  z.strictObject({
    uploadId: upload_id,
    method: z.literal("PUT"),
    partSize: part_size,
    parts: z.int().check(z.positive()),
    expiresAt: expires_at,
  }),
]);

export type RequestUploadRequest = z.infer<typeof request_upload_request>;
export type RequestUploadResponse = z.infer<typeof request_upload_response>;
