/**
 * The events that an HTTP API hands to functions, payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import type { RequestFacts } from "./request.ts";

/** What does not change from request to request. */
export type Api = { readonly region: string; readonly stage: string };

/** What the authorizer gave as its context; `null` when it gave none. */
export type AuthorizerContext = Readonly<Record<string, unknown>> | null;

const ACCOUNT_ID = "000000000000";
const API_ID = "local";

/** Headers of one hop (RFC 9110, section 7.6.1); the function is not on that hop. */
const HOP_BY_HOP = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * AWS does not list the types that it hands over as text. These are what an HTTP API was seen to do; everything
 * else is base64, a form (application/x-www-form-urlencoded) and a body without a type among them.
 */
const TEXT_TYPES = new Set(["application/json", "application/javascript", "application/xml"]);

export function is_text(content_type: string | undefined): boolean {
  const media_type = (content_type ?? "").split(";", 1).join("").trim().toLowerCase();
  return media_type.startsWith("text/") || TEXT_TYPES.has(media_type);
}

/** The event of a route's function. `authorizer` is undefined on a route without one. */
export function integration_event(
  api: Api,
  facts: RequestFacts,
  route_key: string,
  body: Buffer,
  authorizer: AuthorizerContext | undefined,
): object {
  return {
    version: "2.0",
    routeKey: route_key,
    ...request_fields(facts, body),
    requestContext: {
      ...request_context(api, facts, route_key),
      ...(authorizer !== undefined && { authorizer: { lambda: authorizer } }),
    },
    ...body_fields(facts, body),
  };
}

/** The event of a REQUEST authorizer, which is asked before the body is read. */
export function authorizer_event(
  api: Api,
  facts: RequestFacts,
  route_key: string,
  identity: readonly string[],
): object {
  const { method, path } = facts;
  return {
    version: "2.0",
    type: "REQUEST",
    routeArn: `arn:aws:execute-api:${api.region}:${ACCOUNT_ID}:${API_ID}/${api.stage}/${method}${path}`,
    identitySource: identity,
    routeKey: route_key,
    ...request_fields(facts, undefined),
    requestContext: request_context(api, facts, route_key),
  };
}

function request_fields(facts: RequestFacts, body: Buffer | undefined): object {
  const cookies = read_cookies(facts.headers.get("cookie"));
  return {
    rawPath: facts.path,
    rawQueryString: facts.query,
    ...(cookies.length > 0 && { cookies }),
    headers: event_headers(facts, body),
    ...(facts.query !== "" && { queryStringParameters: read_query(facts.query) }),
  };
}

function body_fields(facts: RequestFacts, body: Buffer): object {
  if (body.length === 0) return { isBase64Encoded: false };
  if (is_text(facts.headers.get("content-type")))
    return { body: body.toString("utf8"), isBase64Encoded: false };
  return { body: body.toString("base64"), isBase64Encoded: true };
}

/** The client's headers without the cookies and the hop's own, and those that AWS's front door adds. */
function event_headers(facts: RequestFacts, body: Buffer | undefined): Record<string, string> {
  const named = (facts.headers.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase());
  const dropped = new Set([...HOP_BY_HOP, "cookie", ...named]);
  const headers = new Map([...facts.headers].filter(([name]) => !dropped.has(name)));
  // A chunked body has been put together by now.
  if (body !== undefined && (body.length > 0 || headers.has("content-length"))) {
    headers.set("content-length", String(body.length));
  }
  const forwarded_for = headers.get("x-forwarded-for");
  headers.set("x-forwarded-for", forwarded_for ? `${forwarded_for}, ${facts.source_ip}` : facts.source_ip);
  headers.set("x-forwarded-port", String(facts.port));
  headers.set("x-forwarded-proto", "http");
  headers.set("x-amzn-trace-id", facts.trace_id);
  return Object.fromEntries(headers);
}

function read_cookies(header: string | undefined): string[] {
  return (header ?? "")
    .split(";")
    .map((cookie) => cookie.trim())
    .filter((cookie) => cookie !== "");
}

/** Decoded; the values of a repeated name joined with commas. */
function read_query(query: string): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}

function request_context(api: Api, facts: RequestFacts, route_key: string): object {
  const domain = (facts.headers.get("host") ?? "").replace(/:\d+$/, "");
  return {
    accountId: ACCOUNT_ID,
    apiId: API_ID,
    domainName: domain,
    domainPrefix: domain.split(".", 1).join(""),
    http: {
      method: facts.method,
      path: facts.path,
      protocol: facts.protocol,
      sourceIp: facts.source_ip,
      userAgent: facts.headers.get("user-agent") ?? "",
    },
    requestId: facts.request_id,
    routeKey: route_key,
    stage: api.stage,
    time: common_log_time(facts.time),
    timeEpoch: facts.time.getTime(),
  };
}

/** `12/Mar/2020:19:03:58 +0000`, from `Thu, 12 Mar 2020 19:03:58 GMT`. */
function common_log_time(time: Date): string {
  return time.toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/, "$1/$2/$3:$4 +0000");
}
