/** Whatever the API, its gateway or S3 refuses, as one error with a code to rely on. */
import type { Problem } from "./api_schemas.ts";

export type ProblemField = NonNullable<Problem["errors"]>[number];

/**
 * An answer that is no success.
 *
 * `code` is the API's own (`docs/api.md`); or `gateway_<status>` where API Gateway answered by itself, as with 413;
 * `upload_rejected` where S3 did not take the bytes, with S3's own code as `reason`; and `not_signed_in` where there is
 * no token to send.
 */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** For people; it may change. */
  readonly detail: string;
  /** The fields that are wrong. */
  readonly errors: readonly ProblemField[];
  /** Why an archive or an upload was refused. */
  readonly reason: string | undefined;

  constructor({ status, code, title, detail, errors = [], reason }: Omit<Problem, "type">) {
    super(`${code}: ${detail}`);
    this.status = status;
    this.code = code;
    this.title = title;
    this.detail = detail;
    this.errors = errors;
    this.reason = reason;
  }
}

/** There was no answer, or it broke off; `cause` has what the platform says about it. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

export const is_coded = (error: unknown, ...codes: string[]): error is ProblemError =>
  error instanceof ProblemError && codes.includes(error.code);

export const not_signed_in = (): ProblemError =>
  new ProblemError({
    status: 401,
    code: "not_signed_in",
    title: "Not signed in",
    detail: "Sign in first.",
  });

const PROBLEM_TYPE = "application/problem+json";

/** Whether a function has answered, and not the gateway in front of it. */
export const is_problem = ({ headers }: Response): boolean =>
  headers.get("content-type")?.startsWith(PROBLEM_TYPE) ?? false;

/** Reads an answer of the API that is no success. */
export async function problem_of(response: Response): Promise<ProblemError> {
  const { status } = response;
  const text = await response.text();
  if (is_problem(response)) {
    const problem = parsed<Problem>(text);
    if (problem !== undefined) return new ProblemError(problem);
  }
  const title = `The gateway answered ${status}`;
  const detail = parsed<{ message?: unknown }>(text)?.message;
  return new ProblemError({
    status,
    code: `gateway_${status}`,
    title,
    detail: typeof detail === "string" ? detail : title,
  });
}

/** Reads an answer of S3, which speaks XML. */
export async function storage_problem_of(response: Response): Promise<ProblemError> {
  const { status } = response;
  const text = await response.text();
  const [, reason] = /<Code>([^<]*)<\/Code>/.exec(text) ?? [];
  const [, message] = /<Message>([^<]*)<\/Message>/.exec(text) ?? [];
  const title = "The storage did not take the bytes";
  return new ProblemError({
    status,
    code: "upload_rejected",
    title,
    detail: message ?? `${title}: it answered ${status}.`,
    ...(reason !== undefined && { reason }),
  });
}

/** An object of JSON, whose fields are as the other side has promised them. */
function parsed<Body extends object>(text: string): Body | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
