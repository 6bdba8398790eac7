/** Follows a job to its end, a page of outcomes at a time. */
import type { Api } from "./api.ts";
import type { EntryOutcome, Schemas } from "./api_schemas.ts";
import { pause } from "./patience.ts";
import { ProblemError } from "./problem_error.ts";

export type Job = Schemas["JobResponse"];

/** How far it is, in bytes; `total` is 0 until it is known what there is to do. */
interface JobProgress extends Omit<Job, "outcomes" | "cursor" | "bytes" | "reason" | "archive"> {
  readonly done: number;
  readonly total: number;
  readonly jobId: string;
}

/** In bytes that the entries inflate to. */
export interface ExtractProgress extends JobProgress {
  readonly phase: "extracting";
}

/** In bytes of the photos. */
export interface ExportProgress extends JobProgress {
  readonly phase: "exporting";
}

interface PollOptions {
  /** Ends the following; the job goes on. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Milliseconds between two looks at a job that has no news; 1,000 unless told. They grow to three minutes while nothing of
   * it moves.
   */
  readonly pollInterval?: number | undefined;
}

export interface FollowOptions extends PollOptions {
  readonly onProgress?: ((progress: ExtractProgress) => void) | undefined;
}

export interface FollowExportOptions extends PollOptions {
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined;
}

const POLL_MS = 1_000;
/** A job that stands still may do so for days, until an operator sees to it. */
const LONGEST_POLL_MS = 180_000;
/** So many times within the time that nothing has moved: what moves then is known a twentieth of that time later. */
const POLLS_WITHIN = 20;

/** @throws ProblemError, also of an archive that is refused; ConnectionError; the signal's reason; TypeError of an export */
export async function* follow_job(
  api: Api,
  jobId: string,
  { onProgress, ...options }: FollowOptions,
): AsyncGenerator<EntryOutcome, void, undefined> {
  for await (const job of pages_of_job(api, jobId, options)) {
    if (job.kind !== "extraction") throw new TypeError("This job is an export: followExport() looks at it.");
    onProgress?.({ phase: "extracting", ...progress_of(jobId, job) });
    yield* job.outcomes;
  }
}

/** Every answer about a job, of which only the last has no more outcomes behind it. @throws as `follow_job` */
export async function* pages_of_job(
  api: Api,
  jobId: string,
  { signal, pollInterval = POLL_MS }: PollOptions,
): AsyncGenerator<Job, void, undefined> {
  let cursor: string | undefined;
  // Not by `updatedAt` itself: the clock of a user's machine may be off.
  let moved = { at: "", seen: 0 };
  for (;;) {
    const body = { jobId, ...(cursor !== undefined && { cursor }) };
    const job = await api.post("/job", body, { repeatable: true, signal });
    if (job.updatedAt !== moved.at) moved = { at: job.updatedAt, seen: Date.now() };
    yield job;
    if (job.state === "refused") throw refusal_of(job);
    cursor = job.cursor;
    if (cursor === undefined && job.state === "done") return;
    // What is known already is asked for at once.
    if (job.outcomes.length > 0) continue;
    const still = (Date.now() - moved.seen) / POLLS_WITHIN;
    await pause(Math.max(pollInterval, Math.min(still, LONGEST_POLL_MS)), signal);
  }
}

export function progress_of(jobId: string, job: Job): JobProgress {
  const { outcomes: _, cursor: __, reason: ___, archive: ____, bytes, ...rest } = job;
  return { jobId, ...bytes, ...rest };
}

const OVER_A_LIMIT = ["too_many_entries", "directory_too_large", "archive_too_large"];
const ITS_OWN_CODE = ["empty_archive", "archive_missing", "worker_failed"];

/** As `/unzip` answers the same archive; of an export, the reason itself. */
function refusal_of({ kind, reason = "refused" }: Job): ProblemError {
  const code =
    kind === "export" || ITS_OWN_CODE.includes(reason)
      ? reason
      : OVER_A_LIMIT.includes(reason)
        ? "archive_too_large"
        : "invalid_archive";
  const [title, detail] =
    kind === "export"
      ? ["The archive was not made", `No archive was made of the photos: ${reason}.`]
      : ["The archive was refused", `Nothing of the archive was stored: ${reason}.`];
  return new ProblemError({ status: 422, code, title, detail, reason });
}
