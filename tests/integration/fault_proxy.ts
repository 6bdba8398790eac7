/**
 * An HTTP proxy that stands between the functions and S3 or Cognito and makes them fail. What it lets through is
 * passed on as it came, the Host header too, since a signature covers it.
 */
import { createServer, type IncomingMessage, request as open_request, type ServerResponse } from "node:http";

export type Fault =
  /** Answered by the proxy itself. */
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** Never answered; the connection stays open. */
  | "hang"
  /** The connection is cut when about half of the request's body has been passed on. */
  | "cut_request"
  /** The connection is cut when about half of the answer's body has been passed on. */
  | "cut_answer"
  /** The request is carried out, and the connection is cut where the answer should begin. */
  | "lose_answer";

export interface ProxiedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** The operation of an AWS JSON service, such as `InitiateAuth`. */
  readonly operation: string;
}

/** What is to go wrong with a request; undefined lets it pass. A promise is waited for. */
export type Script = (request: ProxiedRequest) => Fault | undefined | Promise<Fault | undefined>;

export interface FaultProxy {
  readonly url: string;
  /** Where requests go that are let through. */
  target: string;
  script: Script;
  /** Requests since the last reset. */
  readonly requests: readonly ProxiedRequest[];
  /** Lets everything pass again. */
  reset(): void;
  /** Refuses connections until `start` is called. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

const pass: Script = () => undefined;

export async function start_fault_proxy(): Promise<FaultProxy> {
  const requests: ProxiedRequest[] = [];
  const server = createServer((incoming, response) => {
    void serve(proxy, requests, incoming, response).catch(() => incoming.socket.destroy());
  });
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => {
        server.off("error", reject);
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  const port = await listen(0);
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${port}`,
    target: "",
    script: pass,
    requests,
    reset: () => {
      proxy.script = pass;
      requests.length = 0;
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
    start: async () => {
      await listen(port);
    },
  };
  return proxy;
}

async function serve(
  proxy: FaultProxy,
  requests: ProxiedRequest[],
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "", url = "" } = incoming;
  const target = String(incoming.headers["x-amz-target"] ?? "");
  const request: ProxiedRequest = { method, url, operation: target.slice(target.indexOf(".") + 1) };
  requests.push(request);
  const fault = await proxy.script(request);
  if (fault === "hang") return;
  if (typeof fault === "object") {
    for await (const _ of incoming); // read to its end, so that the answer is not overtaken by a reset
    response.writeHead(fault.status, { ...fault.headers }).end(fault.body);
    return;
  }
  forward(proxy.target, incoming, response, fault);
}

function forward(
  target: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  fault: Exclude<Fault, object | "hang"> | undefined,
): void {
  const { hostname, port } = new URL(target);
  const { method, url, rawHeaders } = incoming;
  const outgoing = open_request({ hostname, port, method, path: url, headers: rawHeaders, agent: false });
  const cut = () => {
    outgoing.destroy();
    incoming.socket.destroy();
  };
  outgoing.on("error", cut);
  if (fault === "cut_request") {
    pass_half(incoming, (chunk) => outgoing.write(chunk), cut);
    return;
  }
  incoming.on("data", (chunk: Buffer) => outgoing.write(chunk));
  incoming.on("end", () => outgoing.end());
  incoming.on("error", cut);
  outgoing.on("response", (answer) => {
    if (fault === "lose_answer") {
      answer.resume();
      answer.on("end", cut);
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    if (fault === "cut_answer") pass_half(answer, (chunk) => response.write(chunk), cut);
    else answer.pipe(response);
  });
}

/** Half of what the Content-Length announces, or of the first piece where it announces nothing. */
function pass_half(from: IncomingMessage, write: (chunk: Buffer) => void, cut: () => void): void {
  const announced = Number(from.headers["content-length"] ?? 0);
  let half = Math.floor(announced / 2);
  let passed = 0;
  from.on("data", (chunk: Buffer) => {
    if (half === 0) half = Math.ceil(chunk.byteLength / 2);
    if (passed >= half) return;
    write(chunk.subarray(0, half - passed));
    passed += chunk.byteLength;
    // A moment for what has been written to leave.
    if (passed >= half) setTimeout(cut, 20);
  });
  from.on("end", () => {
    if (passed === 0) cut();
  });
}

/** The first `count` requests that match meet the fault; the rest pass. */
export function first(count: number, matches: (request: ProxiedRequest) => boolean, fault: Fault): Script {
  let met = 0;
  return (request) => {
    if (!matches(request) || met >= count) return undefined;
    met += 1;
    return fault;
  };
}

export const always = (matches: (request: ProxiedRequest) => boolean, fault: Fault): Script =>
  first(Number.POSITIVE_INFINITY, matches, fault);

/** An error as S3 writes it. */
export const s3_fault = (status: number, code: string): Fault => ({
  status,
  headers: { "content-type": "application/xml", "x-amz-request-id": "TX234S0F24A06C7" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>As S3 words it.</Message></Error>`,
});

/** An error as Cognito writes it. */
export const cognito_fault = (status: number, name: string): Fault => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": `${name}:` },
  body: JSON.stringify({ __type: name, message: "As Cognito words it." }),
});
