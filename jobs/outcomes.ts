/** What became of the entries of a shard: recorded once, and then never done again. */
import { done_key, type JobKey, outcomes_key, type ShardCounts } from "@photo-uploader/layer";
import * as z from "zod/mini";
import type { EntryOutcome } from "../archive/index.ts";
import type { SinkReason, StoredEntry } from "../storage/photo_sink.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { write_once } from "../storage/write_once.ts";
import type { Shard } from "./shards.ts";
import { read_state, settle_state } from "./state.ts";

/** One entry, as `/job` answers it. */
const outcome = z.discriminatedUnion("outcome", [
  z.object({
    /** The whole path of the entry in the archive, as in the others. */
    name: z.string(),
    outcome: z.literal("uploaded"),
    filename: z.string(),
    size: z.number(),
    contentType: z.string(),
    /** There where the user had the photo already. */
    duplicate: z.optional(z.literal(true)),
  }),
  z.object({ name: z.string(), outcome: z.enum(["skipped", "failed"]), reason: z.string() }),
]);
export type Outcome = z.infer<typeof outcome>;

const outcomes = z.array(outcome);

/** Of each entry, in the order of their bytes; undefined while they are not all known. */
export const read_outcomes = (
  store: PhotoStore,
  job: JobKey,
  shard: number,
  signal: AbortSignal,
): Promise<Outcome[] | undefined> => read_state(store, outcomes_key(job, shard), outcomes, signal);

/** Keeps the outcomes unless there are some, and gives back those that are there then. */
export const settle_outcomes = (
  store: PhotoStore,
  job: JobKey,
  shard: number,
  found: Outcome[],
  signal: AbortSignal,
): Promise<Outcome[]> => settle_state(store, outcomes_key(job, shard), outcomes, found, signal);

/** Has the shard counted as done, with what its outcomes add up to. */
export async function count_as_done(
  store: PhotoStore,
  job: JobKey,
  number: number,
  shard: Shard,
  settled: readonly Outcome[],
  signal: AbortSignal,
): Promise<void> {
  const count = (of: Outcome["outcome"]): number => settled.filter((one) => one.outcome === of).length;
  const counts: ShardCounts = {
    entries: shard.entries,
    bytes: shard.bytes,
    uploaded: count("uploaded"),
    skipped: count("skipped"),
    failed: count("failed"),
  };
  await write_once(store, done_key(job, number, counts), "", signal);
}

export function answered_outcome(result: EntryOutcome<StoredEntry, SinkReason>): Outcome {
  const name = result.entry.path;
  if (result.outcome !== "stored") return { name, outcome: result.outcome, reason: result.reason };
  return uploaded(name, result.value);
}

export const uploaded = (
  name: string,
  { filename, size, content_type, duplicate }: StoredEntry,
): Outcome => ({
  name,
  outcome: "uploaded",
  filename,
  size,
  contentType: content_type,
  ...(duplicate && { duplicate }),
});
