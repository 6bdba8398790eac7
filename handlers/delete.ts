/** POST /delete: a photo of the user is gone, or was never there. */
import { read_environment } from "@photo-uploader/layer";
import { json_body } from "../middleware/json_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type DeleteRequest, type DeleteResponse, delete_request } from "../schemas/delete.ts";
import { delete_photo, type PhotoStore } from "../storage/photo_store.ts";
import { s3_client } from "../storage/s3.ts";

export const delete_one =
  (store: PhotoStore) =>
  async ({ username, body: { file }, signal }: Request<DeleteRequest>): Promise<Reply> => {
    await delete_photo(store, username, file, signal);
    const answer: DeleteResponse = { deleted: file };
    return { status: 200, body: answer };
  };

const { PHOTOS_BUCKET } = read_environment("photos");

export const handler = pipeline(
  json_body(delete_request),
  delete_one({ s3: s3_client(), bucket: PHOTOS_BUCKET }),
);
