/**
 * Does what an export's task asks for: plans it, and writes its archive segment by segment, until that is complete or the
 * worker's time is nearly up, when a task asks for the rest. Anything may be done twice, by two at the same time, or end
 * at any moment: each step looks for what is there, and writes once.
 */
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { type ExportKey, type ExportTask, export_task_key, is_missing, log } from "@photo-uploader/layer";
import { complete_export, export_size } from "../storage/export_archive.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { s3_answer, storage_problem } from "../storage/s3.ts";
import { write_once } from "../storage/write_once.ts";
import type { Attempt } from "./attempt.ts";
import { export_request, make_export_plan } from "./export_choice.ts";
import { type ExportPlan, type PlannedExport, read_export_plan, settle_export_plan } from "./export_plan.ts";
import { read_export_result, settle_export_result } from "./export_result.ts";
import { write_next_segment } from "./export_segment.ts";
import { read_segments, type Segment } from "./export_segments.ts";

/** No segment is begun in the last minute, but for the first, so that no worker ends without one. */
const LAST_START_MS = 60_000;

/** @throws where the task is to be tried again */
export async function run_export(
  store: PhotoStore,
  { job, part }: ExportTask,
  attempt: Attempt,
): Promise<void> {
  const { signal } = attempt;
  if ((await read_export_result(store, job, signal)) !== undefined) return;
  const known = (await read_export_plan(store, job, signal))?.state;
  const plan = known ?? (part === "plan" ? await planned(store, job, signal) : undefined);
  if (plan === undefined) return log.warn("a task of no export: its state has been removed, or never was");
  if ("refused" in plan) return;
  const segments = await read_segments(store, job, signal);
  for (const from = segments.length; segments.at(-1)?.last !== true; ) {
    if (segments.length > from && Date.now() >= attempt.deadline - LAST_START_MS) {
      await write_once(store, export_task_key({ job, part: segments.length }), "", signal);
      return;
    }
    const segment = await write_next_segment(store, { job, plan, segments }, signal);
    if (segment === "worn_out") return give_up(store, job, signal);
    if (segment === "gone") break;
    segments.push(segment);
  }
  await finish(store, job, plan, segments, signal);
}

/** undefined where the request is not there any more. */
async function planned(
  store: PhotoStore,
  job: ExportKey,
  abortSignal: AbortSignal,
): Promise<ExportPlan | undefined> {
  const get = new GetObjectCommand({ Bucket: store.bucket, Key: export_task_key({ job, part: "plan" }) });
  const answer = await store.s3.send(get, { abortSignal }).catch((error) => {
    if (is_missing(error)) return undefined;
    throw storage_problem(error);
  });
  if (answer?.Body === undefined) return undefined;
  const request = export_request.parse(JSON.parse(await s3_answer(answer.Body.transformToString())));
  const made = await make_export_plan(store, job, request, abortSignal);
  return settle_export_plan(store, job, made, abortSignal);
}

async function finish(
  store: PhotoStore,
  job: ExportKey,
  plan: PlannedExport,
  known: readonly Segment[],
  signal: AbortSignal,
): Promise<void> {
  const is_whole = known.at(-1)?.last === true;
  if (is_whole) await complete_export(store, job, plan.upload, known, signal);
  const size = await export_size(store, job, signal);
  // Its parts have been removed: by the bucket's rule, days later, or by somebody.
  if (size === undefined) return give_up(store, job, signal);
  // Another worker has completed it.
  const segments = is_whole ? known : await read_segments(store, job, signal);
  const gone = segments
    .flatMap(({ ended }) => ended)
    .flatMap((photo, index) => (photo === null ? [plan.photos[index]?.[0] ?? ""] : []));
  await settle_export_result(
    store,
    job,
    {
      size,
      photos: plan.photos.length + plan.missing.length,
      bytes: plan.bytes,
      missing: [...plan.missing, ...gone],
    },
    signal,
  );
}

async function give_up(store: PhotoStore, job: ExportKey, signal: AbortSignal): Promise<void> {
  log.warn("an export is given up");
  await settle_export_result(store, job, { refused: "worker_failed" }, signal);
}
