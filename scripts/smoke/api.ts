/** A deployed API as the smoke test sees it: requests that end in time, and answers held against what is expected. */
import * as z from "zod";

export interface Answer {
  /** `POST /list` */
  readonly request: string;
  readonly status: number;
  readonly content_type: string | null;
  readonly bytes: Buffer;
}

export interface Api {
  /** POST of JSON, or of nothing. */
  post(path: string, body?: object): Promise<Answer>;
  /** POST of a form with one file. */
  upload(path: string, field: string, name: string, bytes: Uint8Array): Promise<Answer>;
  /** The same API with this in the token header. */
  with_token(token: string): Api;
}

export interface ApiSettings {
  /** With the stage's path, if it has one. */
  readonly url: URL;
  readonly token_header: string;
  readonly token?: string;
}

/** Longer than the gateway lets any function take. */
const TIMEOUT_MS = 35_000;

export function open_api({ url, token_header, token }: ApiSettings): Api {
  const token_headers = token === undefined ? {} : { [token_header]: token };
  const send = async (path: string, headers: Record<string, string>, body?: string | FormData) => {
    const request = `POST ${path}`;
    const init: RequestInit = {
      method: "POST",
      headers: { ...token_headers, ...headers },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && { body }),
    };
    try {
      const response = await fetch(url.href.replace(/\/*$/, path), init);
      const bytes = Buffer.from(await response.arrayBuffer());
      return { request, status: response.status, content_type: response.headers.get("content-type"), bytes };
    } catch (error) {
      throw new SmokeError(`${request}: no answer, ${reason_of(error)}`);
    }
  };
  return {
    post: (path, body) =>
      body === undefined
        ? send(path, {})
        : send(path, { "content-type": "application/json" }, JSON.stringify(body)),
    upload(path, field, name, bytes) {
      const form = new FormData();
      form.set(field, new File([Buffer.from(bytes)], name));
      return send(path, {}, form);
    },
    with_token: (given) => open_api({ url, token_header, token: given }),
  };
}

/** The API did not do what it must; the message never quotes a body. */
export class SmokeError extends Error {}

/** The socket's own code: the messages of fetch say nothing, and may quote the header that it refuses, the token. */
function reason_of(error: unknown): string {
  if (!(error instanceof Error)) return "for no reason given";
  if (error.name === "TimeoutError") return `not within ${TIMEOUT_MS / 1000} s`;
  const { data } = z.object({ code: z.string() }).safeParse(error.cause);
  return data?.code ?? error.name;
}

/** @throws SmokeError */
export function expect_status(answer: Answer, status: number): void {
  if (answer.status !== status) {
    throw new SmokeError(`${answer.request}: expected ${status}, got ${outcome(answer)}`);
  }
}

/** @throws SmokeError */
export function expect_problem(answer: Answer, status: number, code: string): void {
  expect_status(answer, status);
  const { data } = z.object({ code: z.string() }).safeParse(json_of(answer));
  if (answer.content_type !== "application/problem+json" || data?.code !== code) {
    throw new SmokeError(`${answer.request}: expected the problem ${code}, got ${outcome(answer)}`);
  }
}

/**
 * The body of an answer of this status, as the schema says.
 * @throws SmokeError
 */
export function read_answer<Schema extends z.core.$ZodType>(
  answer: Answer,
  status: number,
  schema: Schema,
): z.output<Schema> {
  expect_status(answer, status);
  const parsed = z.safeParse(schema, json_of(answer));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path }) => path.join(".") || "all of it").join(", ");
  throw new SmokeError(`${answer.request}: the body is not as in schemas/: ${wrong}`);
}

/** What functions and the gateway say of themselves; anything else in a body might be a secret. */
const refusal = z.union([
  z.object({ code: z.string().regex(/^[a-z_]{1,40}$/) }).transform(({ code }) => ` ${code}`),
  z.object({ message: z.string().regex(/^[A-Za-z ]{1,40}$/) }).transform(({ message }) => ` ${message}`),
]);

/** `415 not_an_image` as functions answer, `413 Request Too Long` as the gateway does. */
function outcome(answer: Answer): string {
  return `${answer.status}${refusal.safeParse(json_of(answer)).data ?? ` (${answer.content_type ?? "no type"})`}`;
}

function json_of({ bytes }: Answer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
