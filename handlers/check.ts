/** POST /check: which photos the user has already, so that they need not be sent. */
import { read_environment } from "@photo-uploader/layer";
import { json_body } from "../middleware/json_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type CheckRequest, type CheckResponse, check_request } from "../schemas/check.ts";
import { all_at_once } from "../storage/all_at_once.ts";
import { known_filename } from "../storage/known_photo.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { s3_client } from "../storage/s3.ts";

/** Photos at a time; each takes two requests, one after the other. */
const AT_ONCE = 25;

export const check =
  (store: PhotoStore) =>
  async ({ username, body: { photos }, signal }: Request<CheckRequest>): Promise<Reply> => {
    const known = await all_at_once(photos, AT_ONCE, signal, (photo, until) =>
      known_filename(store, username, photo, until),
    );
    const answer: CheckResponse = {
      photos: photos.map((photo, index) => {
        const filename = known[index];
        return filename === undefined ? photo : { ...photo, duplicate: true, filename };
      }),
    };
    return { status: 200, body: answer };
  };

const { PHOTOS_BUCKET, DETECT_DUPLICATES } = read_environment("new_photos");

export const handler = pipeline(
  json_body(check_request),
  check({ s3: s3_client(), bucket: PHOTOS_BUCKET, finds_duplicates: DETECT_DUPLICATES }),
);
