/** How far an export is, and which of its photos are not in the archive. */
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { type ExportKey, export_task_key, http_status, problem } from "@photo-uploader/layer";
import { export_size } from "../storage/export_archive.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { storage_problem } from "../storage/s3.ts";
import { read_export_plan } from "./export_plan.ts";
import { read_export_result } from "./export_result.ts";
import { count_segments, read_dated_segment } from "./export_segments.ts";

interface Amount {
  readonly photos: number;
  /** Of the photos. */
  readonly bytes: number;
}

/** `updated_at`: when it was asked for, planned, written as far as it is, or completed, whichever is the latest. */
export type ExportProgress =
  | { readonly state: "queued"; readonly updated_at: Date }
  | { readonly state: "refused"; readonly updated_at: Date; readonly reason: string }
  | { readonly state: "running"; readonly updated_at: Date; readonly done: Amount; readonly total: Amount }
  | {
      readonly state: "done";
      readonly updated_at: Date;
      readonly total: Amount;
      /** Bytes of the archive. */
      readonly size: number;
      /** How many photos are not in it. */
      readonly failed: number;
      /** The next ones of these, from the cursor on. */
      readonly missing: readonly string[];
      /** Where those that follow begin. */
      readonly cursor: string | undefined;
    };

/** Missing photos of one answer, in which Lambda sends 6 MB. */
const MISSING = 1_000;

/**
 * @param cursor of the answer before
 * @returns undefined where there is no such export, or its archive has expired
 * @throws Problem `invalid_cursor`
 */
export async function export_progress(
  store: PhotoStore,
  job: ExportKey,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ExportProgress | undefined> {
  const ended = await read_export_result(store, job, signal);
  if (ended !== undefined) {
    // The archive expires by the day on which it was begun, which may be the day before that of its result.
    const size = await export_size(store, job, signal);
    if (size === undefined) return undefined;
    const { state: result, at: updated_at } = ended;
    const { photos, bytes, missing } = result;
    const first = first_of(cursor, missing.length);
    const next = first + MISSING;
    return {
      state: "done",
      updated_at,
      total: { photos, bytes },
      size,
      failed: missing.length,
      missing: missing.slice(first, next),
      cursor: next < missing.length ? String(next) : undefined,
    };
  }
  // The plan is long, and is looked at only as long as there is nothing else.
  const count = await count_segments(store, job, signal);
  const last = count === 0 ? undefined : await read_dated_segment(store, job, count - 1, signal);
  if (last !== undefined) {
    first_of(cursor, 0);
    const { next, photo_bytes, total } = last.state;
    return { state: "running", updated_at: last.at, done: { photos: next.photo, bytes: photo_bytes }, total };
  }
  const planned = await read_export_plan(store, job, signal);
  if (planned === undefined) {
    const asked_for = await asked_for_at(store, job, signal);
    return asked_for && { state: "queued", updated_at: asked_for };
  }
  const { state: plan, at: updated_at } = planned;
  if ("refused" in plan) return { state: "refused", updated_at, reason: plan.refused };
  first_of(cursor, 0);
  return {
    state: "running",
    updated_at,
    done: { photos: 0, bytes: 0 },
    total: { photos: plan.photos.length + plan.missing.length, bytes: plan.bytes },
  };
}

/** @throws Problem `invalid_cursor` */
function first_of(cursor: string | undefined, missing: number): number {
  if (cursor === undefined) return 0;
  const first = Number(cursor);
  if (/^\d{1,6}$/.test(cursor) && first % MISSING === 0 && first <= missing) return first;
  throw problem("invalid_cursor", "Send the cursor of the answer before, or none to begin anew.", {
    errors: [{ field: "cursor", message: "This job has not given this cursor." }],
  });
}

/** When the export was asked for with which nobody has begun; undefined where it was not. */
async function asked_for_at(
  { s3, bucket }: PhotoStore,
  job: ExportKey,
  abortSignal: AbortSignal,
): Promise<Date | undefined> {
  const head = new HeadObjectCommand({ Bucket: bucket, Key: export_task_key({ job, part: "plan" }) });
  try {
    const { LastModified: at } = await s3.send(head, { abortSignal });
    if (at === undefined) throw new Error("S3 answered HeadObject without its date");
    return at;
  } catch (error) {
    // The answer to HEAD has no body, and so no reason for a 403.
    if ([403, 404].includes(http_status(error) ?? 0)) return undefined;
    throw storage_problem(error);
  }
}
