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
  /** Leaves the bytes of a success to the caller, who then sees where they break off. */
  readonly streamed?: boolean | undefined;
}

const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 20_000;
/** Throttled before anything was done. */
const TOO_MANY_REQUESTS = 429;
const OF_NO_LASTING = [500, 503, 504];
/** S3's way to say, with a 400, that nothing came from here for a while ("Error responses", Amazon S3 API). */
const S3_TIMEOUT = "<Code>RequestTimeout</Code>";

/**
 * The answer, of whatever status; all of it has come, unless it is streamed.
 * @throws ConnectionError where there is none, and the signal's reason once it is aborted
 */
export async function patiently(
  send: () => Promise<Response>,
  { retries }: Patience,
  { repeatable, streamed, signal }: Repetition,
): Promise<Response> {
  for (let retry = 0; ; retry += 1) {
    signal?.throwIfAborted();
    const answer = await attempted(send, signal, streamed);
    const last = retry >= retries;
    if (answer instanceof ConnectionError) {
      if (last || !repeatable) throw answer;
      await pause(backoff_ms(retry), signal);
      continue;
    }
    const again = answer.status === TOO_MANY_REQUESTS || (repeatable && (await will_pass(answer)));
    if (last || !again) return answer;
    await pause(retry_after_ms(answer) ?? backoff_ms(retry), signal);
  }
}

const will_pass = async (answer: Response): Promise<boolean> =>
  OF_NO_LASTING.includes(answer.status) ||
  (answer.status === 400 && (await answer.clone().text()).includes(S3_TIMEOUT));

async function attempted(
  send: () => Promise<Response>,
  signal: AbortSignal | undefined,
  streamed = false,
): Promise<Response | ConnectionError> {
  try {
    const answer = await send();
    // What a clone has been read of to the end, the answer itself gives without the connection.
    if (!streamed || !answer.ok) await answer.clone().arrayBuffer();
    return answer;
  } catch (error) {
    return connection_error(error, signal);
  }
}

function connection_error(error: unknown, signal: AbortSignal | undefined): ConnectionError {
  signal?.throwIfAborted();
  if (error instanceof ConnectionError) return error;
  // What fetch rejects with when there is no answer, or half of one, is a TypeError; all else is not the connection's.
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
