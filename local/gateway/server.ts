/**
 * An API Gateway HTTP API on this machine: routes, a Lambda authorizer, CORS, and AWS's limits.
 *
 * A request is judged in this order: size of its headers, CORS preflight, announced size of its body, route,
 * authorizer, size of its body, function. What the gateway refuses never reaches a function.
 */
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Invocation, Invoke } from "../lambda/function.ts";
import { type Answer, function_answer, gateway_answer } from "./answer.ts";
import { type Authorizer, create_authorizer } from "./authorizer.ts";
import { announces_too_much, ClientGone, read_body } from "./body.ts";
import { type Cors, preflight_answer, with_cors } from "./cors.ts";
import { type Api, type AuthorizerContext, authorizer_event, integration_event } from "./event.ts";
import { AUTHORIZER_TIMEOUT_MS, INTEGRATION_TIMEOUT_MS, MAX_HEADER_BYTES } from "./limits.ts";
import { type RequestFacts, read_facts } from "./request.ts";
import { within } from "./within.ts";

export type Route = {
  readonly invoke: Invoke;
  /** Whether the authorizer is asked first. */
  readonly authorized: boolean;
};

export type GatewaySettings = {
  /** 0 takes a free one. */
  readonly port: number;
  readonly region: string;
  /** By route key, such as `POST /login`. Paths are compared as they are; there are no path parameters. */
  readonly routes: ReadonlyMap<string, Route>;
  /** What this gateway answers by itself, by route key; a route goes first. */
  readonly pages?: ReadonlyMap<string, () => Answer>;
  readonly authorizer: Invoke;
  /** The authorizer's identity source is `$request.header.<token_header>`. */
  readonly token_header: string;
  readonly authorizer_ttl_s: number;
  /** Without it no CORS header is sent, and OPTIONS is a route like any other. */
  readonly cors?: Cors | undefined;
  readonly stage?: string;
  /** 30 s unless a test says otherwise. */
  readonly integration_timeout_ms?: number;
  /** One JSON line for each request: no header, no body, no token, no path. */
  readonly log: (line: string) => void;
};

export type Gateway = {
  readonly url: string;
  readonly port: number;
  /** Stops listening and cuts every connection. */
  readonly close: () => Promise<void>;
};

/** Above AWS's limit by so much that this process, and not Node's parser, gives the answer. */
const PARSER_HEADER_BYTES = 128 * 1024;

/** How long a client that was answered before it had sent its body may go on sending. */
const DRAIN_MS = 10_000;

/** @throws the error of `listen`, such as EADDRINUSE. */
export async function start_gateway(settings: GatewaySettings): Promise<Gateway> {
  const gateway = create_request_judge(settings);
  const server = createServer({ maxHeaderSize: PARSER_HEADER_BYTES }, (request, response) => {
    void serve(settings, gateway, request, response, false);
  });
  // curl waits for this before it sends a large body, and is spared sending one that is refused.
  server.on("checkContinue", (request, response) => {
    void serve(settings, gateway, request, response, true);
  });
  server.on("clientError", refuse_malformed);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(settings.port, "127.0.0.1", resolve);
  });
  const { port } = address_of(server.address());
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function address_of(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("The gateway has no port");
  return address;
}

/** What is known of a request once it is answered. */
type Judgement = { readonly route_key: string; readonly answer: Answer };
type ReadBody = () => Promise<Buffer | undefined>;
type Judge = (facts: RequestFacts, body: ReadBody) => Promise<Judgement>;

function create_request_judge(settings: GatewaySettings): Judge {
  const api: Api = { region: settings.region, stage: settings.stage ?? "$default" };
  const authorizer = create_authorizer({
    invoke: settings.authorizer,
    token_header: settings.token_header,
    ttl_s: settings.authorizer_ttl_s,
    timeout_ms: AUTHORIZER_TIMEOUT_MS,
  });

  async function judge_route(
    facts: RequestFacts,
    route_key: string,
    route: Route,
    body: ReadBody,
  ): Promise<Answer> {
    const permission = route.authorized
      ? await authorize(api, authorizer, facts, route_key)
      : { context: undefined };
    if ("refusal" in permission) return permission.refusal;
    const bytes = await body();
    if (bytes === undefined) return gateway_answer(413);
    const event = integration_event(api, facts, route_key, bytes, permission.context);
    const invocation = await within(
      settings.integration_timeout_ms ?? INTEGRATION_TIMEOUT_MS,
      route.invoke(event),
    );
    return integration_answer(invocation);
  }

  return async (facts, body) => {
    const route_key = `${facts.method} ${facts.path}`;
    if (facts.header_bytes > MAX_HEADER_BYTES) return { route_key: "-", answer: gateway_answer(431) };
    const preflight = preflight_answer(settings.cors, facts);
    if (preflight !== undefined) return { route_key: "OPTIONS", answer: preflight };
    if (announces_too_much(facts.headers)) return { route_key: "-", answer: gateway_answer(413) };
    const route = settings.routes.get(route_key);
    const page = settings.pages?.get(route_key);
    if (route === undefined && page !== undefined) return { route_key, answer: page() };
    if (route === undefined) return { route_key: "-", answer: gateway_answer(404) };
    return { route_key, answer: await judge_route(facts, route_key, route, body) };
  };
}

type Permission = { readonly context: AuthorizerContext | undefined } | { readonly refusal: Answer };

async function authorize(
  api: Api,
  authorizer: Authorizer,
  facts: RequestFacts,
  route_key: string,
): Promise<Permission> {
  const verdict = await authorizer.authorize(facts.headers, (identity) =>
    authorizer_event(api, facts, route_key, identity),
  );
  if (verdict.allowed) return { context: verdict.context };
  return { refusal: gateway_answer(verdict.status, verdict.error) };
}

function integration_answer(invocation: Invocation | "timed_out"): Answer {
  if (invocation === "timed_out")
    return gateway_answer(503, "The function took longer than the gateway waits");
  if ("payload" in invocation) return function_answer(invocation.payload);
  if ("function_error" in invocation) {
    // The message may quote what the client sent; the function's own log has it.
    return gateway_answer(500, `The function failed: ${invocation.function_error.errorType}`);
  }
  return gateway_answer(invocation.refused === "RequestTooLarge" ? 413 : 503, invocation.refused);
}

async function serve(
  settings: GatewaySettings,
  judge: Judge,
  request: IncomingMessage,
  response: ServerResponse,
  awaits_continue: boolean,
): Promise<void> {
  const facts = read_facts(request);
  const log = (route_key: string, answer: Answer) => settings.log(access_log_line(facts, route_key, answer));
  try {
    const { route_key, answer } = await judge(facts, () => {
      if (awaits_continue) response.writeContinue();
      return read_body(request);
    });
    log(route_key, answer);
    send(facts, request, response, with_cors(settings.cors, facts, answer));
  } catch (error) {
    if (error instanceof ClientGone) {
      log("-", {
        status: 499,
        headers: [],
        body: Buffer.alloc(0),
        integration_error: "The client went away",
      });
      return;
    }
    const answer = gateway_answer(
      500,
      `The gateway failed: ${error instanceof Error ? error.message : "unknown"}`,
    );
    log("-", answer);
    send(facts, request, response, with_cors(settings.cors, facts, answer));
  }
}

function send(facts: RequestFacts, request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const has_body = answer.status !== 204 && answer.status !== 304;
  const headers = [...answer.headers, ["apigw-requestid", facts.request_id]].flat();
  if (has_body) headers.push("content-length", String(answer.body.length));
  response.writeHead(answer.status, STATUS_CODES[answer.status] ?? "", headers);
  response.end(has_body ? answer.body : undefined);
  if (!request.complete) drain(request);
}

/**
 * Lets a client that was answered in the middle of its upload finish sending. A socket closed with bytes unread is
 * reset, and the reset overtakes the answer; so Node keeps the connection, drops what still comes, and only a
 * client that does not end is cut off.
 */
function drain(request: IncomingMessage): void {
  request.resume();
  const cut = setTimeout(() => request.destroy(), DRAIN_MS).unref();
  request.once("close", () => clearTimeout(cut));
  request.once("end", () => clearTimeout(cut));
}

function access_log_line(facts: RequestFacts, route_key: string, answer: Answer): string {
  return JSON.stringify({
    requestId: facts.request_id,
    routeKey: route_key,
    status: answer.status,
    responseLength: answer.body.length,
    latencyMs: Date.now() - facts.time.getTime(),
    integrationError: answer.integration_error ?? "-",
  });
}

/** What is not HTTP, or has more headers than Node's parser takes, has no request to answer: the socket is told. */
function refuse_malformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
  const body = JSON.stringify({ message: STATUS_CODES[status] });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json\r\n` +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
