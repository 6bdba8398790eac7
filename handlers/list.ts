/** POST /list: the user's photos, newest first; as many as asked for, or as fit one answer. */
import { type PhotoDetails, read_environment } from "@photo-uploader/layer";
import { json_body } from "../middleware/json_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type ListedPhoto, type ListRequest, type ListResponse, list_request } from "../schemas/list.ts";
import { type Cursors, cursors } from "../storage/cursor.ts";
import { type KeptObject, list_kept_photos } from "../storage/deleted_photos.ts";
import { range_of } from "../storage/list_filters.ts";
import { details_of } from "../storage/listed_details.ts";
import { newest_first } from "../storage/newest_first.ts";
import { list_photos, type PhotoStore } from "../storage/photo_store.ts";
import { s3_client } from "../storage/s3.ts";

/** Lambda answers at most 6 MB; this leaves room for the headers and the cursor. */
const ANSWERED_BYTES = 5_500_000;

/**
 * S3 can list neither by a part of the key that is behind the time, nor what is deleted alone, so that other photos have to be
 * passed over. No request looks at more than these.
 */
const LOOKED_AT = 20_000;

/** With details S3 is asked of each photo, which is done within a second or two of so many. */
const DETAILED = 1_000;

export const list =
  (store: PhotoStore, { seal, open }: Cursors) =>
  async ({ username, body, signal }: Request<ListRequest>): Promise<Reply> => {
    const { cursor, details = false, limit = details ? DETAILED : Infinity, ...filters } = body;
    const range = range_of(filters);
    const position = cursor === undefined ? undefined : open(username, cursor, range.asked);
    const walk = { ...range, before: position?.filename ?? range.before, starts: position?.starts ?? [] };
    const told = (found: ListedPhoto[]) => (details ? with_details(store, username, found, signal) : found);
    const photos: ListedPhoto[] = [];
    let bytes = 0;
    let looked_at = 0;
    let last: string | undefined;
    const list_page = filters.deleted ? list_kept_photos : list_photos;
    for await (const run of newest_first((after) => list_page(store, username, after, signal), walk)) {
      for (const stored of run.photos) {
        const photo = range.has(stored) ? listed(stored) : undefined;
        bytes += photo === undefined ? 0 : answered_bytes(photo);
        const is_full = photo !== undefined && (photos.length >= limit || bytes > ANSWERED_BYTES);
        // Nothing is looked for that the answer would not have.
        const is_enough = range.passes_over && (photos.length >= limit || looked_at >= LOOKED_AT);
        if (last !== undefined && (is_full || is_enough)) {
          const next = seal(username, { filename: last, starts: run.starts }, range.asked);
          const answer: ListResponse = { photos: await told(photos), cursor: next };
          return { status: 200, body: answer };
        }
        if (photo !== undefined) photos.push(photo);
        looked_at += 1;
        last = stored.filename;
      }
    }
    const answer: ListResponse = { photos: await told(photos) };
    return { status: 200, body: answer };
  };

const listed = ({ filename, name, size, uploaded_at, deleted_at }: KeptObject): ListedPhoto => ({
  filename,
  name,
  size,
  uploadedAt: uploaded_at.toISOString(),
  ...(deleted_at && { deletedAt: deleted_at.toISOString() }),
});

async function with_details(
  store: PhotoStore,
  user: string,
  photos: readonly ListedPhoto[],
  signal: AbortSignal,
): Promise<ListedPhoto[]> {
  const filenames = photos.map(({ filename }) => filename);
  const details = await details_of(store, user, filenames, signal);
  return photos.map((photo) => ({ ...photo, ...answered_details(details.get(photo.filename)) }));
}

const answered_details = ({ taken_at, width, height }: PhotoDetails = {}) => ({
  ...(taken_at !== undefined && { takenAt: taken_at }),
  ...(width !== undefined && height !== undefined && { width, height }),
});

/** Lambda's answer holds the body as a JSON text within JSON, so its quotation marks and backslashes count twice. */
const answered_bytes = (photo: ListedPhoto): number =>
  Buffer.byteLength(JSON.stringify(JSON.stringify(photo)));

const { PHOTOS_BUCKET, CURSOR_KEY } = read_environment("list");

export const handler = pipeline(
  json_body(list_request, { may_be_empty: true }),
  list({ s3: s3_client(), bucket: PHOTOS_BUCKET }, cursors(CURSOR_KEY)),
);
