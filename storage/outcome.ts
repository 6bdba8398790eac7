/** What has become of an upload: recorded once, for whoever asks, and so that nothing happens to it a second time. */
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { is_missing, outcome_key, type UploadKey } from "@photo-uploader/layer";
import type { PhotoStore } from "./photo_store.ts";
import { s3_answer, storage_problem } from "./s3.ts";
import { write_once } from "./write_once.ts";

const REFUSALS = [
  "not_an_image",
  "not_an_archive",
  "size_mismatch",
  "checksum_mismatch",
  "undeclared",
] as const;
export type Refusal = (typeof REFUSALS)[number];

export type Outcome =
  | {
      readonly outcome: "photo";
      readonly filename: string;
      /** Bytes. */
      readonly size: number;
      /** As sniffed from the bytes. */
      readonly content_type: string;
      /** There where the user had the photo already. */
      readonly duplicate?: true;
    }
  /** Its extraction has been asked for, and has the upload's id. */
  | { readonly outcome: "archive" }
  | { readonly outcome: "refused"; readonly reason: Refusal };

/** A schema would add 17 KB to the bundle of `/unzip`. */
function parsed_outcome(text: string): Outcome {
  const recorded: unknown = JSON.parse(text);
  const fields: Readonly<Record<string, unknown>> = { ...(typeof recorded === "object" && recorded) };
  const { outcome, filename, size, content_type } = fields;
  if (outcome === "archive") return { outcome };
  const reason = REFUSALS.find((known) => known === fields.reason);
  if (outcome === "refused" && reason !== undefined) return { outcome, reason };
  if (outcome !== "photo" || typeof filename !== "string") throw new Error("This is no outcome.");
  if (typeof size !== "number" || typeof content_type !== "string") throw new Error("This is no photo.");
  return { outcome, filename, size, content_type, ...(fields.duplicate === true && { duplicate: true }) };
}

/** undefined where none is recorded yet. */
export async function read_outcome(
  { s3, bucket }: PhotoStore,
  upload: UploadKey,
  abortSignal: AbortSignal,
): Promise<Outcome | undefined> {
  const get = new GetObjectCommand({ Bucket: bucket, Key: outcome_key(upload) });
  const answer = await s3.send(get, { abortSignal }).catch((error) => {
    if (is_missing(error)) return undefined;
    throw storage_problem(error);
  });
  if (answer === undefined) return undefined;
  if (answer.Body === undefined) throw storage_problem(new Error("S3 answered GetObject without a body"));
  return parsed_outcome(await s3_answer(answer.Body.transformToString()));
}

/** Records the outcome unless there is one, and gives back the one that is there then. */
export async function record_outcome(
  store: PhotoStore,
  upload: UploadKey,
  found: Outcome,
  abortSignal: AbortSignal,
): Promise<{ readonly outcome: Outcome; readonly first: boolean }> {
  const first = await write_once(store, outcome_key(upload), JSON.stringify(found), abortSignal);
  if (first) return { outcome: found, first };
  const earlier = await read_outcome(store, upload, abortSignal);
  if (earlier === undefined) throw storage_problem(new Error("S3 has an outcome that it does not give"));
  return { outcome: earlier, first };
}
