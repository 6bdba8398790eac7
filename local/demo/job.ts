/** Follows the extraction of an archive to its end, as a client with a progress bar does. */
import { setTimeout as wait } from "node:timers/promises";
import { type JobResponse, job_response } from "../../schemas/job.ts";
import { type Api, read_answer, UnexpectedAnswer } from "./api.ts";

export interface EndedJob {
  /** The last answer: `done` or `refused`. */
  readonly end: JobResponse;
  /** Of all answers, in the order of the archive's bytes. */
  readonly outcomes: JobResponse["outcomes"];
}

const POLL_MS = 100;
/** Longer than the laptop stack takes for an archive of the demo even where it has to try again. */
const LONGEST_MS = 120_000;

/**
 * @param on_answer is given each answer
 * @throws UnexpectedAnswer when there is no end to it
 */
export async function follow_job(
  user: Api,
  jobId: string,
  on_answer: (answer: JobResponse) => void = () => {},
  { poll_ms = POLL_MS, longest_ms = LONGEST_MS } = {},
): Promise<EndedJob> {
  const outcomes: JobResponse["outcomes"] = [];
  const latest = Date.now() + longest_ms;
  let cursor: string | undefined;
  for (;;) {
    const body = { jobId, ...(cursor !== undefined && { cursor }) };
    const answer = read_answer(await user.post("/job", body), 200, job_response);
    outcomes.push(...answer.outcomes);
    on_answer(answer);
    cursor = answer.cursor;
    if (cursor === undefined && (answer.state === "done" || answer.state === "refused")) {
      return { end: answer, outcomes };
    }
    if (Date.now() > latest) throw endless(answer, longest_ms);
    // What is known already is asked for at once.
    if (answer.outcomes.length === 0) await wait(poll_ms);
  }
}

function endless({ state, entries }: JobResponse, longest_ms: number): UnexpectedAnswer {
  const came = `${state}, ${entries.done} of ${entries.total} entries`;
  return new UnexpectedAnswer("POST /job", came, `done, within ${longest_ms / 1_000} s`);
}
