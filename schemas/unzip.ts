/** POST /unzip */
import * as z from "zod/mini";
import { content_type, filename, size } from "./photo.ts";

/** The whole path of the entry in the archive. */
const name = z.string();

export const unzip_response = z.strictObject({
  uploaded: z.array(z.strictObject({ name, filename, size, contentType: content_type })),
  skipped: z.array(z.strictObject({ name, reason: z.string() })),
  failed: z.array(z.strictObject({ name, reason: z.string() })),
});

export type UnzipResponse = z.infer<typeof unzip_response>;
