/** POST /unzip */
import * as z from "zod/mini";
import { content_type, duplicate, filename, size } from "./photo.ts";
import { upload_id } from "./upload.ts";

/** In place of a form: an archive that has been uploaded. */
export const unzip_request = z.strictObject({ uploadId: upload_id });

/** The whole path of the entry in the archive. */
const name = z.string();

export const unzip_response = z.strictObject({
  uploaded: z.array(z.strictObject({ name, filename, size, contentType: content_type, duplicate })),
  skipped: z.array(z.strictObject({ name, reason: z.string() })),
  failed: z.array(z.strictObject({ name, reason: z.string() })),
});

/** Of an archive that has been uploaded. */
export const unzip_started = z.strictObject({ jobId: z.string() });

export type UnzipStarted = z.infer<typeof unzip_started>;
export type UnzipResponse = z.infer<typeof unzip_response>;
