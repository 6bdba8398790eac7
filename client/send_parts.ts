/** The parts of a file that S3 does not have yet, several at once. */
import type { Api } from "./api.ts";
import type { AnswerOf } from "./api_schemas.ts";
import { storage_problem_of } from "./problem_error.ts";

export interface SentParts {
  readonly api: Api;
  readonly uploadId: string;
  readonly file: Blob;
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes that have arrived or gone, those of earlier attempts too. It never goes back. */
  readonly on_sent: (bytes: number) => void;
}

const AT_ONCE = 3;
/** URLs are good for an hour: so many are asked for at a time that a slow line has sent them by then. */
const SIGNED_AT_ONCE = 24;
const SIGNED_FOR_MS = 45 * 60_000;
const FORBIDDEN = 403;

/** @throws ProblemError, ConnectionError, or the signal's reason; what has arrived stays */
export async function send_parts({ api, uploadId, file, signal, on_sent }: SentParts): Promise<void> {
  const asked = { repeatable: true, signal };
  const { parts, partSize } = await api.post("/upload_parts", { uploadId, sign: [] }, asked);
  const part_of = (number: number) => file.slice((number - 1) * partSize, number * partSize);
  const arrived = new Set(
    parts
      .filter(({ PartNumber, Size }) => Size === part_of(PartNumber).size)
      .map(({ PartNumber }) => PartNumber),
  );
  const missing = Array.from({ length: Math.ceil(file.size / partSize) }, (_, index) => index + 1).filter(
    (number) => !arrived.has(number),
  );
  const count = meter(on_sent);
  for (const number of arrived) count(number, part_of(number).size);

  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  const url_of = signed_urls(api, uploadId, missing, stop);
  const numbers = missing.values();
  const work = async () => {
    for (const number of numbers) {
      stop.throwIfAborted();
      await put(api, url_of, number, part_of(number), stop, (bytes) => count(number, bytes));
    }
  };
  const workers = Array.from({ length: AT_ONCE }, () =>
    work().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  signal?.throwIfAborted();
  failed.signal.throwIfAborted();
}

/** Adds up what the parts have sent. A part that is sent again begins anew, which is not shown. */
function meter(on_sent: (bytes: number) => void): (number: number, bytes: number) => void {
  const sent = new Map<number, number>();
  let sum = 0;
  let shown = 0;
  return (number, bytes) => {
    sum += bytes - (sent.get(number) ?? 0);
    sent.set(number, bytes);
    if (sum <= shown) return;
    shown = sum;
    on_sent(shown);
  };
}

type UrlOf = (number: number, anew?: boolean) => Promise<string>;

function signed_urls(api: Api, uploadId: string, missing: readonly number[], signal: AbortSignal): UrlOf {
  type Urls = AnswerOf<"/upload_parts">["urls"];
  const kept = new Map<number, { readonly urls: Promise<Urls>; readonly since: number }>();
  return async (number, anew = false) => {
    const index = missing.indexOf(number);
    const batch = index - (index % SIGNED_AT_ONCE);
    let signed = kept.get(batch);
    if (anew || signed === undefined || Date.now() - signed.since > SIGNED_FOR_MS) {
      const sign = missing.slice(batch, batch + SIGNED_AT_ONCE);
      const answer = api.post("/upload_parts", { uploadId, sign }, { repeatable: true, signal });
      signed = { urls: answer.then(({ urls }) => urls), since: Date.now() };
      kept.set(batch, signed);
    }
    const url = (await signed.urls)[number];
    if (url === undefined) throw new TypeError(`There is no URL for part ${number}.`);
    return url;
  };
}

async function put(
  api: Api,
  url_of: UrlOf,
  number: number,
  body: Blob,
  signal: AbortSignal,
  on_sent: (bytes: number) => void,
): Promise<void> {
  const send_to = (url: string) =>
    api.to_storage((send) => send({ url, method: "PUT", headers: {}, body, signal, on_sent }), signal);
  const answer = await send_to(await url_of(number));
  if (answer.ok) return;
  if (answer.status !== FORBIDDEN) throw await storage_problem_of(answer);
  // Its time is over by S3's clock.
  const again = await send_to(await url_of(number, true));
  if (!again.ok) throw await storage_problem_of(again);
}
