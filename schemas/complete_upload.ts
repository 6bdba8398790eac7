/** POST /complete_upload */
import * as z from "zod/mini";
import { content_type, duplicate, filename, size } from "./photo.ts";
import { upload_id } from "./upload.ts";

export const complete_upload_request = z.strictObject({ uploadId: upload_id });

/** A photo, with its type as sniffed from the bytes. */
export const upload_completed = z.strictObject({ filename, size, contentType: content_type, duplicate });

/** An archive, whose extraction has been asked for. */
export const extraction_started = z.strictObject({ jobId: z.string() });

export const complete_upload_response = z.union([upload_completed, extraction_started]);

export type CompleteUploadRequest = z.infer<typeof complete_upload_request>;
export type CompleteUploadResponse = z.infer<typeof complete_upload_response>;
