/** POST /cancel_upload; the answer has no body. */
import * as z from "zod/mini";
import { upload_id } from "./upload.ts";

export const cancel_upload_request = z.strictObject({ uploadId: upload_id });

export type CancelUploadRequest = z.infer<typeof cancel_upload_request>;
