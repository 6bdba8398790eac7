/** The facts of an incoming request, read once from the socket, that events, routes and the log speak of. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

export type RequestFacts = {
  /** The form of an extended request id of AWS: 16 characters of base64. */
  readonly request_id: string;
  readonly trace_id: string;
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  /** As sent, without the question mark; empty when there is none. */
  readonly query: string;
  readonly protocol: string;
  readonly source_ip: string;
  readonly port: number;
  readonly time: Date;
  /** Names in lower case; the values of a repeated header joined with commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** Request line and headers as they were on the wire. */
  readonly header_bytes: number;
};

export function read_facts(request: IncomingMessage): RequestFacts {
  const [path = "", query = ""] = split_once(request.url ?? "", "?");
  const protocol = `HTTP/${request.httpVersion}`;
  return {
    request_id: randomBytes(11).toString("base64"),
    trace_id: `Root=1-${randomBytes(4).toString("hex")}-${randomBytes(12).toString("hex")}`,
    method: request.method ?? "",
    path,
    query,
    protocol,
    source_ip: (request.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    port: request.socket.localPort ?? 0,
    time: new Date(),
    headers: join_headers(request.rawHeaders),
    header_bytes: count_header_bytes(request, protocol),
  };
}

function split_once(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** From `rawHeaders`, since `headers` leaves out the second of many repeated ones. */
function join_headers(raw: readonly string[]): Map<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of pairs(raw)) {
    const key = name.toLowerCase();
    const before = joined.get(key);
    joined.set(key, before === undefined ? value : `${before},${value}`);
  }
  return joined;
}

function* pairs(raw: readonly string[]): Generator<[string, string]> {
  for (let at = 0; at < raw.length; at += 2) yield [raw[at] ?? "", raw[at + 1] ?? ""];
}

function count_header_bytes(request: IncomingMessage, protocol: string): number {
  const request_line = `${request.method} ${request.url} ${protocol}\r\n`;
  let bytes = Buffer.byteLength(request_line, "latin1");
  for (const [name, value] of pairs(request.rawHeaders))
    bytes += name.length + value.length + ": \r\n".length;
  return bytes;
}
