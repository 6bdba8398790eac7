/** The server under test on a folder of its own, the SDK's client with its defaults, and signed raw requests. */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request as http_request, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { uri_encode } from "../../../local/aws/sigv4.ts";
import { type RunningS3, type S3Options, start_s3 } from "../../../local/s3/server.ts";
import { CREDENTIALS, REGION, signer } from "../aws/signing.ts";

export const BUCKET = "yourplace";

export interface RawRequest {
  method: string;
  /** As it goes over the wire, percent-encoded. */
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Buffer | string;
  /** Signed in a header unless told otherwise. `UNSIGNED-PAYLOAD` and its like as the payload's hash. */
  payload?: string;
  signed?: boolean;
  /** Now, unless told. */
  signed_at?: Date;
}

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
  /** The code in an error's document. */
  code: string | undefined;
}

export interface StrictS3 {
  readonly url: string;
  readonly port: number;
  readonly client: S3Client;
  readonly data_dir: string;
  /** The lines of the server's log. */
  readonly log: string[];
  send(request: RawRequest): Promise<RawAnswer>;
  /** The names of the files that bytes are kept in. */
  blobs(): string[];
  restart(): Promise<void>;
  /** Restarts, and does something to the folder in between. */
  with_server_stopped(change: () => void): Promise<void>;
  close(): Promise<void>;
}

export async function start_strict_s3(
  options: Partial<S3Options> & { client?: S3ClientConfig } = {},
): Promise<StrictS3> {
  const { client: client_config, ...server_options } = options;
  const data_dir = await mkdtemp(join(tmpdir(), "strict-s3-"));
  const log: string[] = [];
  const start = (port: number): Promise<RunningS3> =>
    start_s3({
      port,
      data_dir,
      region: REGION,
      credentials: [CREDENTIALS],
      buckets: [BUCKET],
      log: (line) => log.push(line),
      ...server_options,
    });
  let server = await start(0);
  const { port, url } = server;
  const client = new S3Client({ endpoint: url, region: REGION, credentials: CREDENTIALS, ...client_config });
  return {
    url,
    port,
    client,
    data_dir,
    log,
    send: async (request) => send_raw(port, await sign_raw(port, request)),
    blobs: () => readdirSync(join(data_dir, "blobs")),
    restart: async () => {
      await server.close();
      server = await start(port);
    },
    with_server_stopped: async (change) => {
      await server.close();
      change();
      server = await start(port);
    },
    close: async () => {
      client.destroy();
      await server.close();
      await rm(data_dir, { recursive: true });
    },
  };
}

/** Adds the signature that AWS's own signer makes. */
export async function sign_raw(port: number, request: RawRequest): Promise<RawRequest> {
  if (request.signed === false) return request;
  const body = Buffer.from(request.body ?? "");
  const unsigned = {
    protocol: "http:",
    hostname: "127.0.0.1",
    method: request.method,
    path: request.path,
    query: request.query ?? {},
    headers: {
      host: `127.0.0.1:${port}`,
      "x-amz-content-sha256": request.payload ?? createHash("sha256").update(body).digest("hex"),
      ...request.headers,
    },
  };
  const signed = await signer().sign(
    unsigned,
    request.signed_at ? { signingDate: request.signed_at } : undefined,
  );
  return { ...request, headers: { ...signed.headers } };
}

export function send_raw(port: number, request: RawRequest): Promise<RawAnswer> {
  const { method, path, query = {}, headers = {}, body } = request;
  const parameters = Object.entries(query).map(([name, value]) => `${uri_encode(name)}=${uri_encode(value)}`);
  return new Promise((resolve, reject) => {
    const outgoing = http_request(
      {
        host: "127.0.0.1",
        port,
        method,
        path: parameters.length > 0 ? `${path}?${parameters.join("&")}` : path,
        headers: { ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }), ...headers },
        agent: false,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.once("error", reject);
        incoming.once("end", () => {
          const whole = Buffer.concat(chunks);
          const text = whole.toString("utf8");
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: whole,
            text,
            code: /<Code>(.*?)<\/Code>/.exec(text)?.[1],
          });
        });
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
