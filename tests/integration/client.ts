/** The API as a client on the network has it: `fetch`, FormData, and answers that have been read to their end. */
import { expect } from "vitest";
import * as z from "zod";
import { type ProblemResponse, problem_response } from "../../schemas/problem.ts";
import { check_exchange } from "./exchanges.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

export type SentBody = NonNullable<RequestInit["body"]>;
export type SentHeaders = Readonly<Record<string, string>>;

/** What the API of a stack answers is held against openapi.json. */
export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: "manual", ...init });
  const { status, headers, redirected } = response;
  const answer = { status, headers, bytes: Buffer.from(await response.arrayBuffer()) };
  // Of a client that follows redirects, the last answer alone is seen.
  if (!redirected) check_exchange(url, init, answer);
  return answer;
}

export const post = (url: string, body?: SentBody, headers: SentHeaders = {}): Promise<Answer> =>
  send(url, { method: "POST", headers, ...(body !== undefined && { body }) });

export const post_json = (url: string, body: unknown, headers: SentHeaders = {}): Promise<Answer> =>
  post(url, JSON.stringify(body), { "content-type": "application/json", ...headers });

export const text_of = ({ bytes }: Answer): string => bytes.toString();

export function json_of(answer: Answer): unknown {
  return JSON.parse(text_of(answer));
}

/** A form with one file, as a browser would send it. */
export function file_form(
  field: string,
  bytes: Uint8Array,
  name = "photo.jpg",
  type = "image/jpeg",
): FormData {
  const form = new FormData();
  form.append(field, new File([Buffer.from(bytes)], name, { type }));
  return form;
}

/** The body of an answer of this status, as the schema says. */
export function read<Schema extends z.core.$ZodType>(
  answer: Answer,
  status: number,
  schema: Schema,
): z.output<Schema> {
  expect({ status: answer.status, body: answer.status === status ? "" : text_of(answer) }).toEqual({
    status,
    body: "",
  });
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect_guarded(answer);
  return z.parse(schema, json_of(answer));
}

/** What no answer of a function may lack: nothing keeps it, nothing guesses at its type. */
function expect_guarded({ headers }: Answer): void {
  expect(headers.get("cache-control")).toContain("no-store");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
}

/** What is of the inside: stacks, files, addresses, the bucket, credentials, error codes of sockets and of AWS. */
const INSIDE =
  /node_modules|\.cjs|\.ts\b|\n\s+at |127\.0\.0\.1|yourplace|local-secret|ECONN|EPIPE|socket|S3|SlowDown|AccessDenied|Exception|<\?xml/;

/** The problem details of an answer, which must have this status and code, and name the field if one is given. */
export function read_problem(answer: Answer, status: number, code: string, field?: string): ProblemResponse {
  const text = text_of(answer);
  expect(answer.headers.get("content-type"), text).toBe("application/problem+json");
  const problem = z.parse(problem_response, JSON.parse(text));
  expect(problem).toMatchObject({ status, code, type: `urn:photo-uploader:problem:${code}` });
  expect(answer.status).toBe(status);
  expect(problem.detail).not.toBe("");
  expect(text).not.toMatch(INSIDE);
  expect_guarded(answer);
  if (field !== undefined) expect(problem.errors?.map((error) => error.field)).toContain(field);
  return problem;
}

/** The gateway's own answer, which no function has had a part in. */
export function expect_gateway_answer(answer: Answer, status: number, message: string): void {
  expect({ status: answer.status, body: text_of(answer) }).toEqual({
    status,
    body: JSON.stringify({ message }),
  });
  expect(answer.headers.get("content-type")).toBe("application/json");
}

/** An answer without what differs from one request to the next whatever was asked. */
export const comparable = ({ status, headers, bytes }: Answer): object => ({
  status,
  headers: Object.fromEntries(
    [...headers].filter(([name]) => !["date", "apigw-requestid", "content-length"].includes(name)),
  ),
  body: bytes.toString(),
});

/** What a browser takes from a Content-Disposition header (RFC 6266, section 4). */
export function read_disposition(header: string | null): { readonly type: string; readonly name: string } {
  const [type = "", ...rest] = (header ?? "").split(";");
  const parameters = rest.join(";");
  const extended = /;? *filename\*=UTF-8''([^; ]*)/.exec(parameters)?.[1];
  const [, quoted, token] = /^ *filename=(?:"((?:[^"\\]|\\.)*)"|([^";, ]+))/.exec(parameters) ?? [];
  const name =
    extended === undefined ? (quoted?.replace(/\\(.)/g, "$1") ?? token) : decodeURIComponent(extended);
  if (name === undefined) throw new Error(`There is no file name in ${header}.`);
  return { type: type.trim(), name };
}
