/** Follows an extraction to its end, a page of outcomes at a time. */
import type { Api } from "./api.ts";
import type { EntryOutcome, Schemas } from "./api_schemas.ts";
import { pause } from "./patience.ts";
import { ProblemError } from "./problem_error.ts";

type Job = Schemas["JobResponse"];

/** How far it is, in bytes that the entries inflate to; `total` is 0 until the archive's directory has been read. */
export interface ExtractProgress extends Omit<Job, "outcomes" | "cursor" | "bytes" | "reason"> {
  readonly phase: "extracting";
  readonly done: number;
  readonly total: number;
  readonly jobId: string;
}

export interface FollowOptions {
  /** Ends the following; the extraction goes on. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ExtractProgress) => void) | undefined;
  /** Milliseconds between two looks at a job that has no news; 1,000 unless told. */
  readonly pollInterval?: number | undefined;
}

const POLL_MS = 1_000;

/** @throws ProblemError, also of an archive that is refused; ConnectionError; or the signal's reason */
export async function* follow_job(
  api: Api,
  jobId: string,
  { signal, onProgress, pollInterval = POLL_MS }: FollowOptions,
): AsyncGenerator<EntryOutcome, void, undefined> {
  let cursor: string | undefined;
  for (;;) {
    const body = { jobId, ...(cursor !== undefined && { cursor }) };
    const job = await api.post("/job", body, { repeatable: true, signal });
    onProgress?.(progress_of(jobId, job));
    yield* job.outcomes;
    if (job.state === "refused") throw refusal_of(job);
    cursor = job.cursor;
    if (cursor === undefined && job.state === "done") return;
    // What is known already is asked for at once.
    if (job.outcomes.length === 0) await pause(pollInterval, signal);
  }
}

function progress_of(jobId: string, job: Job): ExtractProgress {
  const { outcomes: _, cursor: __, reason: ___, bytes, ...rest } = job;
  return { phase: "extracting", jobId, ...bytes, ...rest };
}

const OVER_A_LIMIT = ["too_many_entries", "directory_too_large", "archive_too_large"];
const ITS_OWN_CODE = ["empty_archive", "archive_missing", "worker_failed"];

/** As `/unzip` answers the same archive. */
function refusal_of({ reason = "refused" }: Job): ProblemError {
  const code = ITS_OWN_CODE.includes(reason)
    ? reason
    : OVER_A_LIMIT.includes(reason)
      ? "archive_too_large"
      : "invalid_archive";
  const detail = `Nothing of the archive was stored: ${reason}.`;
  return new ProblemError({ status: 422, code, title: "The archive was refused", detail, reason });
}
