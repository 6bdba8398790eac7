/**
 * Does what an export's task asks for: plans it, writes it segment by segment, and joins these to its archive, until that
 * is complete or the worker's time is nearly up, when a task asks for the rest. Anything may be done twice, by two at the
 * same time, or end at any moment: each step looks for what is there, and writes once.
 */
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { type ExportKey, type ExportTask, export_task_key, is_missing, log } from "@photo-uploader/layer";
import type { PhotoStore } from "../storage/photo_store.ts";
import { s3_answer, storage_problem } from "../storage/s3.ts";
import { write_once } from "../storage/write_once.ts";
import type { Attempt } from "./attempt.ts";
import { export_request, make_export_plan } from "./export_choice.ts";
import { join_ms, join_segments } from "./export_join.ts";
import { type ExportPlan, type PlannedExport, read_export_plan, settle_export_plan } from "./export_plan.ts";
import { type ExportResult, read_export_result, settle_export_result } from "./export_result.ts";
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
  const from = segments.length;
  // Who has done nothing yet has all of a worker's time.
  const is_late = (needed_ms: number): boolean =>
    segments.length > from && Date.now() >= attempt.deadline - needed_ms;
  while (segments.at(-1)?.last !== true) {
    if (is_late(LAST_START_MS)) return ask_for_rest(store, job, segments, signal);
    segments.push(await write_next_segment(store, { job, plan, segments }, signal));
  }
  if (is_late(join_ms(segments.length))) return ask_for_rest(store, job, segments, signal);
  await join_segments(store, job, segments, signal);
  await settle_export_result(store, job, result_of(plan, segments), signal);
}

/** One message, however many workers ask. */
async function ask_for_rest(
  store: PhotoStore,
  job: ExportKey,
  { length }: readonly Segment[],
  signal: AbortSignal,
): Promise<void> {
  await write_once(store, export_task_key({ job, part: length }), "", signal);
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

function result_of(plan: PlannedExport, segments: readonly Segment[]): ExportResult {
  const gone = segments
    .flatMap(({ ended }) => ended)
    .flatMap((photo, index) => (photo === null ? [plan.photos[index]?.[0] ?? ""] : []));
  return {
    photos: plan.photos.length + plan.missing.length,
    bytes: plan.bytes,
    missing: [...plan.missing, ...gone],
  };
}
