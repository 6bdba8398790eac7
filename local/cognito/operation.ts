/** What an operation of the API is, and how Cognito words a request that does not fit its parameters. */
import * as z from "zod";
import { CognitoError, invalid_parameter } from "./errors.ts";
import type { UserPool } from "./user_pool.ts";

export interface Operation {
  /** Administrators' operations are signed (SigV4); users' ones are open or carry an access token. */
  readonly signed: boolean;
  /** Checks the request and answers it; throws CognitoError. */
  run(pool: UserPool, request: unknown): Promise<object>;
}

type Work<Request> = (pool: UserPool, request: Request) => Promise<object> | object;

export function open_operation<Request>(schema: z.ZodType<Request>, work: Work<Request>): Operation {
  return { signed: false, run: async (pool, request) => work(pool, parse_request(schema, request)) };
}

export function signed_operation<Request>(schema: z.ZodType<Request>, work: Work<Request>): Operation {
  return { signed: true, run: async (pool, request) => work(pool, parse_request(schema, request)) };
}

/**
 * Parameters with the lengths and patterns of the API reference. Parameters not listed are ignored. The
 * text after each pattern is the pattern as Cognito's message quotes it.
 */
export const parameter = {
  pool_id: z
    .string()
    .min(1)
    .max(55)
    .regex(/^[\w-]+_[0-9a-zA-Z]+$/, "[\\w-]+_[0-9a-zA-Z]+"),
  client_id: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[\w+]+$/, "[\\w+]+"),
  username: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$/u, "[\\p{L}\\p{M}\\p{S}\\p{N}\\p{P}]+"),
  password: z
    .string()
    .max(256)
    // The same language as the pattern quoted, without its backtracking in cubic time.
    .regex(/^\S.*\S$/, "^[\\S]+.*[\\S]+$"),
  secret_hash: z.string().min(1).max(128).optional(),
  token: z
    .string()
    .min(1)
    .regex(/^[A-Za-z0-9-_=.]+$/, "[A-Za-z0-9-_=.]+"),
  code: z.string().min(1).max(2048).regex(/^\S+$/, "[\\S]+"),
  session: z.string().min(20).max(2048),
  attributes: z
    .array(z.object({ Name: z.string().min(1).max(32), Value: z.string().max(2048).optional() }))
    .default([]),
  auth_parameters: z.record(z.string(), z.string()).default({}),
};

/** What a request of an app names first: its client, and one of its users. */
export const client_user = {
  ClientId: parameter.client_id,
  SecretHash: parameter.secret_hash,
  Username: parameter.username,
};

function parse_request<Request>(schema: z.ZodType<Request>, request: unknown): Request {
  const parsed = schema.safeParse(request);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues;
  if (issues.some((issue) => issue.code === "invalid_type" && value_at(request, issue.path) !== undefined)) {
    throw new CognitoError("SerializationException", "A parameter has a value of the wrong JSON type.");
  }
  const count = issues.length === 1 ? "1 validation error" : `${issues.length} validation errors`;
  const reasons = issues.map(
    (issue) => `Value at '${member_path(issue.path)}' failed to satisfy constraint: ${constraint(issue)}`,
  );
  throw invalid_parameter(`${count} detected: ${reasons.join("; ")}`);
}

/** The value is never quoted: it may be a password. */
function constraint(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return "Member must not be null";
    case "too_small":
      return issue.origin === "string"
        ? `Member must have length greater than or equal to ${issue.minimum}`
        : `Member must have value greater than or equal to ${issue.minimum}`;
    case "too_big":
      return issue.origin === "string"
        ? `Member must have length less than or equal to ${issue.maximum}`
        : `Member must have value less than or equal to ${issue.maximum}`;
    case "invalid_value":
      return `Member must satisfy enum value set: [${issue.values.map(String).join(", ")}]`;
    case "invalid_format":
      return `Member must satisfy regular expression pattern: ${issue.message}`;
    default:
      return "Member must be valid";
  }
}

/** `["UserAttributes", 0, "Name"]` is `userAttributes.1.member.name` in Cognito's messages. */
function member_path(path: readonly PropertyKey[]): string {
  return path
    .map((part) =>
      typeof part === "number"
        ? `${part + 1}.member`
        : `${String(part).charAt(0).toLowerCase()}${String(part).slice(1)}`,
    )
    .join(".");
}

function value_at(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = Reflect.get(current, part);
  }
  return current;
}

/** Cognito's times are seconds since 1970 with a fraction. */
export function epoch_seconds(milliseconds: number): number {
  return milliseconds / 1000;
}
