/** POST /upload_parts: which parts of an upload have arrived, and a URL for each that is to be sent. */
import { problem, read_environment } from "@photo-uploader/layer";
import { json_body } from "../middleware/json_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import {
  type UploadPartsRequest,
  type UploadPartsResponse,
  upload_parts_request,
} from "../schemas/upload_parts.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { presigning_s3_client, s3_client } from "../storage/s3.ts";
import { type Upload, type UploadIds, upload_ids } from "../storage/upload_id.ts";
import { arrived_parts, PART_BYTES, part_count, part_url, upload_urls } from "../storage/upload_in_parts.ts";

const URL_SECONDS = 3_600;

export const upload_parts =
  (store: PhotoStore, presigning: PhotoStore, { open }: UploadIds) =>
  async ({ username, body, signal }: Request<UploadPartsRequest>): Promise<Reply> => {
    const upload = { ...in_parts(open(username, body.uploadId)), user: username };
    refuse_unknown(body.sign, part_count(upload.size));
    const expires = new Date(Date.now() + URL_SECONDS * 1000);
    const [arrived, requests, urls] = await Promise.all([
      arrived_parts(store, upload, signal),
      upload_urls(presigning, upload, URL_SECONDS),
      Promise.all(
        body.sign.map(async (number) => [number, await part_url(presigning, upload, number, URL_SECONDS)]),
      ),
    ]);
    if (arrived === undefined) throw ended();
    const answer: UploadPartsResponse = {
      partSize: PART_BYTES,
      parts: arrived.map(({ number, size, etag }) => ({ PartNumber: number, Size: size, ETag: etag })),
      urls: Object.fromEntries(urls),
      requests,
      expiresAt: expires.toISOString(),
    };
    return { status: 200, body: answer };
  };

const ended = () =>
  problem("upload_not_found", "It was completed or cancelled. POST /complete_upload says what became of it.");

function in_parts({ multipart, ...upload }: Upload) {
  if (multipart !== undefined) return { ...upload, multipart };
  throw problem("invalid_request", "This upload goes in one piece, by the form of /request_upload.", {
    errors: [{ field: "uploadId", message: "This upload has no parts." }],
  });
}

function refuse_unknown(numbers: readonly number[], parts: number): void {
  if (numbers.every((number) => number <= parts)) return;
  throw problem("invalid_request", `The upload has ${parts} parts.`, {
    errors: [{ field: "sign", message: `Too big: expected at most ${parts}` }],
  });
}

const { PHOTOS_BUCKET, CURSOR_KEY } = read_environment("uploads");

export const handler = pipeline(
  json_body(upload_parts_request),
  upload_parts(
    { s3: s3_client(), bucket: PHOTOS_BUCKET },
    { s3: presigning_s3_client(), bucket: PHOTOS_BUCKET },
    upload_ids(CURSOR_KEY),
  ),
);
