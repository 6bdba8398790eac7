/** The photo API as a client sees it: paths, a token in its header, JSON or a file, and answers that are checked. */
import * as z from "zod";
import {
  type MultipartUpload,
  type SentFile,
  send_bytes,
  send_upload,
  type UploadAnswer,
} from "./multipart_upload.ts";

export interface Answer extends UploadAnswer {
  /** `POST /list` */
  readonly request: string;
}

export interface Api {
  readonly url: string;
  /** POST with a JSON body, or with none. */
  post(path: string, body?: object): Promise<Answer>;
  /** POST of a form with one file. */
  upload(path: string, field: string, file: SentFile, on_sent?: MultipartUpload["on_sent"]): Promise<Answer>;
  /** GET of an address that the API gave. The token stays here, since another server may be at the other end. */
  fetch_location(location: string): Promise<Answer>;
  /** POST of a form that the API gave, with the file behind its fields, and without the token. */
  send_form(form: Form, file: SentFile, on_sent?: MultipartUpload["on_sent"]): Promise<Answer>;
  /** PUT to an address that the API gave, without the token. */
  put_location(location: string, bytes: Uint8Array, on_sent?: MultipartUpload["on_sent"]): Promise<Answer>;
  /** The same API for the user whom the token is of. */
  with_token(token: string): Api;
  /** The same API, for what has to be done even once the demo is told to stop. */
  unstoppable(): Api;
}

/** Of `POST /request_upload`. */
export interface Form {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface ApiSettings {
  readonly url: string;
  readonly token_header: string;
  readonly token?: string;
  /**
   * Once it is aborted no request is begun. One that is under way still ends, since what it stores has to be known
   * to be removed.
   */
  readonly stop?: AbortSignal | undefined;
}

/** The answers are as the server gives them, of whatever status: no redirect is followed. */
export function open_api(settings: ApiSettings): Api {
  const { url, token_header, token, stop } = settings;
  const token_headers = token === undefined ? {} : { [token_header]: token };
  return {
    url,
    async post(path, body) {
      stop?.throwIfAborted();
      return fetch_answer(`POST ${path}`, url + path, {
        method: "POST",
        redirect: "manual",
        headers: { ...token_headers, ...(body && { "content-type": "application/json" }) },
        ...(body && { body: JSON.stringify(body) }),
      });
    },
    async upload(path, field, file, on_sent) {
      stop?.throwIfAborted();
      const upload = { url: url + path, field, file, headers: token_headers, on_sent };
      return { request: `POST ${path}`, ...(await send_upload(upload)) };
    },
    fetch_location: (location) => fetch_answer(`GET ${elsewhere(location)}`, location),
    async send_form(form, file, on_sent) {
      stop?.throwIfAborted();
      const answer = await send_upload({ ...form, field: "file", file, headers: {}, on_sent });
      return { request: `POST ${elsewhere(form.url)}`, ...answer };
    },
    async put_location(location, bytes, on_sent) {
      stop?.throwIfAborted();
      return { request: `PUT ${elsewhere(location)}`, ...(await send_bytes(location, bytes, on_sent)) };
    },
    with_token: (given) => open_api({ ...settings, token: given }),
    unstoppable: () => open_api({ ...settings, stop: undefined }),
  };
}

/** What may be told of a signed address. */
const elsewhere = (location: string): string => `${new URL(location).origin}/…`;

async function fetch_answer(request: string, url: string, init?: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { request, status: response.status, headers: response.headers, bytes };
}

/** An answer without which the demo cannot go on. */
export class UnexpectedAnswer extends Error {
  readonly expected: string;
  readonly came: string;

  constructor(request: string, came: string, expected: string) {
    super(request);
    this.name = "UnexpectedAnswer";
    this.came = came;
    this.expected = expected;
  }
}

/** @throws UnexpectedAnswer */
export function require_status(answer: Answer, status: number): Answer {
  if (answer.status !== status) throw new UnexpectedAnswer(answer.request, outcome(answer), String(status));
  return answer;
}

/**
 * The body of an answer that is as the schema says.
 * @throws UnexpectedAnswer, which never quotes the body: it may hold tokens
 */
export function read_answer<Schema extends z.core.$ZodType>(
  answer: Answer,
  status: number,
  schema: Schema,
): z.output<Schema> {
  const parsed = z.safeParse(schema, json_of(require_status(answer, status)));
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "the body"}: ${message}`);
  throw new UnexpectedAnswer(answer.request, wrong.join("\n"), `${status} with a body as in schemas/`);
}

const refusal = z.union([
  z.object({ code: z.string() }).transform(({ code }) => code),
  z.object({ message: z.string() }).transform(({ message }) => message),
]);

/** `200`, `415 not_an_image` as functions answer, `413 Request Too Long` as the gateway does. */
export function outcome(answer: Answer): string {
  const { data } = refusal.safeParse(json_of(answer));
  return data === undefined ? String(answer.status) : `${answer.status} ${data}`;
}

export function json_of({ bytes }: Answer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
