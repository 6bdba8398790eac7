/**
 * POST /download: the photo's bytes, or the way to them where they exceed what a function can answer. Of several photos
 * an archive is made by workers, and this says under which id.
 */
import { export_task_key, new_upload_id, read_environment } from "@photo-uploader/layer";
import { create as content_disposition } from "content-disposition";
import { json_body } from "../middleware/json_body.ts";
import { LONGEST_LIST } from "../middleware/json_parser.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import {
  type DownloadOfOne,
  type DownloadOfSeveral,
  type DownloadRequest,
  type DownloadStarted,
  download_request,
} from "../schemas/download.ts";
import { find_photo, type PhotoStore, presigned_url } from "../storage/photo_store.ts";
import { presigning_s3_client, s3_client } from "../storage/s3.ts";
import { write_once } from "../storage/write_once.ts";

/** Lambda answers at most 6 MB, which base64 fills with three quarters of that; the rest is for the headers. */
const ANSWERED_BYTES = 4_500_000;

const URL_SECONDS = 300;

export const download =
  (store: PhotoStore, presigning: PhotoStore) =>
  ({ body, ...request }: Request<DownloadRequest>): Promise<Reply> =>
    "filename" in body
      ? send_photo(store, presigning, { ...request, body })
      : start_export(store, { ...request, body });

async function send_photo(
  store: PhotoStore,
  presigning: PhotoStore,
  { username, body: { filename, disposition }, signal }: Request<DownloadOfOne>,
): Promise<Reply> {
  const photo = await find_photo(store, username, filename, signal);
  const headers = {
    content_type: photo.content_type,
    content_disposition: content_disposition(photo.name, { type: disposition }),
  };
  if (photo.size > ANSWERED_BYTES) {
    photo.discard();
    const location = await presigned_url(presigning, username, filename, headers, URL_SECONDS);
    return { status: 303, headers: { location } };
  }
  const bytes = await photo.read();
  return {
    status: 200,
    headers: {
      "content-type": headers.content_type,
      "content-disposition": headers.content_disposition,
      "content-length": String(bytes.byteLength),
      etag: photo.etag,
    },
    body: bytes,
  };
}

async function start_export(
  store: PhotoStore,
  { username: user, body, signal }: Request<DownloadOfSeveral>,
): Promise<Reply> {
  const id = new_upload_id();
  await write_once(store, export_task_key({ job: { user, id }, part: "plan" }), JSON.stringify(body), signal);
  const answer: DownloadStarted = { jobId: id };
  return { status: 202, body: answer };
}

const { PHOTOS_BUCKET } = read_environment("photos");

export const handler = pipeline(
  json_body(download_request, { longest: LONGEST_LIST }),
  download({ s3: s3_client(), bucket: PHOTOS_BUCKET }, { s3: presigning_s3_client(), bucket: PHOTOS_BUCKET }),
);
