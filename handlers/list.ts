/** POST /list: the user's photos, newest first; as many as asked for, or as fit one answer. */
import { read_environment } from "@photo-uploader/layer";
import { json_body } from "../middleware/json_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type ListedPhoto, type ListRequest, type ListResponse, list_request } from "../schemas/list.ts";
import { type Cursors, cursors } from "../storage/cursor.ts";
import { newest_first } from "../storage/newest_first.ts";
import { type ListedObject, list_photos, type PhotoStore } from "../storage/photo_store.ts";
import { s3_client } from "../storage/s3.ts";

/** Lambda answers at most 6 MB; this leaves room for the headers and the cursor. */
const ANSWERED_BYTES = 5_500_000;

export const list =
  (store: PhotoStore, { seal, open }: Cursors) =>
  async ({ username, body: { limit = Infinity, cursor }, signal }: Request<ListRequest>): Promise<Reply> => {
    const before = cursor === undefined ? undefined : open(username, cursor);
    const photos: ListedPhoto[] = [];
    let bytes = 0;
    for await (const run of newest_first((after) => list_photos(store, username, after, signal), before)) {
      for (const stored of run) {
        const photo = listed(stored);
        bytes += answered_bytes(photo);
        const last = photos.at(-1);
        if (last && (photos.length >= limit || bytes > ANSWERED_BYTES)) {
          const answer: ListResponse = { photos, cursor: seal(username, last.filename) };
          return { status: 200, body: answer };
        }
        photos.push(photo);
      }
    }
    const answer: ListResponse = { photos };
    return { status: 200, body: answer };
  };

const listed = ({ filename, name, size, uploaded_at }: ListedObject): ListedPhoto => ({
  filename,
  name,
  size,
  uploadedAt: uploaded_at.toISOString(),
});

/** Lambda's answer holds the body as a JSON text within JSON, so its quotation marks and backslashes count twice. */
const answered_bytes = (photo: ListedPhoto): number =>
  Buffer.byteLength(JSON.stringify(JSON.stringify(photo)));

const { PHOTOS_BUCKET, CURSOR_KEY } = read_environment("list");

export const handler = pipeline(
  json_body(list_request, { may_be_empty: true }),
  list({ s3: s3_client(), bucket: PHOTOS_BUCKET }, cursors(CURSOR_KEY)),
);
