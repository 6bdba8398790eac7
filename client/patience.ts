/** Sends again what may be sent again: a few times, with growing pauses, or those that the server asks for. */
import { ConnectionError } from "./problem_error.ts";

export interface Patience {
  /** How often at most it is sent again. */
  readonly retries: number;
}

export interface SignalOption {
  /** Aborted, it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Repetition extends SignalOption {
  /** Whether sending it twice does what sending it once does. Only then a lost answer or a 500 is tried again. */
  readonly repeatable: boolean;
}

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 20_000;
/** Throttled before anything was done. */
const TOO_MANY_REQUESTS = 429;
const OF_NO_LASTING = [500, 503];

/**
 * The answer, of whatever status.
 * @throws ConnectionError where there is none, and the signal's reason once it is aborted
 */
export async function patiently(
  send: () => Promise<Response>,
  { retries }: Patience,
  { repeatable, signal }: Repetition,
): Promise<Response> {
  for (let retry = 0; ; retry += 1) {
    signal?.throwIfAborted();
    const answer = await attempted(send, signal);
    const last = retry >= retries;
    if (answer instanceof ConnectionError) {
      if (last || !repeatable) throw answer;
      await pause(backoff_ms(retry), signal);
      continue;
    }
    const again =
      answer.status === TOO_MANY_REQUESTS || (repeatable && OF_NO_LASTING.includes(answer.status));
    if (last || !again) return answer;
    await answer.body?.cancel();
    await pause(retry_after_ms(answer) ?? backoff_ms(retry), signal);
  }
}

async function attempted(
  send: () => Promise<Response>,
  signal: AbortSignal | undefined,
): Promise<Response | ConnectionError> {
  try {
    return await send();
  } catch (error) {
    return connection_error(error, signal);
  }
}

function connection_error(error: unknown, signal: AbortSignal | undefined): ConnectionError {
  signal?.throwIfAborted();
  if (error instanceof ConnectionError) return error;
  // What fetch rejects with when there is no answer is a TypeError; all else is not the connection's.
  if (error instanceof TypeError) return new ConnectionError("The server did not answer.", { cause: error });
  throw error;
}

/** Spread, so that clients that failed together do not come back together. */
const backoff_ms = (retry: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** retry) * (0.5 + Math.random() / 2);

/** RFC 9110, section 10.2.3; in seconds, as this API has it. */
function retry_after_ms({ headers }: Response): number | undefined {
  const seconds = headers.get("retry-after");
  if (seconds === null || !/^\d+$/.test(seconds)) return undefined;
  return Math.min(LONGEST_PAUSE_MS, Number(seconds) * 1_000);
}

/** @throws the signal's reason, at once */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }, ms);
    signal?.addEventListener("abort", aborted, { once: true });
  });
}
