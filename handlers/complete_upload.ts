/** POST /complete_upload: what has become of an uploaded file, as soon as that is known. */
import { read_environment } from "@photo-uploader/layer";
import { json_body } from "../middleware/json_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import {
  type CompleteUploadRequest,
  type CompleteUploadResponse,
  complete_upload_request,
} from "../schemas/complete_upload.ts";
import { type UploadStore, upload_store } from "../storage/admission.ts";
import { complete } from "../storage/completion.ts";
import { type UploadIds, upload_ids } from "../storage/upload_id.ts";

export const complete_upload =
  (store: UploadStore, { open }: UploadIds) =>
  async ({ username, body: { uploadId }, signal }: Request<CompleteUploadRequest>): Promise<Reply> => {
    const upload = open(username, uploadId);
    const { outcome, first } = await complete(store, username, upload, signal);
    if (outcome.outcome === "archive") return answered(202, { jobId: upload.id });
    const { filename, size, content_type, duplicate } = outcome;
    const photo = { filename, size, contentType: content_type, ...(duplicate && { duplicate }) };
    return answered(first && !duplicate ? 201 : 200, photo);
  };

const answered = (status: number, body: CompleteUploadResponse): Reply => ({ status, body });

const { PHOTOS_BUCKET, CURSOR_KEY, DETECT_DUPLICATES } = read_environment("new_uploads");

export const handler = pipeline(
  json_body(complete_upload_request),
  complete_upload(upload_store(PHOTOS_BUCKET, DETECT_DUPLICATES), upload_ids(CURSOR_KEY)),
);
