/** POST /cancel_upload: what has arrived of an upload is gone. */
import { problem, read_environment } from "@photo-uploader/layer";
import { json_body } from "../middleware/json_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type CancelUploadRequest, cancel_upload_request } from "../schemas/cancel_upload.ts";
import { read_outcome } from "../storage/outcome.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { discard_file } from "../storage/quarantine.ts";
import { s3_client } from "../storage/s3.ts";
import { type UploadIds, upload_ids } from "../storage/upload_id.ts";
import { abort_parts } from "../storage/upload_in_parts.ts";

export const cancel_upload =
  (store: PhotoStore, { open }: UploadIds) =>
  async ({ username, body: { uploadId }, signal }: Request<CancelUploadRequest>): Promise<Reply> => {
    const { multipart, ...declared } = open(username, uploadId);
    const upload = { user: username, ...declared };
    if (multipart !== undefined) await abort_parts(store, { ...upload, multipart }, signal);
    if ((await read_outcome(store, upload, signal)) !== undefined) throw completed();
    await discard_file(store, upload, signal);
    return { status: 204 };
  };

const completed = () =>
  problem("upload_completed", "It is too late. POST /complete_upload says what became of it.");

const { PHOTOS_BUCKET, CURSOR_KEY } = read_environment("uploads");

export const handler = pipeline(
  json_body(cancel_upload_request),
  cancel_upload({ s3: s3_client(), bucket: PHOTOS_BUCKET }, upload_ids(CURSOR_KEY)),
);
