/** Extracts one shard of a job: every entry has an outcome, and every photo is written once, whoever tries how often. */
import { type JobKey, log, loggable } from "@photo-uploader/layer";
import {
  type Archive,
  type ArchiveEntry,
  ArchiveError,
  type EntryOutcome,
  extract,
  type FailedOutcome,
  junk_reason,
} from "../archive/index.ts";
import type { SinkReason, StoredEntry } from "../storage/photo_sink.ts";
import type { PhotoStore } from "../storage/photo_store.ts";
import { type Attempt, last_start } from "./attempt.ts";
import { entry_sink, stored_before } from "./entry_photos.ts";
import { open_job_archive } from "./job_archive.ts";
import { answered_outcome, type Outcome } from "./outcomes.ts";
import { type Extraction, is_archive_gone } from "./plan.ts";
import { in_order_of_bytes, type Shard } from "./shards.ts";
import type { Trial } from "./trial.ts";

/** The reason of entries whose archive is gone. */
const ARCHIVE_MISSING = "archive_missing";

/** Entries at a time: most are one request that S3 takes its time to answer. */
const CONCURRENCY = 16;

/** What may be otherwise another time: no outcome, but a reason to try again. */
const PASSING: readonly string[] = [
  "storage_unavailable",
  "storage_refused",
  "read_failed",
  "aborted",
  "not_attempted",
];

type Result = EntryOutcome<StoredEntry, SinkReason>;
type Failed = FailedOutcome<SinkReason>;

export interface ShardOfJob extends Shard {
  readonly job: JobKey;
  readonly plan: Extraction;
  readonly number: number;
}

/**
 * An outcome for each entry, in the order of their bytes.
 *
 * The first try does several entries at a time. Those that follow look first what is there already, and then take one
 * entry after the other, to find the one that kills workers, if it is that: it fails alone, as `worker_failed`.
 *
 * @param trial undefined for the first try
 * @throws where some entries have none for the time being; another try goes on from there
 */
export async function extract_shard(
  store: PhotoStore,
  shard: ShardOfJob,
  attempt: Attempt,
  trial: Trial | undefined,
): Promise<Outcome[]> {
  const { job, plan, first, entries: count } = shard;
  let archive: Archive;
  try {
    archive = await open_job_archive(store, job, plan.archive, attempt.signal);
  } catch (error) {
    if (!(await is_gone(store, shard, error, attempt))) throw error;
    return Array.from({ length: count }, (_, place) => failed(`#${first + place + 1}`, ARCHIVE_MISSING));
  }
  const entries = in_order_of_bytes(archive.entries).slice(first, first + count);
  const run: Run = { store, shard, attempt, archive, sink: entry_sink(store, job, archive.entries) };
  const outcomes = trial === undefined ? await at_once(run, entries) : await carefully(run, entries, trial);
  return entries.flatMap((entry) => outcomes.get(entry) ?? []);
}

interface Run {
  readonly store: PhotoStore;
  readonly shard: ShardOfJob;
  readonly attempt: Attempt;
  readonly archive: Archive;
  readonly sink: ReturnType<typeof entry_sink>;
}

type Outcomes = Map<ArchiveEntry, Outcome>;

async function at_once(run: Run, entries: readonly ArchiveEntry[]): Promise<Outcomes> {
  const { archive, sink, attempt } = run;
  const results = await extract(archive, sink, {
    entries,
    concurrency: CONCURRENCY,
    signal: attempt.signal,
    deadline: last_start(attempt),
  });
  const failures = results.filter((result) => result.outcome === "failed");
  const unread = failures.find(({ reason }) => reason === "read_failed");
  const gone = unread !== undefined && (await is_gone(run.store, run.shard, unread.error, attempt));
  const passing = failures.filter(
    ({ reason }) => PASSING.includes(reason) && !(gone && reason === "read_failed"),
  );
  if (passing.length > 0) throw unfinished(passing);
  log_faults(failures);
  return new Map(results.map((result) => [result.entry, outcome_of(result)]));
}

async function carefully(run: Run, entries: readonly ArchiveEntry[], trial: Trial): Promise<Outcomes> {
  const { store, shard, attempt } = run;
  const { job, plan } = shard;
  const readable = entries.filter(is_read);
  const stored = await stored_before(store, job, plan.entries, readable, attempt.signal);
  const outcomes = await at_once(
    run,
    entries.filter((entry) => !is_read(entry)),
  );
  const left = readable.filter((entry) => !stored.has(entry));
  // Those that may have killed a worker come last.
  left.sort((a, b) => trial.deaths(step_of(a)) - trial.deaths(step_of(b)));
  for (const entry of left) {
    if (trial.has_killed(step_of(entry))) {
      outcomes.set(entry, failed(entry.path, "worker_failed"));
      continue;
    }
    if (Date.now() >= last_start(attempt)) {
      await trial.leave();
      throw new Error("the time is up before all entries of the shard were begun");
    }
    const done = await trial.during(step_of(entry), () => at_once(run, [entry]));
    for (const [, outcome] of done) outcomes.set(entry, outcome);
  }
  await trial.leave();
  return new Map([...outcomes, ...stored]);
}

const step_of = ({ index }: ArchiveEntry): string => String(index);

/** Whether its bytes are looked at; what the directory says of the others is enough. */
const is_read = ({ fault, kind, path }: ArchiveEntry): boolean =>
  fault === undefined && kind === "file" && junk_reason(path) === undefined;

function unfinished(passing: readonly Failed[]): Error {
  const [cause] = passing.filter(({ fatal }) => fatal).concat(passing);
  return new Error(`entries of the shard could not be extracted: ${cause?.reason}`, { cause: cause?.error });
}

/** What is wrong with an archive is for its owner to know; it would only fill the log. */
function log_faults(failed: readonly Failed[]): void {
  for (const { reason, error } of failed) {
    if (error instanceof Error && !(error instanceof ArchiveError)) {
      log.warn("entry failed", { reason, error: loggable(error) });
    }
  }
}

/** An archive that is not there can be read at no other time. */
const outcome_of = (result: Result): Outcome =>
  result.outcome === "failed" && result.reason === "read_failed"
    ? failed(result.entry.path, ARCHIVE_MISSING)
    : answered_outcome(result);

const failed = (name: string, reason: string): Outcome => ({ name, outcome: "failed", reason });

const is_gone = async (
  store: PhotoStore,
  { job, plan }: ShardOfJob,
  error: unknown,
  { signal }: Attempt,
): Promise<boolean> =>
  error instanceof ArchiveError &&
  error.code === "read_failed" &&
  (await is_archive_gone(store, job, plan, signal));
