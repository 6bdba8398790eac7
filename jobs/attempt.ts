/** One try of a task by one worker, and its time. */

export interface Attempt {
  /** How often the task has been received, this time included: from the second on, a worker may have died of it. */
  readonly receives: number;
  /** Milliseconds since the epoch at which the worker's time is up. */
  readonly deadline: number;
  /** Aborts a little before. */
  readonly signal: AbortSignal;
}

/** No entry is begun in the last 15 s, so that those under way can end. */
const LAST_START_MS = 15_000;

export const last_start = ({ deadline }: Attempt): number => deadline - LAST_START_MS;
