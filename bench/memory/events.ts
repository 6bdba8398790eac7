/** The events of API Gateway for the requests that are measured, made by the laptop stack's own gateway. */
import { authorizer_event, integration_event } from "../../local/gateway/event.ts";
import type { RequestFacts } from "../../local/gateway/request.ts";
import { MAX_REQUEST_BYTES } from "../../local/lambda/function.ts";

const API = { region: "eu-central-1", stage: "$default" };

/** About as many headers as an app sends; the token is of a usual length. */
const HEADERS = {
  accept: "*/*",
  "accept-encoding": "gzip, deflate, br",
  host: "r3pmxmplak.execute-api.eu-central-1.amazonaws.com",
  jwt: "x".repeat(1_100),
  "user-agent": "PhotoUploader/1.0 CFNetwork/1568.100.1 Darwin/24.0.0",
};

function facts(path: string, headers: Readonly<Record<string, string>>): RequestFacts {
  return {
    request_id: "JKJaXmPLvHcESHA=",
    trace_id: "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
    method: "POST",
    path,
    query: "",
    protocol: "HTTP/1.1",
    source_ip: "192.0.2.1",
    port: 443,
    time: new Date(),
    headers: new Map(Object.entries({ ...HEADERS, ...headers })),
    header_bytes: 1_500,
  };
}

/** What the authorizer is asked for a token. */
export const token_event = (token: string): object =>
  checked(authorizer_event(API, facts("/list", { jwt: token }), "POST /list", [token]));

/** @param username undefined for a route that is open to everyone */
export function json_event(path: string, body: unknown, username?: string): object {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return endpoint_event(path, "application/json", Buffer.from(text), username);
}

/** A form with one file. */
export async function file_event(
  path: string,
  field: string,
  bytes: Uint8Array,
  username: string,
): Promise<object> {
  const form = new FormData();
  form.set(field, new File([Uint8Array.from(bytes)], "IMG_0001.jpg", { type: "image/jpeg" }));
  const encoded = new Response(form);
  const body = Buffer.from(await encoded.arrayBuffer());
  return endpoint_event(path, encoded.headers.get("content-type") ?? "", body, username);
}

function endpoint_event(path: string, type: string, body: Buffer, username: string | undefined): object {
  const request = facts(path, { "content-type": type, "content-length": String(body.byteLength) });
  const context = username === undefined ? undefined : { username };
  return checked(integration_event(API, request, `POST ${path}`, body, context));
}

/** @throws Error for an event that Lambda would not take. */
function checked(event: object): object {
  const bytes = Buffer.byteLength(JSON.stringify(event));
  if (bytes > MAX_REQUEST_BYTES) throw new Error(`an event of ${bytes} bytes is more than Lambda takes`);
  return event;
}
