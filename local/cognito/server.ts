/**
 * A Cognito user pool on the laptop: the AWS JSON 1.1 protocol over HTTP on 127.0.0.1, and the pool's JWKS.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { type AwsCall, app_id_of } from "../aws/call.ts";
import type { Credentials } from "../aws/sigv4.ts";
import { require_signature } from "./admin_signature.ts";
import { register_user } from "./attributes.ts";
import { challenge_sessions } from "./challenge_sessions.ts";
import { CognitoError } from "./errors.ts";
import { OPERATIONS } from "./operations.ts";
import { hash_password } from "./passwords.ts";
import { sign_in_attempts } from "./sign_in_attempts.ts";
import { open_store, type Store } from "./store.ts";
import { make_signing_key, read_signing_key } from "./tokens.ts";
import {
  CLIENT_ID,
  DEFAULT_LIFETIMES,
  type Message,
  pool_id,
  pool_issuer,
  type TokenLifetimes,
  type UserPool,
} from "./user_pool.ts";

export interface CognitoOptions {
  /** 0 takes any free port. */
  port: number;
  /** Holds `cognito.sqlite`: the users, their sign-ins and the signing key. */
  data_dir: string;
  region: string;
  /** Whose signatures are taken for administrators' operations. */
  credentials: readonly Credentials[];
  /** Made, confirmed, when the data is new; a demo user who was deleted stays deleted. */
  demo_user?: { username: string; password: string };
  /** Called with what Cognito would send by e-mail. Without it nothing is sent. */
  deliver?: (message: Message) => void;
  /** Takes each request for an operation, once it is known how it is answered. */
  on_call?: (call: AwsCall) => void;
  /** The time by which tokens, codes and sessions expire. */
  clock?: () => Date;
  token_lifetimes?: Partial<TokenLifetimes>;
}

export interface RunningCognito {
  url: string;
  port: number;
  pool_id: string;
  client_id: string;
  jwks_uri: string;
  /** As it stands in the tokens: the real service's address, not this server's. */
  issuer: string;
  /** Ends after the requests in progress. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const CONTENT_TYPE = "application/x-amz-json-1.1";
const TARGET_PREFIX = "AWSCognitoIdentityProviderService.";
const MAX_BODY_BYTES = 128 * 1024;

/** Longer than an access token from the last refresh lives; until then its sign-in is looked up. */
const KEEP_EXPIRED_MS = 2 * 24 * 60 * 60 * 1000;

/** Browsers call Cognito straight from any page, so the real service answers every origin; and so do we. */
const CORS_HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date",
} as const;

const PREFLIGHT_HEADERS = {
  ...CORS_HEADERS,
  "access-control-allow-methods": "POST, GET, OPTIONS",
  "access-control-allow-headers":
    "authorization,cache-control,content-type,x-amz-content-sha256,x-amz-date,x-amz-security-token,x-amz-target,x-amz-user-agent,amz-sdk-invocation-id,amz-sdk-request",
  "access-control-max-age": "172800",
} as const;

/** Starts the server; rejects with EADDRINUSE when the port is taken. */
export async function start_cognito(options: CognitoOptions): Promise<RunningCognito> {
  const store = open_store(join(options.data_dir, "cognito.sqlite"));
  try {
    const pool = await open_pool(store, options);
    const in_progress = new Set<Promise<void>>();
    const server = createServer((request, response) => {
      const answered = answer(pool, options, request, response).finally(() => in_progress.delete(answered));
      in_progress.add(answered);
    });
    const port = await listen(server, options.port);
    const url = `http://${HOST}:${port}`;
    const close = async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      await Promise.all(in_progress);
      server.closeAllConnections();
      await closed;
      store.close();
    };
    let closing: Promise<void> | undefined;
    return {
      url,
      port,
      pool_id: pool.id,
      client_id: CLIENT_ID,
      jwks_uri: `${url}/${pool.id}/.well-known/jwks.json`,
      issuer: pool.issuer,
      close: () => {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** Loads the pool, or founds it: key, creation date and demo user appear together or not at all. */
async function open_pool(store: Store, options: CognitoOptions): Promise<UserPool> {
  const clock = options.clock ?? (() => new Date());
  if (store.setting("signing_key") === undefined) {
    const signing_key = await make_signing_key();
    const password_hash = options.demo_user && (await hash_password(options.demo_user.password));
    store.transaction(() => {
      store.set_setting("signing_key", signing_key);
      store.set_setting("created_at", String(clock().getTime()));
      if (options.demo_user && password_hash) {
        register_user(
          { store, clock },
          {
            email: options.demo_user.username,
            email_verified: true,
            status: "CONFIRMED",
            password_hash,
            attributes: {},
          },
        );
      }
    });
  }
  store.forget_sign_ins_before(clock().getTime() - KEEP_EXPIRED_MS);
  const { region } = options;
  return {
    id: pool_id(region),
    region,
    issuer: pool_issuer(region),
    lifetimes: { ...DEFAULT_LIFETIMES, ...options.token_lifetimes },
    signing_key: await read_signing_key(store.setting("signing_key") ?? ""),
    store,
    attempts: sign_in_attempts(clock),
    challenges: challenge_sessions(clock),
    clock,
    deliver: options.deliver ?? (() => {}),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** Answers one request; never rejects. */
async function answer(
  pool: UserPool,
  options: CognitoOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await route(pool, options, request, response);
  } catch (error) {
    const client_left = request.destroyed && !request.complete;
    if (client_left) return;
    send_error(response, error instanceof CognitoError ? error : internal_error(request, error));
  }
  // Sent, or the client is gone; only then may the server close.
  await finished(response).catch(() => {});
}

async function route(
  pool: UserPool,
  options: CognitoOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url?.split("?")[0] ?? "/";
  if (request.method === "OPTIONS") {
    response.writeHead(200, PREFLIGHT_HEADERS).end();
  } else if (request.method === "GET" && path === `/${pool.id}/.well-known/jwks.json`) {
    send_json(response, "application/json", { keys: [pool.signing_key.public_jwk] });
  } else if (request.method === "GET" && path === `/${pool.id}/.well-known/openid-configuration`) {
    send_json(response, "application/json", openid_configuration(pool, request));
  } else if (request.method === "POST" && path === "/") {
    send_json(response, CONTENT_TYPE, await run_operation(pool, options, request));
  } else {
    throw new CognitoError("UnknownOperationException", "The API is at POST /.");
  }
}

async function run_operation(
  pool: UserPool,
  options: CognitoOptions,
  request: IncomingMessage,
): Promise<object> {
  const body = await read_body(request);
  const target = request.headers["x-amz-target"];
  const known = typeof target === "string" && target.startsWith(TARGET_PREFIX) ? target : "";
  const name = known.slice(TARGET_PREFIX.length);
  const operation = OPERATIONS.get(name);
  if (operation === undefined || media_type(request) !== CONTENT_TYPE) {
    throw new CognitoError(
      "UnknownOperationException",
      `Expected Content-Type ${CONTENT_TYPE} and X-Amz-Target ${TARGET_PREFIX}<a supported operation>.`,
    );
  }
  const access_key_id = operation.signed ? signer_of(request, body, options) : undefined;
  const call = call_of(name, request, access_key_id);
  try {
    const answered = await operation.run(pool, parse_json(body));
    options.on_call?.({ ...call, status: 200 });
    return answered;
  } catch (error) {
    options.on_call?.({ ...call, status: error instanceof CognitoError ? error.status : 500 });
    throw error;
  }
}

function signer_of(request: IncomingMessage, body: Buffer, options: CognitoOptions): string {
  const [path = "/", query = ""] = request.url?.split("?") ?? [];
  return require_signature({ method: "POST", path, query, headers: joined_headers(request) }, body, options);
}

const call_of = (operation: string, { headers }: IncomingMessage, access_key_id: string | undefined) =>
  ({
    service: "cognito-idp",
    operation,
    access_key_id,
    app_id: app_id_of(headers["user-agent"]),
    bucket: "",
    key: "",
    conditions: {},
    presigned: false,
  }) as const;

/** Discovery as the real service has it (OpenID Connect Discovery 1.0, section 3), but for where the keys are. */
function openid_configuration(pool: UserPool, request: IncomingMessage): object {
  return {
    id_token_signing_alg_values_supported: ["RS256"],
    issuer: pool.issuer,
    jwks_uri: `http://${HOST}:${request.socket.localPort}/${pool.id}/.well-known/jwks.json`,
    response_types_supported: ["code", "token"],
    scopes_supported: ["openid", "email", "phone", "profile"],
    subject_types_supported: ["public"],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
  };
}

async function read_body(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    // Read on without keeping anything, so that the client gets to read the answer.
    if (size <= MAX_BODY_BYTES) chunks.push(bytes);
  }
  if (size > MAX_BODY_BYTES) {
    throw new CognitoError(
      "RequestEntityTooLargeException",
      `The request body is larger than ${MAX_BODY_BYTES} bytes.`,
    );
  }
  return Buffer.concat(chunks);
}

/** A member that is null counts as absent, as in every AWS JSON service. */
function parse_json(body: Buffer): object {
  let value: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    value = JSON.parse(text, (_key, member: unknown) => (member === null ? undefined : member));
  } catch {
    throw new CognitoError("SerializationException", "The request body is not JSON in UTF-8.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CognitoError("SerializationException", "The request body is not a JSON object.");
  }
  return value;
}

function media_type(request: IncomingMessage): string | undefined {
  return request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
}

/** A signature covers a repeated header's values joined with commas. */
function joined_headers(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(",") ?? ""]),
  );
}

function internal_error(request: IncomingMessage, cause: unknown): CognitoError {
  const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  process.stderr.write(`cognito: ${request.headers["x-amz-target"] ?? request.url}: ${reason}\n`);
  return new CognitoError("InternalErrorException", "The local Cognito failed; its output has the cause.");
}

function send_json(response: ServerResponse, content_type: string, body: object): void {
  response
    .writeHead(200, { ...CORS_HEADERS, "content-type": content_type, "x-amzn-requestid": randomUUID() })
    .end(JSON.stringify(body));
}

function send_error(response: ServerResponse, error: CognitoError): void {
  if (response.headersSent || response.destroyed) return;
  response
    .writeHead(error.status, {
      ...CORS_HEADERS,
      "content-type": CONTENT_TYPE,
      "x-amzn-errortype": `${error.name}:`,
      "x-amzn-requestid": randomUUID(),
    })
    .end(JSON.stringify({ __type: error.name, message: error.message }));
}
