/** POST /restore: photos of the user that were deleted are there again. */
import { read_environment } from "@photo-uploader/layer";
import { json_body } from "../middleware/json_body.ts";
import { LONGEST_LIST } from "../middleware/json_parser.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type RestoreRequest, type RestoreResponse, restore_request } from "../schemas/restore.ts";
import type { UploadStore } from "../storage/admission.ts";
import { restore_photo } from "../storage/deleted_photos.ts";
import { each_photo } from "../storage/each_photo.ts";
import { patient_s3_client, s3_client } from "../storage/s3.ts";

export const restore =
  (store: UploadStore) =>
  async ({ username, body, ...time }: Request<RestoreRequest>): Promise<Reply> => {
    if ("file" in body) {
      const { file } = body;
      return answered({ file, outcome: await restore_photo(store, username, file, time.signal) });
    }
    const outcomes = await each_photo(body.files, time, (file, signal) =>
      restore_photo(store, username, file, signal),
    );
    return answered({ outcomes });
  };

const answered = (body: RestoreResponse): Reply => ({ status: 200, body });

const { PHOTOS_BUCKET } = read_environment("photos");

export const handler = pipeline(
  json_body(restore_request, { longest: LONGEST_LIST }),
  restore({ s3: s3_client(), patient_s3: patient_s3_client(), bucket: PHOTOS_BUCKET }),
);
