/** How far a job is: one listing, however large it is, and its outcomes shard by shard, in the archive's order. */
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import {
  done_prefix,
  type JobKey,
  parse_done_key,
  problem,
  type ShardCounts,
  task_key,
} from "@photo-uploader/layer";
import { is_missing } from "../storage/missing.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { s3_answer, storage_problem } from "../storage/s3.ts";
import { type Outcome, read_outcomes } from "./outcomes.ts";
import { type Extraction, read_plan } from "./plan.ts";

export type Progress =
  | { readonly state: "queued" }
  | { readonly state: "refused"; readonly reason: string }
  | {
      readonly state: "running" | "done";
      readonly done: ShardCounts;
      readonly total: { readonly entries: number; readonly bytes: number };
      /** The next ones, from the cursor on. */
      readonly outcomes: readonly Outcome[];
      /** Where those that follow begin, or will be; undefined where there will be none. */
      readonly cursor: string | undefined;
    };

/**
 * @param cursor of the answer before
 * @returns undefined where there is no such job
 * @throws Problem `invalid_cursor`
 */
export async function job_progress(
  store: PhotoStore,
  job: JobKey,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<Progress | undefined> {
  const plan = await read_plan(store, job, signal);
  if (plan === undefined) return (await is_asked_for(store, job, signal)) ? { state: "queued" } : undefined;
  if ("refused" in plan) return { state: "refused", reason: plan.refused };
  const shard = shard_of(cursor, plan);
  // In this order: what is counted as done has its outcomes by then.
  const finished = await counts_of(store, job, signal);
  const outcomes = shard < plan.shards.length ? await read_outcomes(store, job, shard, signal) : undefined;
  const next = outcomes === undefined ? shard : shard + 1;
  const running = finished.shards < plan.shards.length;
  return {
    state: running ? "running" : "done",
    done: finished.counts,
    total: { entries: plan.entries, bytes: plan.bytes },
    outcomes: outcomes ?? [],
    cursor: running || next < plan.shards.length ? String(next) : undefined,
  };
}

function shard_of(cursor: string | undefined, { shards }: Extraction): number {
  if (cursor === undefined) return 0;
  const shard = Number(cursor);
  if (/^\d{1,6}$/.test(cursor) && shard <= shards.length) return shard;
  throw problem("invalid_cursor", "Send the cursor of the answer before, or none to begin anew.", {
    errors: [{ field: "cursor", message: "This job has not given this cursor." }],
  });
}

/** Whether the extraction was asked for, and nobody has begun with it. */
async function is_asked_for(
  { s3, bucket }: PhotoStore,
  job: JobKey,
  abortSignal: AbortSignal,
): Promise<boolean> {
  const get = new GetObjectCommand({ Bucket: bucket, Key: task_key({ job, part: "plan" }) });
  try {
    await (await s3.send(get, { abortSignal })).Body?.transformToByteArray();
    return true;
  } catch (error) {
    if (is_missing(error)) return false;
    throw storage_problem(error);
  }
}

const NOTHING: ShardCounts = { entries: 0, bytes: 0, uploaded: 0, skipped: 0, failed: 0 };

/** What the keys of the shards that are done add up to. 1,000 of them are a page, and hardly a job has as many. */
async function counts_of(
  { s3, bucket }: PhotoStore,
  job: JobKey,
  abortSignal: AbortSignal,
): Promise<{ readonly shards: number; readonly counts: ShardCounts }> {
  const Prefix = done_prefix(job);
  let shards = 0;
  let counts = NOTHING;
  for (let StartAfter = Prefix; ; ) {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix, StartAfter });
    const { Contents = [], IsTruncated } = await s3_answer(s3.send(command, { abortSignal }));
    for (const { Key = "" } of Contents) {
      const parsed = parse_done_key(Key);
      if (parsed === undefined) continue;
      shards += 1;
      counts = sum(counts, parsed.counts);
    }
    const last = Contents.at(-1)?.Key;
    if (!IsTruncated || last === undefined) return { shards, counts };
    StartAfter = last;
  }
}

const sum = (a: ShardCounts, b: ShardCounts): ShardCounts => ({
  entries: a.entries + b.entries,
  bytes: a.bytes + b.bytes,
  uploaded: a.uploaded + b.uploaded,
  skipped: a.skipped + b.skipped,
  failed: a.failed + b.failed,
});
