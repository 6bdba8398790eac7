/**
 * From what a function returned to an HTTP answer, payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { validateHeaderName, validateHeaderValue } from "node:http";
import * as z from "zod";

export type Answer = {
  readonly status: number;
  /** Names in lower case; `set-cookie` may be there more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** Why the function's own answer did not reach the client; for the log alone. */
  readonly integration_error?: string;
};

/** The gateway's own answers, `{"message": …}`. */
const MESSAGES = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  413: "Request Too Long",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;
export type GatewayStatus = keyof typeof MESSAGES;

export function gateway_answer(status: GatewayStatus, integration_error?: string): Answer {
  return {
    status,
    headers: [["content-type", "application/json"]],
    body: Buffer.from(JSON.stringify({ message: MESSAGES[status] })),
    ...(integration_error !== undefined && { integration_error }),
  };
}

const full_answer = z
  .object({
    statusCode: z.int().min(200).max(599),
    headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
    cookies: z.array(z.string()).nullish(),
    body: z.string().nullish(),
    isBase64Encoded: z.boolean().nullish(),
  })
  .refine(({ body, isBase64Encoded }) => !isBase64Encoded || is_base64(body ?? ""), {
    path: ["body"],
    error: "is not base64",
  });
type FullAnswer = z.infer<typeof full_answer>;

/** Without a pattern that backtracks, since the text has millions of characters. */
function is_base64(text: string): boolean {
  const padding = text.indexOf("=");
  const end = padding === -1 ? text.length : padding;
  const padded =
    padding === -1 || (text.length % 4 === 0 && text.length - padding <= 2 && text.endsWith("="));
  return padded && end % 4 !== 1 && !/[^A-Za-z0-9+/]/.test(text.slice(0, end));
}

/** What a function says about the connection is not its to say, and the length is that of the body. */
const DROPPED = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** An answer that breaks the rules of the format becomes the gateway's 500. */
export function function_answer(payload: unknown): Answer {
  if (!has_status_code(payload)) return inferred_answer(payload);
  const parsed = full_answer.safeParse(payload);
  if (!parsed.success)
    return gateway_answer(500, `The function's answer is invalid: ${fields_of(parsed.error)}`);
  const answer = http_answer(parsed.data);
  const wrong = answer.headers.find(([name, value]) => !is_header(name, value));
  if (wrong !== undefined)
    return gateway_answer(500, `The function's answer has an invalid header ${wrong[0]}`);
  return answer;
}

function has_status_code(payload: unknown): boolean {
  return typeof payload === "object" && payload !== null && "statusCode" in payload;
}

/** Without a `statusCode`, the whole return value is the body of a 200. */
function inferred_answer(payload: unknown): Answer {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return { status: 200, headers: [["content-type", "application/json"]], body: Buffer.from(text) };
}

function http_answer({ statusCode, headers, cookies, body, isBase64Encoded }: FullAnswer): Answer {
  const bytes = Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8");
  const kept = new Map<string, string>();
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (!DROPPED.has(name.toLowerCase())) kept.set(name.toLowerCase(), String(value));
  }
  if (bytes.length > 0 && !kept.has("content-type")) kept.set("content-type", "text/plain;charset=UTF-8");
  const set_cookies = (cookies ?? []).map((cookie) => ["set-cookie", cookie] as const);
  return { status: statusCode, headers: [...kept, ...set_cookies], body: bytes };
}

function is_header(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/** The names of the wrong fields; never their values. */
function fields_of(error: z.ZodError): string {
  return error.issues.map((issue) => issue.path.join(".")).join(", ");
}
