/** Sends bytes and tells how many have gone: by XMLHttpRequest in a page, since fetch does not tell; by fetch elsewhere. */
import { ConnectionError } from "./problem_error.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Transfer {
  readonly url: string;
  readonly method: "POST" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob;
  readonly signal?: AbortSignal | undefined;
  /** Called with the bytes of the body so far. */
  readonly on_sent: (bytes: number) => void;
}

export type Send = (transfer: Transfer) => Promise<Response>;

/** What this module asks of a page's XMLHttpRequest; elsewhere there is none. */
interface PageRequest {
  readonly status: number;
  readonly responseText: string;
  readonly upload: { onprogress: ((event: { readonly loaded: number }) => void) | null };
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: Blob): void;
  abort(): void;
}

declare const XMLHttpRequest: (new () => PageRequest) | undefined;
declare const process: { readonly versions?: { readonly node?: string } } | undefined;

/** @param given the caller's own fetch, which then sends everything */
export function sender(given: Fetch | undefined, fetch: Fetch): Send {
  if (given === undefined && typeof XMLHttpRequest !== "undefined") return send_by_page;
  return (transfer) => send_by_fetch(fetch, transfer);
}

/** Statuses whose answer has no body, not even an empty one (Fetch, section 2.2.3). */
const BODILESS = [204, 205, 304];

function send_by_page({ url, method, headers, body, signal, on_sent }: Transfer): Promise<Response> {
  if (typeof XMLHttpRequest === "undefined") throw new TypeError("There is no XMLHttpRequest.");
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    const abort = () => request.abort();
    const ended = (settle: () => void) => () => {
      signal?.removeEventListener("abort", abort);
      settle();
    };
    request.upload.onprogress = ({ loaded }) => on_sent(loaded);
    request.onload = ended(() => {
      const { status, responseText } = request;
      const text = BODILESS.includes(status) ? null : responseText;
      resolve(new Response(text, { status, headers: headers_of(request.getAllResponseHeaders()) }));
    });
    request.onerror = ended(() => reject(new ConnectionError("The server did not answer.")));
    request.onabort = ended(() => reject(signal?.reason));
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    signal?.addEventListener("abort", abort, { once: true });
    request.send(body);
  });
}

function headers_of(lines: string): Headers {
  const headers = new Headers();
  for (const line of lines.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}

/**
 * Node takes a stream as the body and keeps to its declared length, as S3 wants it. Elsewhere a stream would go in
 * chunks of no declared length, so the body goes whole, and is told of once it has gone.
 */
async function send_by_fetch(
  fetch: Fetch,
  { url, method, headers, body, signal, on_sent }: Transfer,
): Promise<Response> {
  const init = { method, headers, signal: signal ?? null };
  if (typeof process === "undefined" || process.versions?.node === undefined || body.size === 0) {
    const response = await fetch(url, { ...init, body });
    on_sent(body.size);
    return response;
  }
  return fetch(url, {
    ...init,
    headers: { ...headers, "content-length": String(body.size) },
    body: counted(body, on_sent),
    duplex: "half",
  });
}

const PIECE_BYTES = 128 * 1024;

/** One piece is in memory at a time, and counts once the connection asks for the next. */
function counted(body: Blob, on_sent: (bytes: number) => void): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (sent > 0) on_sent(sent);
        const piece = await body.slice(sent, sent + PIECE_BYTES).arrayBuffer();
        sent += piece.byteLength;
        if (piece.byteLength > 0) controller.enqueue(new Uint8Array(piece));
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}
