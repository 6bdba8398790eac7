/** Does the same to many photos of a user, some at a time, as far as the time of a function goes. */
import { is_problem, log, loggable } from "@photo-uploader/layer";

/** Codes of problems that a photo may have. */
const FAILURES = ["storage_refused", "storage_unavailable", "internal_error", "timeout"] as const;

/** What has become of a photo: an outcome of the work, or of work that was not ended. */
export type EachOutcome<Done extends string> =
  | { readonly file: string; readonly outcome: Done | "not_found" | "not_attempted" }
  | { readonly file: string; readonly outcome: "failed"; readonly code: (typeof FAILURES)[number] };

export interface Time {
  /** Milliseconds since the epoch at which an answer must be there. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** As many connections as the SDK's client has; S3 takes 3,500 writes a second below a prefix. */
const AT_ONCE = 50;

/** No photo is begun with when less than this is left, and none that takes longer is waited for until the very end. */
const LAST_BEGIN_MS = 3_000;
const LAST_END_MS = 1_000;

/**
 * @param files each of them once
 * @param work ends with its outcome, or throws; a Problem's code is told, and `photo_not_found` is an outcome
 * @returns an outcome for each file, in their order: `failed` with `timeout` where it is not known what was done
 */
export async function each_photo<Done extends string>(
  files: readonly string[],
  { deadline, signal }: Time,
  work: (file: string, signal: AbortSignal) => Promise<Done>,
): Promise<EachOutcome<Done>[]> {
  const outcomes = new Map<string, EachOutcome<Done>>();
  const late = AbortSignal.timeout(Math.max(0, deadline - LAST_END_MS - Date.now()));
  const until = AbortSignal.any([signal, late]);
  const waiting = files.values();
  const worker = async (): Promise<void> => {
    for (const file of waiting) {
      if (Date.now() > deadline - LAST_BEGIN_MS || signal.aborted) continue;
      outcomes.set(file, await outcome_of(file, until, work));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, files.length) }, worker));
  return files.map((file) => outcomes.get(file) ?? { file, outcome: "not_attempted" });
}

async function outcome_of<Done extends string>(
  file: string,
  signal: AbortSignal,
  work: (file: string, signal: AbortSignal) => Promise<Done>,
): Promise<EachOutcome<Done>> {
  try {
    return { file, outcome: await work(file, signal) };
  } catch (error) {
    if (is_problem(error) && error.code === "photo_not_found") return { file, outcome: "not_found" };
    const known = FAILURES.find((code) => is_problem(error) && error.code === code);
    if (known !== undefined) return { file, outcome: "failed", code: signal.aborted ? "timeout" : known };
    // Other photos are done already, and whoever asked is to know of them.
    log.error("A photo of many has failed unforeseen", { error: loggable(error) });
    return { file, outcome: "failed", code: "internal_error" };
  }
}
