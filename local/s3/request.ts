/** A request as S3 sees it: bucket, key, parameters and headers, read from the raw request line and headers. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { parse_query, percent_decode, type VerifiedSignature } from "../aws/sigv4.ts";
import { invalid_argument, invalid_uri, key_too_long } from "./errors.ts";

export interface S3Request {
  method: string;
  /** As they came, percent-encoded. */
  raw_path: string;
  raw_query: string;
  /** Empty for the service itself. */
  bucket: string;
  /** Empty for a bucket. */
  key: string;
  query: ReadonlyMap<string, string>;
  /** Names in lower case; a repeated header's values joined with a comma; Latin-1. */
  headers: Readonly<Record<string, string>>;
  /** The body as it comes; a client that waits for 100 Continue is told to go on when it is first asked for. */
  body(): AsyncIterable<Buffer>;
}

/** A request whose signature holds. */
export interface SignedS3Request extends S3Request {
  signature: VerifiedSignature;
}

const MAX_KEY_BYTES = 1024;

export function read_request(
  incoming: IncomingMessage,
  response: ServerResponse,
  expects_continue: boolean,
): S3Request {
  const [raw_path = "", ...rest] = (incoming.url ?? "").split("?");
  const raw_query = rest.join("?");
  if (!raw_path.startsWith("/")) throw invalid_uri({ URI: raw_path });
  const [, bucket = "", raw_key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(raw_path) ?? [];
  return {
    method: incoming.method ?? "",
    raw_path,
    raw_query,
    bucket: percent_decode(bucket),
    key: parse_key(raw_key),
    query: read_query(raw_query),
    headers: read_headers(incoming.rawHeaders),
    body: () => {
      if (expects_continue) response.writeContinue();
      // An error on the way must not cut the connection before it has been answered.
      return incoming.iterator({ destroyOnReturn: false });
    },
  };
}

/** Decodes a key from a path or a copy source. S3 reads a bare `+` as a space there. */
export function parse_key(raw: string): string {
  const key = percent_decode(raw.replaceAll("+", "%20"));
  check_key_length(key);
  return key;
}

export function check_key_length(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY_BYTES) {
    throw key_too_long({ Size: String(size), MaxSizeAllowed: String(MAX_KEY_BYTES) });
  }
}

function read_query(raw: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of parse_query(raw)) {
    if (query.has(name)) {
      throw invalid_argument("A query parameter is given more than once.", { ArgumentName: name });
    }
    query.set(name, value);
  }
  return query;
}

function read_headers(raw: readonly string[]): Record<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    const value = raw[at + 1] ?? "";
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(headers);
}

/** A whole number in a query parameter, within bounds. */
export function integer_parameter(
  request: S3Request,
  name: string,
  bounds: { default: number; min: number; max: number },
): number {
  const text = request.query.get(name);
  if (text === undefined || text === "") return bounds.default;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= bounds.min && value <= bounds.max)) {
    throw invalid_argument(`Argument ${name} must be an integer between ${bounds.min} and ${bounds.max}`, {
      ArgumentName: name,
      ArgumentValue: text,
    });
  }
  return value;
}
