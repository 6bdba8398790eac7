/** Admits an uploaded file: a photo is published, an archive's extraction asked for, anything else refused. */
import { CopyObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import {
  is_compared,
  is_missing,
  is_named,
  type Look,
  type NewObject,
  type PhotoFacts,
  plan_task_key,
  problem,
  quarantine_key,
  type UploadKey,
  upload_time,
  write_photo_once,
} from "@photo-uploader/layer";
import { tail_keeper } from "./file_ends.ts";
import { FileChanged, file_sha256, file_tail } from "./file_sha256.ts";
import { image_type } from "./image_type.ts";
import { type Outcome, type Refusal, read_outcome, record_outcome } from "./outcome.ts";
import { photo_details } from "./photo_details.ts";
import type { PhotoStore } from "./photo_store.ts";
import { place_photo } from "./placing.ts";
import { photo_at } from "./present_photo.ts";
import {
  type Declared,
  discard_file,
  has_crc32,
  type QuarantinedFile,
  quarantined_file,
} from "./quarantine.ts";
import { patient_s3_client, s3_client, storage_problem } from "./s3.ts";
import { write_once } from "./write_once.ts";

export interface UploadStore extends PhotoStore {
  /** For what S3 takes its time over: to copy an object, and to join parts. */
  readonly patient_s3: S3Client;
}

export const upload_store = (bucket: string, finds_duplicates: boolean): UploadStore => ({
  s3: s3_client(),
  patient_s3: patient_s3_client(),
  bucket,
  finds_duplicates,
});

export interface Admitted {
  readonly outcome: Outcome;
  /** Whether this admission, and none before it, has brought the outcome about. */
  readonly first: boolean;
}

/** How often it is begun anew, where the file is replaced while it is looked at. */
const TRIES = 5;

/**
 * Brings about the outcome of an upload, once, however often it is called, at whatever time, and wherever an earlier
 * call has ended: each step finds what an earlier one has done. The file goes last, when its outcome is recorded.
 *
 * @returns undefined where nothing has arrived
 */
export async function admit(
  store: UploadStore,
  upload: UploadKey,
  signal: AbortSignal,
): Promise<Admitted | undefined> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const known = await read_outcome(store, upload, signal);
    if (known !== undefined) return concluded(store, upload, { outcome: known, first: false }, signal);
    const file = await quarantined_file(store, upload, signal);
    // Where another admission has ended since the question before, there is an outcome now.
    if (file === undefined) {
      const recorded = await read_outcome(store, upload, signal);
      return recorded && { outcome: recorded, first: false };
    }
    const found = await outcome_of(store, upload, file, signal);
    if (found === undefined) continue;
    return concluded(store, upload, await record_outcome(store, upload, found, signal), signal);
  }
  throw problem(
    "storage_unavailable",
    "The file is being replaced all the time. Send it once, and ask again.",
  );
}

/** An archive stays where it is, to be extracted from there. */
async function concluded(
  store: UploadStore,
  upload: UploadKey,
  admitted: Admitted,
  signal: AbortSignal,
): Promise<Admitted> {
  if (admitted.outcome.outcome !== "archive") await discard_file(store, upload, signal);
  return admitted;
}

const refused = (reason: Refusal): Outcome => ({ outcome: "refused", reason });

/** undefined where the file has been replaced or removed meanwhile. */
async function outcome_of(
  store: UploadStore,
  upload: UploadKey,
  file: QuarantinedFile,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { declared, head, size } = file;
  if (declared === undefined) return refused("undeclared");
  if (declared.size !== size) return refused("size_mismatch");
  if (declared.crc32 !== undefined && JOINED.test(file.etag)) {
    const is_declared = await has_crc32(store, upload, file.etag, declared.crc32, signal);
    if (is_declared === undefined) return undefined;
    if (!is_declared) return refused("checksum_mismatch");
  }
  const content_type = await image_type(head);
  if (declared.kind === "photo") {
    return content_type === undefined
      ? refused("not_an_image")
      : published(store, upload, { ...file, declared, content_type }, signal);
  }
  // Whatever else it is, a ZIP may follow it: self-extracting archives begin with a program.
  if (content_type !== undefined) return refused("not_an_archive");
  await write_once(store, plan_task_key(upload), "", signal);
  return { outcome: "archive" };
}

/** The ETag of what has come in parts. Of what came by a form S3 has seen to the checksum itself. */
const JOINED = /-\d+"$/;

interface Publishable extends QuarantinedFile {
  readonly declared: Declared;
  readonly content_type: string;
}

/** Photos of one user and one name that were asked for in the same millisecond; more than this is no accident. */
const KEYS = 100;

/**
 * The millisecond in which an upload was asked for, and those that follow. The time at which its file arrived would not
 * do: a client that sends the form once more, since it got no answer, changes it between two admissions.
 */
const times_of = ({ id }: UploadKey): Date[] =>
  Array.from({ length: KEYS }, (_, next) => new Date(upload_time(id) + next));

/**
 * Copies the file to a key of its own, unless its user has the photo already; undefined where it is no longer the file
 * that was looked at.
 */
async function published(
  store: UploadStore,
  upload: UploadKey,
  file: Publishable,
  abortSignal: AbortSignal,
): Promise<Outcome | undefined> {
  const { patient_s3, bucket } = store;
  const { declared, etag, size, content_type } = file;
  const copy = (object: NewObject) =>
    patient_s3.send(
      new CopyObjectCommand({
        ...object,
        Bucket: bucket,
        CopySource: [bucket, ...quarantine_key(upload).split("/")].map(encodeURIComponent).join("/"),
        CopySourceIfMatch: etag,
        MetadataDirective: "REPLACE",
        ContentType: content_type,
      }),
      { abortSignal },
    );
  let photo = { size, content_type };
  // S3 says 412 of a source that is another, too, and then there is nothing at the key.
  const look: Look = async (key) => {
    const present = await photo_at(store, key, abortSignal);
    if (present === undefined) throw new FileChanged();
    if (present.origin === upload.id) photo = { size: present.size, content_type: present.content_type };
    return present;
  };
  const copy_or_look = (object: NewObject) =>
    copy(object).catch(async (error) => {
      if (is_named(error, "PreconditionFailed")) await look(object.Key);
      throw error;
    });
  const { user, id } = upload;
  const origin = { id, times: times_of(upload) };
  try {
    const facts = await facts_of(store, upload, file, abortSignal);
    const once = () => write_photo_once(user, declared.name, origin, copy, look, facts);
    const to_place = { user, original_name: declared.name, facts, origin };
    const { filename, duplicate } = await place_photo(store, to_place, copy_or_look, once, abortSignal);
    return { outcome: "photo", filename, ...photo, ...(duplicate && { duplicate }) };
  } catch (error) {
    if (error instanceof FileChanged || is_missing(error)) return undefined;
    throw storage_problem(error);
  }
}

/** Where duplicates are looked for, the file is read as a whole, and its end need not be asked for. */
async function facts_of(
  store: UploadStore,
  upload: UploadKey,
  { etag, size, head, content_type }: Publishable,
  signal: AbortSignal,
): Promise<PhotoFacts> {
  if (!is_compared(store, size)) {
    const tail = () => file_tail(store, upload, etag, signal);
    return photo_details({ content_type, size, head, tail });
  }
  const { through, tail } = tail_keeper();
  const sha256 = await file_sha256(store, upload, etag, signal, through);
  return { ...(await photo_details({ content_type, size, head, tail })), sha256 };
}
