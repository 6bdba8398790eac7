/** POST /upload_single_photo */
import * as z from "zod/mini";
import { content_type, duplicate, filename, name, size, uploaded_at } from "./photo.ts";

export const upload_single_photo_response = z.strictObject({
  filename,
  name,
  /** Bytes. */
  size,
  /** As sniffed from the bytes. */
  contentType: content_type,
  uploadedAt: uploaded_at,
  duplicate,
});

export type UploadSinglePhotoResponse = z.infer<typeof upload_single_photo_response>;
