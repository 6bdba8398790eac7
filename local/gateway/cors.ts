/**
 * CORS as an HTTP API does it by configuration, without the functions:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
import type { Answer } from "./answer.ts";
import type { RequestFacts } from "./request.ts";

export type Cors = {
  /** `["*"]`, or origins that are compared as they are. */
  readonly allow_origins: readonly string[];
  readonly allow_methods: readonly string[];
  readonly allow_headers: readonly string[];
  readonly expose_headers: readonly string[];
  readonly max_age_s: number;
};

/** What the API is deployed with: any origin, no credentials; the token goes in a header of ours. */
export function default_cors(token_header: string): Cors {
  return {
    allow_origins: ["*"],
    allow_methods: ["POST", "OPTIONS"],
    allow_headers: [token_header.toLowerCase(), "content-type"],
    expose_headers: ["ETag", "Location", "Content-Disposition", "Retry-After"],
    max_age_s: 3600,
  };
}

/** The gateway answers every OPTIONS request itself, on any path and without the authorizer. */
export function preflight_answer(cors: Cors | undefined, facts: RequestFacts): Answer | undefined {
  if (cors === undefined || facts.method !== "OPTIONS") return undefined;
  const allowed: [string, string][] = [
    ["access-control-allow-methods", cors.allow_methods.join(",")],
    ["access-control-allow-headers", cors.allow_headers.join(",")],
    ["access-control-max-age", String(cors.max_age_s)],
  ];
  const asks =
    allowed_origin(cors, facts) !== undefined && facts.headers.has("access-control-request-method");
  return { status: 204, headers: asks ? allowed : [], body: Buffer.alloc(0) };
}

/** Adds the headers to an answer to a request with an Origin; those that a function set itself are dropped. */
export function with_cors(cors: Cors | undefined, facts: RequestFacts, answer: Answer): Answer {
  if (cors === undefined) return answer;
  const own = facts.method === "OPTIONS" ? answer.headers : without_cors_headers(answer.headers);
  const origin = allowed_origin(cors, facts);
  if (origin === undefined) return { ...answer, headers: own };
  return {
    ...answer,
    headers: [
      ...own,
      ["access-control-allow-origin", origin],
      ["access-control-expose-headers", cors.expose_headers.join(",")],
    ],
  };
}

function without_cors_headers(headers: Answer["headers"]): Answer["headers"] {
  return headers.filter(([name]) => !name.startsWith("access-control-"));
}

function allowed_origin(cors: Cors, facts: RequestFacts): string | undefined {
  const origin = facts.headers.get("origin");
  if (origin === undefined) return undefined;
  if (cors.allow_origins.includes("*")) return "*";
  return cors.allow_origins.includes(origin) ? origin : undefined;
}
