/** A request as API Gateway hands it to a function: an HTTP API event, payload format 2.0, and Lambda's context. */
import type { APIGatewayRequestAuthorizerEventV2, Context } from "aws-lambda";
import type { HttpEvent } from "../../middleware/pipeline.ts";

export const REQUEST_ID = "JKJaXmPLvHcESHA=";

export interface SentRequest {
  /** `POST /list`; says the path too. */
  readonly route?: string;
  /** The user that the authorizer has verified; undefined for a route without an authorizer. */
  readonly username?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
}

export function http_event({
  route = "POST /list",
  username,
  headers = {},
  body,
  isBase64Encoded = false,
}: SentRequest): HttpEvent {
  const path = route.split(" ").at(-1) ?? "";
  const event: HttpEvent = {
    version: "2.0",
    routeKey: route,
    rawPath: path,
    rawQueryString: "",
    headers: { "content-length": String(body?.length ?? 0), host: "api.example.com", ...headers },
    isBase64Encoded,
    requestContext: {
      accountId: "123456789012",
      apiId: "r3pmxmplak",
      authorizer: { lambda: username === undefined ? {} : { username } },
      domainName: "r3pmxmplak.execute-api.eu-central-1.amazonaws.com",
      domainPrefix: "r3pmxmplak",
      http: { method: "POST", path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "test" },
      requestId: REQUEST_ID,
      routeKey: route,
      stage: "$default",
      time: "23/Nov/2026:10:15:30 +0000",
      timeEpoch: 1_795_428_930_000,
    },
  };
  if (body !== undefined) event.body = body;
  return event;
}

/** A request with a JSON body, or with a text that claims to be one. */
export const json_event = (body: unknown, request: SentRequest = {}): HttpEvent =>
  http_event({
    ...request,
    headers: { "content-type": "application/json", ...request.headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

/** A multipart form, encoded by the platform itself. */
export async function form_event(form: FormData, request: SentRequest = {}): Promise<HttpEvent> {
  const encoded = new Response(form);
  const body = Buffer.from(await encoded.arrayBuffer()).toString("base64");
  const headers = { "content-type": encoded.headers.get("content-type") ?? "", ...request.headers };
  return http_event({ ...request, headers, body, isBase64Encoded: true });
}

/** @param remaining_ms what is left of the function's time */
export const lambda_context = (remaining_ms = 29_000): Context => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: "test",
  functionVersion: "$LATEST",
  invokedFunctionArn: "arn:aws:lambda:eu-central-1:123456789012:function:test",
  memoryLimitInMB: "512",
  awsRequestId: "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
  logGroupName: "/aws/lambda/test",
  logStreamName: "2026/11/23/[$LATEST]test",
  getRemainingTimeInMillis: () => remaining_ms,
  done: () => {},
  fail: () => {},
  succeed: () => {},
});

/** What API Gateway asks an authorizer, payload format 2.0. */
export const authorizer_event = (identity_source: readonly string[]): APIGatewayRequestAuthorizerEventV2 => {
  const { requestContext, headers, rawPath, rawQueryString, routeKey } = http_event({ route: "POST /list" });
  const { authorizer, ...context } = requestContext;
  return {
    version: "2.0",
    type: "REQUEST",
    routeArn: "arn:aws:execute-api:eu-central-1:123456789012:r3pmxmplak/$default/POST/list",
    identitySource: [...identity_source],
    routeKey,
    rawPath,
    rawQueryString,
    cookies: [],
    headers,
    queryStringParameters: {},
    requestContext: context,
    pathParameters: {},
    stageVariables: {},
  };
};
