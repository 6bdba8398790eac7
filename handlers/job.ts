/** POST /job: how far the extraction of an archive is, and what became of its entries so far. */
import { is_upload_id, problem, read_environment } from "@photo-uploader/layer";
import { job_progress, type Progress } from "../jobs/progress.ts";
import { json_body } from "../middleware/json_body.ts";
import { pipeline, type Request } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type JobRequest, type JobResponse, job_request } from "../schemas/job.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { s3_client } from "../storage/s3.ts";

export const job =
  (store: PhotoStore) =>
  async ({ username: user, body: { jobId: id, cursor }, signal }: Request<JobRequest>): Promise<Reply> => {
    const progress = is_upload_id(id) ? await job_progress(store, { user, id }, cursor, signal) : undefined;
    if (progress === undefined) {
      throw problem("job_not_found", "None of your archives is being extracted under this id.");
    }
    return { status: 200, body: answer_of(progress) };
  };

const NOTHING = {
  entries: { done: 0, total: 0 },
  bytes: { done: 0, total: 0 },
  uploaded: 0,
  skipped: 0,
  failed: 0,
  outcomes: [],
};

function answer_of(progress: Progress): JobResponse {
  const updatedAt = progress.updated_at.toISOString();
  if (progress.state === "queued") return { state: "queued", updatedAt, ...NOTHING };
  if (progress.state === "refused") {
    return { state: "refused", updatedAt, reason: progress.reason, ...NOTHING };
  }
  const { state, done, total, outcomes, cursor } = progress;
  const { uploaded, skipped, failed } = done;
  return {
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

const { PHOTOS_BUCKET } = read_environment("photos");

export const handler = pipeline(json_body(job_request), job({ s3: s3_client(), bucket: PHOTOS_BUCKET }));
