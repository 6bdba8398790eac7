/** The photo API below the client: answers as they are, for what the client hides or never asks. */
import * as z from "zod";
import { file_of } from "./photo_client.ts";
import type { SentFile } from "./photos.ts";

export interface Answer {
  /** `POST /list` */
  readonly request: string;
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

export interface Api {
  readonly url: string;
  /** POST with a JSON body, or with none. */
  post(path: string, body?: object): Promise<Answer>;
  /** POST of a form with one file. */
  upload(path: string, field: string, file: SentFile): Promise<Answer>;
  /** POST of a form that the API gave, with the file behind its fields, and without the token. */
  send_form(form: Form, file: SentFile): Promise<Answer>;
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
  const token_headers: Record<string, string> = token === undefined ? {} : { [token_header]: token };
  const post_form = async (
    shown: string,
    address: string,
    headers: Record<string, string>,
    fields: Readonly<Record<string, string>>,
    field: string,
    file: SentFile,
  ): Promise<Answer> => {
    stop?.throwIfAborted();
    const body = new FormData();
    for (const [name, text] of Object.entries(fields)) body.append(name, text);
    body.append(field, file_of(file));
    return fetch_answer(`POST ${shown}`, address, { method: "POST", headers, body });
  };
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
    upload: (path, field, file) => post_form(path, url + path, token_headers, {}, field, file),
    send_form: (form, file) => post_form(elsewhere(form.url), form.url, {}, form.fields, "file", file),
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
