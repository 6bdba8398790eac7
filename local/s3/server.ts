/**
 * A strict S3 on this machine, for one account and one region. It refuses what S3 refuses, and answers 501 to
 * what S3 has and it has not.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { AwsError } from "../aws/aws_error.ts";
import { type AwsCall, app_id_of } from "../aws/call.ts";
import type { Credentials, Expectation } from "../aws/sigv4.ts";
import { authenticate } from "./authentication.ts";
import { check_bucket_name } from "./buckets.ts";
import type { NewObject } from "./catalog.ts";
import { answer_preflight, cors_headers } from "./cors.ts";
import { incomplete_body, internal_error } from "./errors.ts";
import { type Creation, type Notification, notify, test_event } from "./notifications.ts";
import type { Answer } from "./operation.ts";
import { is_post_form, post_object } from "./post_object.ts";
import { read_request, type S3Request } from "./request.ts";
import { route } from "./router.ts";
import { Store } from "./store.ts";
import { xml_document, xml_error_document } from "./xml.ts";

export interface S3Options {
  /** 0 for any that is free. */
  port: number;
  host?: "127.0.0.1";
  /** A folder of its own; made if it is not there. */
  data_dir: string;
  region: string;
  /** Whose signatures are taken. */
  credentials: readonly Credentials[];
  /**
   * Whether the owner of a key id may list the buckets; everyone may unless told. To those who may not, S3 says 403 of a
   * key that is not there: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  may_list?: (access_key_id: string) => boolean;
  /** Made if they are not there. */
  buckets: readonly string[];
  /** How long these buckets keep what was deleted or written anew; without it they keep nothing that is not current. */
  old_versions?: readonly VersionRule[];
  /** Who is told of new objects; S3 sends a test event for each that was not there when the folder was last open. */
  notifications?: readonly Notification[];
  /** Takes a line for each request: method, path, status, error code. */
  log?: (line: string) => void;
  /** Takes each request whose signature holds and whose operation is known, when its answer is. */
  on_call?: (call: AwsCall) => void;
  clock?: () => Date;
}

/** Applied when the server starts. As in a lifecycle configuration, the shortest time that fits a key holds. */
export interface VersionRule {
  /** Empty for every key. */
  prefix: string;
  days: number;
}

export interface RunningS3 {
  url: string;
  port: number;
  /** Cuts what is under way and leaves nothing half-written. */
  close(): Promise<void>;
}

/** Starts the server; rejects if the port is taken or another server has the folder open. */
export async function start_s3(options: S3Options): Promise<RunningS3> {
  const server = createServer();
  const port = await listen(server, options.port, options.host ?? "127.0.0.1");
  let store: Store;
  try {
    store = open_store(options);
  } catch (error) {
    server.close();
    throw error;
  }
  const under_way = new Set<Promise<void>>();
  const serve = (incoming: IncomingMessage, response: ServerResponse, expects_continue: boolean): void => {
    const ids = new_request_ids();
    const served = handle({ incoming, response, expects_continue, store, options, ids }).finally(() =>
      under_way.delete(served),
    );
    under_way.add(served);
  };
  server.on("request", (incoming, response) => serve(incoming, response, false));
  server.on("checkContinue", (incoming, response) => serve(incoming, response, true));
  return {
    url: `http://${options.host ?? "127.0.0.1"}:${port}`,
    port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await Promise.allSettled(under_way);
      store.close();
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<number> {
  // An upload may take as long as it takes.
  server.requestTimeout = 0;
  // Clients keep connections for their next request; one that is closed as it is sent fails that request.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return bound_port(server.address());
}

function bound_port(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}

function open_store({ data_dir, buckets, old_versions, notifications = [], clock }: S3Options): Store {
  for (const bucket of buckets) check_bucket_name(bucket);
  const time = clock?.() ?? new Date();
  const store = new Store(data_dir, (catalog) => {
    for (const bucket of buckets) {
      for (const { prefix, days } of old_versions ?? []) {
        catalog.expire_versions(bucket, prefix, new Date(time.getTime() - days * DAY_MS));
      }
    }
  });
  for (const bucket of buckets) {
    if (!store.catalog.has_bucket(bucket)) store.catalog.create_bucket(bucket, time);
    if (old_versions) store.catalog.keep_versions(bucket);
  }
  for (const { bucket, send } of store.catalog.configure_notifications(notifications)) {
    send(test_event(bucket, { ...new_request_ids(), time }));
  }
  return store;
}

const DAY_MS = 86_400_000;

/** What an answer has in `x-amz-request-id` and `x-amz-id-2`. */
function new_request_ids(): { request_id: string; host_id: string } {
  const request_id = randomBytes(8).toString("hex").toUpperCase();
  return { request_id, host_id: Buffer.from(request_id).toString("base64") };
}

interface Exchange {
  incoming: IncomingMessage;
  response: ServerResponse;
  expects_continue: boolean;
  store: Store;
  options: S3Options;
  ids: { request_id: string; host_id: string };
  /** What is known of a request before it is answered. */
  understood?: Omit<AwsCall, "status">;
}

/** Answers one request, whatever happens. */
async function handle(exchange: Exchange): Promise<void> {
  const { incoming, response, options, ids } = exchange;
  const path = (incoming.url ?? "").split("?")[0] ?? "";
  let code = "";
  let answer: { status: number; headers?: Readonly<Record<string, string>>; body?: string | Readable };
  try {
    const { body, ...head } = await perform(exchange);
    answer = {
      ...head,
      ...(body === undefined ? {} : { body: body instanceof Readable ? body : xml_document(body) }),
    };
  } catch (thrown) {
    const error = as_aws_error(thrown, incoming);
    code = error.code;
    if (error.statusCode === 500) options.log?.(`${path} ${describe(thrown)}`);
    answer = { status: error.statusCode, headers: error.headers, body: render_error(error, path, ids) };
  }
  options.log?.([incoming.method, path, answer.status, code].join(" ").trimEnd());
  if (exchange.understood) options.on_call?.({ ...exchange.understood, status: answer.status });
  await send(exchange, answer, {
    "x-amz-request-id": ids.request_id,
    "x-amz-id-2": ids.host_id,
    server: "AmazonS3",
    ...cors_headers(incoming.headers),
  }).catch(() => response.destroy());
}

function as_aws_error(thrown: unknown, incoming: IncomingMessage): AwsError {
  if (thrown instanceof AwsError) return thrown;
  const was_cut = incoming.destroyed && !incoming.complete;
  return was_cut ? incomplete_body() : internal_error();
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : "unknown error";
}

async function perform(exchange: Exchange): Promise<Answer> {
  const { incoming, response, expects_continue, store, options } = exchange;
  if (incoming.method === "OPTIONS") return answer_preflight(incoming.headers);
  const clock = options.clock ?? (() => new Date());
  const request: S3Request = read_request(incoming, response, expects_continue);
  const expectation: Expectation = {
    credentials: options.credentials,
    region: options.region,
    service: "s3",
    now: clock(),
  };
  const context = {
    store,
    region: options.region,
    now: () => whole_seconds(clock()),
    created: (creation: Creation) => (object: NewObject) =>
      notify(options.notifications ?? [], request.bucket, creation, object, {
        ...exchange.ids,
        access_key_id: exchange.understood?.access_key_id ?? "",
        source_ip: incoming.socket.remoteAddress ?? "",
        region: options.region,
        time: clock(),
      }),
  };
  if (is_post_form(request)) {
    const understood = (key: string, access_key_id: string) => {
      exchange.understood = { ...call_of({ ...request, key }, "PostObject"), access_key_id, presigned: true };
    };
    return post_object({ ...context, request, expectation, understood });
  }
  const signed = authenticate(request, expectation);
  const { name, run } = route(signed);
  const { access_key_id } = signed.signature;
  const presigned = request.headers.authorization === undefined;
  exchange.understood = { ...call_of(signed, name), access_key_id, presigned };
  return run({ ...context, request: signed, may_list: options.may_list?.(access_key_id) ?? true });
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys */
const CONDITIONS =
  /^(?:prefix|delimiter|max-keys|if-match|if-none-match|x-amz-(?:acl|storage-class|copy-source|metadata-directive))$/;

function call_of({ bucket, key, query, headers }: S3Request, operation: string) {
  const named = [...query, ...Object.entries(headers)].filter(([name]) => CONDITIONS.test(name));
  return {
    service: "s3",
    operation,
    bucket,
    key,
    conditions: Object.fromEntries(named),
    app_id: app_id_of(headers["user-agent"]),
  } as const;
}

function whole_seconds(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

function render_error(error: AwsError, resource: string, ids: Exchange["ids"]): string {
  return xml_error_document([
    ["Code", error.code],
    ["Message", error.message],
    ...Object.entries(error.details),
    ["Resource", resource],
    ["RequestId", ids.request_id],
    ["HostId", ids.host_id],
  ]);
}

async function send(
  { incoming, response, expects_continue }: Exchange,
  answer: { status: number; headers?: Readonly<Record<string, string>>; body?: string | Readable },
  common: Readonly<Record<string, string>>,
): Promise<void> {
  const { status, headers = {}, body } = answer;
  // A client that was not told to go on may or may not send its body: the connection cannot be used again.
  const unread = expects_continue && !incoming.readableEnded;
  response.writeHead(status, {
    ...common,
    ...(typeof body === "string" ? { "content-type": "application/xml" } : {}),
    ...(typeof body === "string" && incoming.method !== "HEAD"
      ? { "content-length": String(Buffer.byteLength(body)) }
      : {}),
    ...headers,
    ...(unread ? { connection: "close" } : {}),
  });
  if (body instanceof Readable) await pipeline(body, response);
  else response.end(incoming.method === "HEAD" ? undefined : body);
}
