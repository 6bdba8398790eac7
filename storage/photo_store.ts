/** Photos in S3. Every function takes the user and builds the key itself; none takes a key from its caller. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import {
  denied_action,
  http_status,
  is_compared,
  is_named,
  LISTING,
  log,
  loggable,
  type NewObject,
  type NewPhoto,
  type Problem,
  parse_filename,
  photo_key,
  problem,
  sha256_of,
  user_prefix,
  write_new_photo,
} from "@photo-uploader/layer";
import type { Named, Page } from "./newest_first.ts";
import { whole_photo_details } from "./photo_details.ts";
import { place_photo } from "./placing.ts";
import { s3_answer, storage_problem } from "./s3.ts";

/** Where the photos are. */
export interface PhotoStore {
  readonly s3: S3Client;
  readonly bucket: string;
  /** Whether a photo that its user has already is not stored once more. */
  readonly finds_duplicates?: boolean;
}

export interface PhotoBytes {
  /** The name as the client sent it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** As sniffed from the bytes. */
  readonly content_type: string;
}

export interface StoredPhoto extends NewPhoto {
  /** There where the user had it already; then all this is said of the one that was there. */
  readonly duplicate?: true;
}

/** Stores a photo under a key of its own, or finds the same one. */
export async function put_photo(
  store: PhotoStore,
  user: string,
  { name, bytes, content_type }: PhotoBytes,
  abortSignal: AbortSignal,
): Promise<StoredPhoto> {
  const { s3, bucket } = store;
  const write = (object: NewObject) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Body: bytes, ContentType: content_type, ...object }), {
      abortSignal,
    });
  const facts = {
    ...(await whole_photo_details(bytes, content_type)),
    ...(is_compared(store, bytes.byteLength) && { sha256: sha256_of(bytes) }),
  };
  const photo = { user, original_name: name, facts };
  const as_new = () => write_new_photo(user, name, write, facts);
  const { filename, duplicate } = await s3_answer(place_photo(store, photo, write, as_new, abortSignal));
  const { name: stored_name = name, uploaded_at = new Date() } = parse_filename(filename) ?? {};
  return { filename, name: stored_name, uploaded_at, ...(duplicate && { duplicate }) };
}

/** A photo that has been found. Its bytes are read, or the reading is called off; otherwise a socket stays taken. */
export interface FoundPhoto {
  readonly name: string;
  readonly size: number;
  readonly content_type: string;
  readonly etag: string;
  read(): Promise<Uint8Array>;
  discard(): void;
}

/** @throws Problem `photo_not_found` for a filename that is malformed, of another user, or not there: all the same. */
export async function find_photo(
  { s3, bucket }: PhotoStore,
  user: string,
  filename: string,
  abortSignal: AbortSignal,
): Promise<FoundPhoto> {
  const { name } = known_filename(filename);
  const get = new GetObjectCommand({ Bucket: bucket, Key: photo_key(user, filename) });
  const { Body, ContentLength, ContentType, ETag } = await s3.send(get, { abortSignal }).catch((error) => {
    throw is_missing(error) ? not_found() : storage_problem(error);
  });
  if (Body === undefined || ContentLength === undefined || ContentType === undefined || ETag === undefined) {
    throw storage_problem(
      new Error("S3 answered GetObject without a body, its length, its type or its ETag"),
    );
  }
  return {
    name,
    size: ContentLength,
    content_type: ContentType,
    etag: ETag,
    read: () => s3_answer(Body.transformToByteArray()),
    discard: () => {
      if ("destroy" in Body) Body.destroy();
    },
  };
}

/**
 * Whether there is no such photo, or none that this function may read: `/download` has no permission to list
 * (docs/decisions/0015-download-cannot-list.md). A denial that does not name the listing may come of a wrong policy.
 */
function is_missing(error: unknown): boolean {
  if (is_named(error, "NoSuchKey") && http_status(error) === 404) return true;
  const denied = is_named(error, "AccessDenied") && http_status(error) === 403;
  if (denied && denied_action(error) !== LISTING) {
    log.warn("S3 denies a photo: it is missing, or this function lacks a permission", {
      error: loggable(error),
    });
  }
  return denied;
}

/** A URL by which one photo can be fetched from S3 until it expires, with these headers in the answer. */
export const presigned_url = (
  { s3, bucket }: PhotoStore,
  user: string,
  filename: string,
  headers: { readonly content_type: string; readonly content_disposition: string },
  seconds: number,
): Promise<string> =>
  getSignedUrl(
    s3,
    new GetObjectCommand({
      Bucket: bucket,
      Key: photo_key(user, filename),
      ResponseContentType: headers.content_type,
      ResponseContentDisposition: headers.content_disposition,
      ResponseCacheControl: "private, no-store",
    }),
    { expiresIn: seconds },
  );

/** A photo as it is listed. */
export interface ListedObject extends Named {
  readonly name: string;
  readonly uploaded_at: Date;
  /** Bytes. */
  readonly size: number;
}

/** One page of a user's photos, ascending. Keys that this project did not write are passed over. */
export async function list_photos(
  { s3, bucket }: PhotoStore,
  user: string,
  after: string,
  abortSignal: AbortSignal,
): Promise<Page<ListedObject>> {
  const prefix = user_prefix(user);
  const listing = await s3_answer(
    s3.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(after !== "" && { StartAfter: `${prefix}${after}` }),
      }),
      { abortSignal },
    ),
  );
  const objects = listing.Contents ?? [];
  const last = objects.at(-1)?.Key;
  return {
    photos: objects.flatMap(({ Key = "", Size = 0 }) => {
      const filename = Key.slice(prefix.length);
      const parsed = parse_filename(filename);
      return parsed ? [{ filename, ...parsed, size: Size }] : [];
    }),
    ...(listing.IsTruncated && last !== undefined && { next: last.slice(prefix.length) }),
  };
}

/** How often a deletion is tried while another request changes the same photo. */
const TRIES = 3;

/**
 * Deletes a photo that is there. `If-Match: *` makes the question and the deletion one request, so that of two at
 * once only one is told that it deleted
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html). Where the answer to a deletion is
 * lost and the SDK repeats it, the photo is gone and this says so: `photo_not_found`.
 *
 * @throws Problem `photo_not_found` for a filename that is malformed, of another user, or not there: all the same.
 */
export async function delete_photo(
  { s3, bucket }: PhotoStore,
  user: string,
  filename: string,
  abortSignal: AbortSignal,
): Promise<void> {
  known_filename(filename);
  for (let attempt = 1; ; attempt += 1) {
    const command = new DeleteObjectCommand({ Bucket: bucket, Key: photo_key(user, filename), IfMatch: "*" });
    try {
      await s3.send(command, { abortSignal });
      return;
    } catch (error) {
      if (is_named(error, "ConditionalRequestConflict") && attempt < TRIES) continue;
      const missing = [404, 412].includes(http_status(error) ?? 0) && !is_named(error, "NoSuchBucket");
      throw missing || denied_action(error) === LISTING ? not_found() : storage_problem(error);
    }
  }
}

const not_found = (): Problem =>
  problem("photo_not_found", "None of your photos has this filename. POST /list names them all.");

function known_filename(filename: string): { readonly name: string } {
  const parsed = parse_filename(filename);
  if (parsed === undefined) throw not_found();
  return parsed;
}
