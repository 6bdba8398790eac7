/** POST /delete: photos of the user are gone, or were never there. */
import { read_environment } from "@photo-uploader/layer";
import { json_body } from "../middleware/json_body.ts";
import { LONGEST_LIST } from "../middleware/json_parser.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type DeleteRequest, type DeleteResponse, delete_request } from "../schemas/delete.ts";
import { each_photo } from "../storage/each_photo.ts";
import { delete_photo, type PhotoStore } from "../storage/photo_store.ts";
import { s3_client } from "../storage/s3.ts";

export const delete_photos =
  (store: PhotoStore) =>
  async ({ username, body, ...time }: Request<DeleteRequest>): Promise<Reply> => {
    if ("file" in body) {
      await delete_photo(store, username, body.file, time.signal);
      return answered({ deleted: body.file });
    }
    const outcomes = await each_photo(body.files, time, async (file, signal) => {
      await delete_photo(store, username, file, signal);
      return "deleted" as const;
    });
    return answered({ outcomes });
  };

const answered = (body: DeleteResponse): Reply => ({ status: 200, body });

const { PHOTOS_BUCKET } = read_environment("photos");

export const handler = pipeline(
  json_body(delete_request, { longest: LONGEST_LIST }),
  delete_photos({ s3: s3_client(), bucket: PHOTOS_BUCKET }),
);
