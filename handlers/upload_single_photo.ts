/** POST /upload_single_photo: a photo becomes an object of its own in S3; nothing else does. */
import { problem, read_environment } from "@photo-uploader/layer";
import { multipart_body, type UploadedFile } from "../middleware/multipart_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import type { UploadSinglePhotoResponse } from "../schemas/upload_single_photo.ts";
import { image_type } from "../storage/image_type.ts";
import { type PhotoStore, put_photo } from "../storage/photo_store.ts";
import { s3_client } from "../storage/s3.ts";

export const upload_single_photo =
  (store: PhotoStore) =>
  async ({ username, body: { name: sent_name, bytes }, signal }: Request<UploadedFile>): Promise<Reply> => {
    const content_type = await image_type(bytes);
    if (content_type === undefined) {
      throw problem(
        "not_an_image",
        "By its bytes this is no photo of a kind that is kept. Send a JPEG, PNG, HEIC or the like.",
        { errors: [{ field: "file", message: "The file is not a photo." }] },
      );
    }
    const sent = { name: sent_name, bytes, content_type };
    const { filename, name, uploaded_at, duplicate } = await put_photo(store, username, sent, signal);
    const answer: UploadSinglePhotoResponse = {
      filename,
      name,
      size: bytes.byteLength,
      contentType: content_type,
      uploadedAt: uploaded_at.toISOString(),
      ...(duplicate && { duplicate }),
    };
    return { status: duplicate ? 200 : 201, body: answer };
  };

const { PHOTOS_BUCKET, DETECT_DUPLICATES } = read_environment("new_photos");

export const handler = pipeline(
  multipart_body({ field: "file" }),
  upload_single_photo({ s3: s3_client(), bucket: PHOTOS_BUCKET, finds_duplicates: DETECT_DUPLICATES }),
);
