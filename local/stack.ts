/** The whole backend on this machine: S3, Cognito, the queues, the functions from their built bundles, and the gateway. */
import { appendFileSync, existsSync } from "node:fs";
import path from "node:path";
import { build } from "../scripts/build.ts";
import type { AwsCall } from "./aws/call.ts";
import type { Credentials } from "./aws/sigv4.ts";
import { type RunningCognito, start_cognito } from "./cognito/server.ts";
import type { Message } from "./cognito/user_pool.ts";
import {
  BUCKET,
  type Config,
  CREDENTIALS,
  DEMO_USER,
  function_credentials,
  PHOTO_MAX_BYTES,
  REGION,
} from "./config.ts";
import { type DataDir, open_data_dir } from "./data_dir.ts";
import { docs_pages } from "./docs_pages.ts";
import { AUTHORIZER, type FunctionDefinition, read_functions_table } from "./functions_table.ts";
import { default_cors } from "./gateway/cors.ts";
import { type Gateway, type Route, start_gateway } from "./gateway/server.ts";
import { create_function, type LambdaFunction } from "./lambda/function.ts";
import { EVENT_SOURCES, open_queues, type StackQueues } from "./queues.ts";
import { type RunningS3, start_s3 } from "./s3/server.ts";
import { StartError } from "./start_error.ts";

export type StackSettings = {
  readonly config: Config;
  /** Each line that a part writes; `source` is the function's or the queue's name, `gateway`, `s3` or `cognito`. */
  readonly on_log: (line: string, source: string) => void;
  /** Each call of S3 and Cognito, by whomever; `caller_of` says which function's it is. */
  readonly on_call?: (call: AwsCall) => void;
  /** Where the functions find S3 and Cognito, when something is put in between. */
  readonly s3_endpoint?: string;
  readonly cognito_endpoint?: string;
  /** Takes what is in `dist_dir` as it is. */
  readonly skip_build?: boolean;
  /** `dist/` of the project unless told; another one is never built. */
  readonly dist_dir?: string;
  /** Another table than the project's. */
  readonly table_file?: string;
  /** Empties the data folder first. */
  readonly reset?: boolean;
  /** Gives the dead letters of all queues a new start. */
  readonly redrive?: boolean;
};

export type Stack = {
  /** Of the gateway. */
  readonly url: string;
  readonly s3: { readonly url: string; readonly port: number };
  readonly cognito: Omit<RunningCognito, "close">;
  readonly functions: Readonly<Record<string, LambdaFunction>>;
  /** Those that a function of the table is for. */
  readonly queues: StackQueues["queues"];
  /** What Cognito would send by e-mail, the newest last. */
  readonly mail_file: string;
  readonly data_dir: DataDir;
  /** Stops everything; the data stays. */
  readonly close: () => Promise<void>;
};

/** What is under way when the stack closes has so long to end; a message whose function is stopped comes again. */
const DRAIN_MS = 2_000;

const DIST = path.join(import.meta.dirname, "..", "dist");

/** @throws StartError when a port is taken, the data folder is, or the build or the table lacks something. */
export async function start_stack(settings: StackSettings): Promise<Stack> {
  const { config } = settings;
  const opened: (() => void | Promise<void>)[] = [];
  const close_all = once(async () => {
    for (const close of opened.toReversed()) await close();
  });
  try {
    const data_dir = open_data_dir(config.data_dir, { reset: settings.reset ?? false });
    opened.push(data_dir.close);
    if (settings.dist_dir === undefined && !settings.skip_build) await build();

    const table = read_functions_table(settings.table_file);
    const { queues, ...deliveries } = open_queues({ ...settings, table, data_dir });
    opened.push(deliveries.close);
    const s3 = await on_port("S3", "S3_PORT", config.s3_port, () =>
      open_s3(settings, table, data_dir, deliveries.notifications),
    );
    opened.push(() => s3.close());
    const mail_file = path.join(data_dir.path, "mail.txt");
    const cognito = await on_port("Cognito", "COGNITO_PORT", config.cognito_port, () =>
      open_cognito(settings, table, data_dir, mail_file),
    );
    opened.push(() => cognito.close());

    const functions = create_functions(settings, table, {
      supplied: {
        PHOTOS_BUCKET: BUCKET,
        USER_POOL_ID: cognito.pool_id,
        USER_POOL_CLIENT_ID: cognito.client_id,
        CURSOR_KEY: data_dir.secret("cursor_key"),
        PHOTO_MAX_BYTES: String(PHOTO_MAX_BYTES),
        DETECT_DUPLICATES: String(config.detect_duplicates),
      },
      every: {
        AWS_ENDPOINT_URL_S3: settings.s3_endpoint ?? s3.url,
        AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: settings.cognito_endpoint ?? cognito.url,
      },
      authorizer: { JWKS_URI: cognito.jwks_uri },
    });
    opened.push(async () => {
      await Promise.all(Object.values(functions).map((made) => made.stop()));
    });

    // After the gateway, so that no new request is kept waiting meanwhile.
    opened.push(() => deliveries.stop(DRAIN_MS));

    const gateway = await on_port("the gateway", "PORT", config.port, () =>
      open_gateway(settings, table, functions),
    );
    opened.push(gateway.close);

    // Last, when nothing can keep the stack from starting any more.
    if (settings.redrive) for (const queue of Object.values(queues)) queue.redrive();
    deliveries.start(functions);
    return { url: gateway.url, s3, cognito, functions, queues, mail_file, data_dir, close: close_all };
  } catch (error) {
    await close_all();
    throw error;
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}

async function on_port<T>(what: string, variable: string, port: number, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "EADDRINUSE") throw error;
    throw new StartError(`Port ${port} for ${what} is taken. Set ${variable} to another one.`);
  }
}

type FunctionsTable = Readonly<Record<string, FunctionDefinition>>;

const credentials_of = (table: FunctionsTable): Credentials[] => [
  CREDENTIALS,
  ...Object.keys(table).map(function_credentials),
];

/** As in terraform/photos.tf: a deleted photo can be restored for so long, and nothing else at all. */
const OLD_VERSIONS = [
  { prefix: "", days: 30 },
  { prefix: ".", days: 1 },
];

function open_s3(
  { config, on_log, on_call }: StackSettings,
  table: FunctionsTable,
  data_dir: DataDir,
  notifications: StackQueues["notifications"],
): Promise<RunningS3> {
  const without_listing = Object.entries(table)
    .filter(([, { permissions }]) => !Object.values(permissions).flat().includes("s3:ListBucket"))
    .map(([name]) => function_credentials(name).accessKeyId);
  return start_s3({
    port: config.s3_port,
    data_dir: data_dir.folder("s3"),
    region: REGION,
    credentials: credentials_of(table),
    may_list: (access_key_id) => !without_listing.includes(access_key_id),
    buckets: [BUCKET],
    old_versions: OLD_VERSIONS,
    notifications,
    log: (line) => on_log(line, "s3"),
    ...(on_call && { on_call }),
  });
}

function open_cognito(
  { config, on_log, on_call }: StackSettings,
  table: FunctionsTable,
  data_dir: DataDir,
  mail_file: string,
): Promise<RunningCognito> {
  return start_cognito({
    port: config.cognito_port,
    data_dir: data_dir.folder("cognito"),
    region: REGION,
    credentials: credentials_of(table),
    demo_user: DEMO_USER,
    ...(on_call && { on_call }),
    deliver(message) {
      appendFileSync(mail_file, mail_of(message), { mode: 0o600 });
      on_log(`An e-mail (${message.kind}) is in ${mail_file}`, "cognito");
    },
  });
}

/** In a file and not in the log, since it holds codes and temporary passwords. */
function mail_of({ to, kind, code }: Message): string {
  return `${new Date().toISOString()} to ${to}: ${kind} ${code}\n`;
}

type Environments = {
  /** What a function may ask for in the table, by name. */
  readonly supplied: Readonly<Record<string, string>>;
  readonly every: Readonly<Record<string, string>>;
  readonly authorizer: Readonly<Record<string, string>>;
};

function create_functions(
  { dist_dir = DIST, on_log }: StackSettings,
  table: FunctionsTable,
  environments: Environments,
): Record<string, LambdaFunction> {
  const made = Object.entries(table).map(([name, definition]) => {
    const bundle_dir = path.join(dist_dir, "functions", name);
    if (!existsSync(bundle_dir)) throw new StartError(`${bundle_dir} is missing. Run npm run build.`);
    const { memory_mb, timeout_s, queue } = definition;
    const settings = {
      name,
      bundle_dir,
      layer_dir: path.join(dist_dir, "layer"),
      memory_mb,
      timeout_s,
      environment: environment_of(name, definition, environments),
      region: REGION,
      credentials: function_credentials(name),
      ...(queue && { max_concurrency: EVENT_SOURCES[queue].max_concurrency }),
      on_log: (line: string) => on_log(line, name),
    };
    return [name, settings] as const;
  });
  // Only when every one of them is right, so that none is left behind by another's error.
  return Object.fromEntries(made.map(([name, settings]) => [name, create_function(settings)]));
}

function environment_of(
  name: string,
  { environment }: FunctionDefinition,
  { supplied, every, authorizer }: Environments,
): Record<string, string> {
  const declared = environment.map((variable) => {
    const value = supplied[variable];
    if (value === undefined) {
      throw new StartError(
        `terraform/functions.auto.tfvars.json gives ${name} the variable ${variable}, which local/stack.ts does not supply.`,
      );
    }
    return [variable, value] as const;
  });
  return {
    ...Object.fromEntries(declared),
    ...every,
    // What is open to anyone is not signed, and would not say whose call it is.
    AWS_SDK_UA_APP_ID: name,
    ...(name === AUTHORIZER && authorizer),
  };
}

/** The function that has made a call, or signed the URL that someone made it with; undefined for anyone else's. */
export function caller_of(
  { access_key_id, app_id }: AwsCall,
  functions: Iterable<string>,
): string | undefined {
  return [...functions].find((name) =>
    access_key_id === undefined ? name === app_id : function_credentials(name).accessKeyId === access_key_id,
  );
}

function open_gateway(
  { config, on_log }: StackSettings,
  table: FunctionsTable,
  functions: Readonly<Record<string, LambdaFunction>>,
): Promise<Gateway> {
  const invoke_of = (name: string) => {
    const made = functions[name];
    if (made === undefined) throw new StartError(`There is no function ${name}.`);
    return made.invoke;
  };
  const routes = Object.entries(table).flatMap(([name, { route, authorized }]): [string, Route][] =>
    route === undefined ? [] : [[route, { invoke: invoke_of(name), authorized }]],
  );
  return start_gateway({
    port: config.port,
    region: REGION,
    routes: new Map(routes),
    pages: docs_pages(),
    authorizer: invoke_of(AUTHORIZER),
    token_header: config.token_header,
    authorizer_ttl_s: config.authorizer_ttl_s,
    cors: default_cors(config.token_header),
    log: (line) => on_log(line, "gateway"),
  });
}
