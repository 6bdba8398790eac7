/** The API with the tokens of one user. */
import type { AnswerOf, Endpoint, FormEndpoint, RequestOf } from "./api_schemas.ts";
import { json_answer, json_init } from "./open_post.ts";
import { type Patience, patiently, type Repetition } from "./patience.ts";
import { is_problem } from "./problem_error.ts";
import type { SignedIn } from "./session.ts";
import type { Fetch, Send } from "./transfer.ts";

export interface Api {
  /** POST of JSON. @throws ProblemError, ConnectionError, or the signal's reason */
  post<Path extends Endpoint>(
    path: Path,
    body: RequestOf<Path>,
    repetition: Repetition,
  ): Promise<AnswerOf<Path>>;
  /** The same for an answer that is no JSON, whose bytes are left to be read; `redirect` as fetch has it. @throws as `post` */
  fetch<Path extends Endpoint>(
    path: Path,
    body: RequestOf<Path>,
    request: Repetition & { readonly redirect: "follow" | "manual" },
  ): Promise<Response>;
  /** POST of a form, once. @throws as `post` */
  send_form<Path extends FormEndpoint>(
    path: Path,
    form: SentForm,
    signal: AbortSignal | undefined,
  ): Promise<AnswerOf<Path>>;
  /** To S3: without the token, and with patience. @throws ConnectionError, or the signal's reason */
  to_storage(request: (send: Send) => Promise<Response>, signal?: AbortSignal): Promise<Response>;
  /** From there, likewise; the bytes are left to be read. @throws as `to_storage` */
  from_storage(url: string, signal?: AbortSignal): Promise<Response>;
}

export interface SentForm {
  readonly type: string;
  readonly body: Blob;
  /** Called with the bytes of the form so far. */
  readonly on_sent: (bytes: number) => void;
}

export interface ApiSettings {
  readonly base: string;
  readonly token_header: string;
  readonly session: SignedIn;
  readonly fetch: Fetch;
  readonly send: Send;
  readonly patience: Patience;
}

export function open_api({ base, token_header, session, fetch, send, patience }: ApiSettings): Api {
  /** A token that is refused is renewed once; what is refused then is the caller's matter. */
  const with_token = async (
    request: (headers: Record<string, string>) => Promise<Response>,
    repetition: Repetition,
  ): Promise<Response> => {
    const with_this = (token: string) =>
      patiently(() => request({ [token_header]: token }), patience, repetition);
    const token = await session.token(repetition.signal);
    const answer = await with_this(token);
    if (!is_token_refused(answer)) return answer;
    return with_this(await session.token_after(token, repetition.signal));
  };

  return {
    post: async (path, body, repetition) =>
      json_answer(
        await with_token(
          (headers) => fetch(base + path, json_init(body, repetition.signal, headers)),
          repetition,
        ),
      ),
    fetch: (path, body, { redirect, ...repetition }) =>
      with_token(
        (headers) => fetch(base + path, { ...json_init(body, repetition.signal, headers), redirect }),
        { ...repetition, streamed: true },
      ),
    async send_form(path, { type, body, on_sent }, signal) {
      const answer = await with_token(
        (headers) =>
          send({
            url: base + path,
            method: "POST",
            headers: { ...headers, "content-type": type },
            body,
            signal,
            on_sent,
          }),
        { repeatable: false, signal },
      );
      return json_answer(answer);
    },
    to_storage: (request, signal) => patiently(() => request(send), patience, { repeatable: true, signal }),
    from_storage: (url, signal) =>
      patiently(() => fetch(url, { signal: signal ?? null }), patience, {
        repeatable: true,
        streamed: true,
        signal,
      }),
  };
}

/** The gateway's own 401 and 403. Those of a function are about something else, as are those of S3 behind a redirect. */
const is_token_refused = (answer: Response): boolean =>
  (answer.status === 401 || answer.status === 403) && !answer.redirected && !is_problem(answer);
