/** How far a job is: one listing, however large it is, and its outcomes shard by shard, in the archive's order. */
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import {
  done_prefix,
  is_missing,
  type JobKey,
  parse_done_key,
  problem,
  type ShardCounts,
  task_key,
} from "@photo-uploader/layer";
import type { PhotoStore } from "../storage/photo_store.ts";
import { s3_answer, storage_problem } from "../storage/s3.ts";
import { type Outcome, read_outcomes } from "./outcomes.ts";
import { type Extraction, read_dated_plan } from "./plan.ts";

/** `updated_at`: when it was asked for, planned, or a shard of it done, whichever is the latest. */
export type Progress =
  | { readonly state: "queued"; readonly updated_at: Date }
  | { readonly state: "refused"; readonly updated_at: Date; readonly reason: string }
  | {
      readonly state: "running" | "done";
      readonly updated_at: Date;
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
  const planned = await read_dated_plan(store, job, signal);
  if (planned === undefined) {
    const asked_for = await asked_for_at(store, job, signal);
    return asked_for && { state: "queued", updated_at: asked_for };
  }
  const { state: plan, at } = planned;
  if ("refused" in plan) return { state: "refused", updated_at: at, reason: plan.refused };
  const shard = shard_of(cursor, plan);
  // In this order: what is counted as done has its outcomes by then.
  const finished = await counts_of(store, job, signal);
  const outcomes = shard < plan.shards.length ? await read_outcomes(store, job, shard, signal) : undefined;
  const next = outcomes === undefined ? shard : shard + 1;
  const running = finished.shards < plan.shards.length;
  return {
    state: running ? "running" : "done",
    updated_at: latest(at, finished.last_at),
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

/** When the extraction was asked for with which nobody has begun; undefined where it was not. */
async function asked_for_at(
  { s3, bucket }: PhotoStore,
  job: JobKey,
  abortSignal: AbortSignal,
): Promise<Date | undefined> {
  const get = new GetObjectCommand({ Bucket: bucket, Key: task_key({ job, part: "plan" }) });
  try {
    const { Body, LastModified: at } = await s3.send(get, { abortSignal });
    await Body?.transformToByteArray();
    if (at === undefined) throw new Error("S3 answered GetObject without its date");
    return at;
  } catch (error) {
    if (is_missing(error)) return undefined;
    throw storage_problem(error);
  }
}

const NOTHING: ShardCounts = { entries: 0, bytes: 0, uploaded: 0, skipped: 0, failed: 0 };

/** What the keys of the shards that are done add up to. 1,000 of them are a page, and hardly a job has as many. */
async function counts_of(
  { s3, bucket }: PhotoStore,
  job: JobKey,
  abortSignal: AbortSignal,
): Promise<{
  readonly shards: number;
  readonly counts: ShardCounts;
  /** When the last one was done. */
  readonly last_at: Date | undefined;
}> {
  const Prefix = done_prefix(job);
  let shards = 0;
  let counts = NOTHING;
  let last_at: Date | undefined;
  for (let StartAfter = Prefix; ; ) {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix, StartAfter });
    const { Contents = [], IsTruncated } = await s3_answer(s3.send(command, { abortSignal }));
    for (const { Key = "", LastModified } of Contents) {
      const parsed = parse_done_key(Key);
      if (parsed === undefined) continue;
      shards += 1;
      counts = sum(counts, parsed.counts);
      if (LastModified !== undefined) last_at = latest(LastModified, last_at);
    }
    const last = Contents.at(-1)?.Key;
    if (!IsTruncated || last === undefined) return { shards, counts, last_at };
    StartAfter = last;
  }
}

const latest = (a: Date, b: Date | undefined): Date => (b !== undefined && b > a ? b : a);

const sum = (a: ShardCounts, b: ShardCounts): ShardCounts => ({
  entries: a.entries + b.entries,
  bytes: a.bytes + b.bytes,
  uploaded: a.uploaded + b.uploaded,
  skipped: a.skipped + b.skipped,
  failed: a.failed + b.failed,
});
