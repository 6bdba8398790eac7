/** POST /request_upload: a way to send a photo or an archive of any size to S3 itself; whole, or in parts. */
import { new_upload_id, problem, read_environment } from "@photo-uploader/layer";
import { json_body } from "../middleware/json_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import {
  type RequestUploadRequest,
  type RequestUploadResponse,
  request_upload_request,
} from "../schemas/request_upload.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { PHOTO_TYPES } from "../storage/photo_types.ts";
import { presigning_s3_client } from "../storage/s3.ts";
import { type Declaration, upload_form } from "../storage/upload_form.ts";
import { UPLOAD_SECONDS, type UploadIds, upload_ids } from "../storage/upload_id.ts";
import { begin_parts, PART_BYTES, part_count } from "../storage/upload_in_parts.ts";

/** A larger file goes in parts unless its client wants otherwise: a connection that breaks would cost too much. */
const IN_ONE_PIECE_BYTES = 100_000_000;

/** S3 takes no more by one form, and ZIP no more without ZIP64. */
const ARCHIVE_MAX_BYTES = 5 * 1024 ** 3;

const ARCHIVE_TYPES: ReadonlySet<string> = new Set([
  "application/zip",
  "application/x-zip-compressed",
  "application/x-zip",
]);

/** What browsers and libraries say of files that they do not know, such as raw photos. The bytes decide in any case. */
const UNKNOWN_TYPE = "application/octet-stream";

/** For which a form can be sent; what has been begun by then goes on. */
const FORM_SECONDS = 600;

export const request_upload =
  (store: PhotoStore, { seal }: UploadIds, photo_max_bytes: number) =>
  async ({ username, body, signal }: Request<RequestUploadRequest>): Promise<Reply> => {
    const { contentType, multipart = body.size > IN_ONE_PIECE_BYTES, ...rest } = body;
    const declaration = { ...rest, content_type: contentType || UNKNOWN_TYPE };
    refuse_type(declaration);
    refuse_size(declaration, photo_max_bytes);
    const { kind, size, crc32 } = declaration;
    const id = new_upload_id();
    const upload = { user: username, id };
    const expires = in_seconds(UPLOAD_SECONDS);
    if (multipart) {
      const begun = await begin_parts(store, upload, declaration, signal);
      const uploadId = seal(username, { id, kind, size, crc32, multipart: begun }, expires);
      const parts = { partSize: PART_BYTES, parts: part_count(size) };
      return created({ uploadId, method: "PUT", ...parts, expiresAt: expires.toISOString() });
    }
    const expiresAt = in_seconds(FORM_SECONDS).toISOString();
    const { url, fields } = await upload_form(store, upload, declaration, FORM_SECONDS);
    const uploadId = seal(username, { id, kind, size }, expires);
    return created({ uploadId, method: "POST", url, fields, expiresAt });
  };

const created = (body: RequestUploadResponse): Reply => ({ status: 201, body });

const in_seconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

function refuse_type({ kind, content_type }: Declaration): void {
  const accepted = kind === "photo" ? PHOTO_TYPES : ARCHIVE_TYPES;
  if (content_type === UNKNOWN_TYPE || accepted.has(content_type)) return;
  throw problem("type_not_accepted", `For ${kind}s it is one of ${[...accepted, UNKNOWN_TYPE].join(", ")}.`, {
    errors: [{ field: "contentType", message: "This type is not accepted." }],
  });
}

const SMALLER = {
  photo: "Save it with a stronger compression, or ask the operator for a higher limit.",
  archive: "Make several archives of it.",
} as const;

function refuse_size({ kind, size }: Declaration, photo_max_bytes: number): void {
  const limit = kind === "photo" ? photo_max_bytes : ARCHIVE_MAX_BYTES;
  if (size <= limit) return;
  throw problem("file_too_large", `${limit} bytes are the most for one ${kind}. ${SMALLER[kind]}`, {
    errors: [{ field: "size", message: `Too big: expected at most ${limit} bytes` }],
  });
}

const { PHOTOS_BUCKET, CURSOR_KEY, PHOTO_MAX_BYTES } = read_environment("request_upload");

export const handler = pipeline(
  json_body(request_upload_request),
  request_upload(
    { s3: presigning_s3_client(), bucket: PHOTOS_BUCKET },
    upload_ids(CURSOR_KEY),
    PHOTO_MAX_BYTES,
  ),
);
