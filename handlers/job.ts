/**
 * POST /job: how far the extraction of an archive is, and what became of its entries so far; or how far an export is, and
 * where its archive can be fetched.
 */
import { type ExportKey, is_upload_id, problem, read_environment, upload_time } from "@photo-uploader/layer";
import { type ExportProgress, export_progress } from "../jobs/export_progress.ts";
import { job_progress, type Progress } from "../jobs/progress.ts";
import { json_body } from "../middleware/json_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type JobRequest, type JobResponse, job_request } from "../schemas/job.ts";
import { export_url } from "../storage/export_archive.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { presigning_s3_client, s3_client } from "../storage/s3.ts";

/** Long enough to go on with a download that has broken off; the next answer has a new one. */
const URL_SECONDS = 3_600;

export const job =
  (store: PhotoStore, presigning: PhotoStore) =>
  async ({ username: user, body: { jobId: id, cursor }, signal }: Request<JobRequest>): Promise<Reply> => {
    if (!is_upload_id(id)) throw not_found();
    const extraction = await job_progress(store, { user, id }, cursor, signal);
    if (extraction !== undefined) return { status: 200, body: answer_of(extraction) };
    const exported = await export_progress(store, { user, id }, cursor, signal);
    if (exported === undefined) throw not_found();
    return { status: 200, body: await answer_of_export(exported, presigning, { user, id }) };
  };

const not_found = () => problem("job_not_found", "None of your archives is extracted or made under this id.");

const NOTHING = {
  entries: { done: 0, total: 0 },
  bytes: { done: 0, total: 0 },
  uploaded: 0,
  skipped: 0,
  failed: 0,
  outcomes: [],
};

function answer_of(progress: Progress): JobResponse {
  const kind = "extraction";
  const updatedAt = progress.updated_at.toISOString();
  if (progress.state === "queued") return { kind, state: "queued", updatedAt, ...NOTHING };
  if (progress.state === "refused") {
    return { kind, state: "refused", updatedAt, reason: progress.reason, ...NOTHING };
  }
  const { state, done, total, outcomes, cursor } = progress;
  const { uploaded, skipped, failed } = done;
  return {
    kind,
    state,
    updatedAt,
    entries: { done: done.entries, total: total.entries },
    bytes: { done: done.bytes, total: total.bytes },
    uploaded,
    skipped,
    failed,
    outcomes: [...outcomes],
    ...(cursor !== undefined && { cursor }),
  };
}

async function answer_of_export(
  progress: ExportProgress,
  presigning: PhotoStore,
  job: ExportKey,
): Promise<JobResponse> {
  const answer = { kind: "export", updatedAt: progress.updated_at.toISOString(), ...NOTHING } as const;
  if (progress.state === "queued") return { ...answer, outcomes: [], state: "queued" };
  if (progress.state === "refused") {
    return { ...answer, outcomes: [], state: "refused", reason: progress.reason };
  }
  const { state, total } = progress;
  const { done } = state === "running" ? progress : { done: total };
  const amounts = {
    entries: { done: done.photos, total: total.photos },
    bytes: { done: done.bytes, total: total.bytes },
  };
  if (state === "running") return { ...answer, ...amounts, state, outcomes: [], cursor: "0" };
  const { size, failed, missing, cursor } = progress;
  const asked_for = new Date(upload_time(job.id)).toISOString().slice(0, 10);
  const url = await export_url(presigning, job, `photos-${asked_for}.zip`, URL_SECONDS);
  return {
    ...answer,
    ...amounts,
    state,
    failed,
    outcomes: missing.map((name) => ({ name, outcome: "failed", reason: "photo_missing" })),
    ...(cursor !== undefined && { cursor }),
    archive: { url, expiresIn: URL_SECONDS, size },
  };
}

const { PHOTOS_BUCKET } = read_environment("photos");

export const handler = pipeline(
  json_body(job_request),
  job({ s3: s3_client(), bucket: PHOTOS_BUCKET }, { s3: presigning_s3_client(), bucket: PHOTOS_BUCKET }),
);
