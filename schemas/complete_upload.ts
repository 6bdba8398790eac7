/** POST /complete_upload */
import * as z from "zod/mini";
import { content_type, filename, size } from "./photo.ts";
import { upload_id } from "./upload.ts";

export const complete_upload_request = z.strictObject({ uploadId: upload_id });

export const complete_upload_response = z.union([
  /** A photo, with its type as sniffed from the bytes. */
  z.strictObject({ filename, size, contentType: content_type }),
  /** An archive, whose extraction has been asked for. */
  z.strictObject({ jobId: z.string() }),
]);

export type CompleteUploadRequest = z.infer<typeof complete_upload_request>;
export type CompleteUploadResponse = z.infer<typeof complete_upload_response>;
