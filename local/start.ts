/** `npm start`: builds, starts the whole backend on this machine, and stops it on Ctrl-C. */
import { parseArgs } from "node:util";
import { ConfigError, read_config } from "./config.ts";
import { write_samples } from "./samples.ts";
import { type Stack, start_stack } from "./stack.ts";
import { StartError } from "./start_error.ts";
import { start_page } from "./start_page.ts";

const HELP = `npm start                  builds, then runs the API, S3 and Cognito on this machine
npm start -- --reset       empties the data folder first
npm start -- --no-build    runs what is in dist/
npm start -- --redrive     tries again what the queues have given up

Variables, with what they are unless set:
  PORT=3000              the API
  S3_PORT=9000           S3
  COGNITO_PORT=9229      Cognito
  DATA_DIR=.local        where the data is kept
  TOKEN_HEADER=JWT       the header that carries the token
  AUTHORIZER_TTL_S=60    how many seconds the gateway keeps the authorizer's verdict
  DETECT_DUPLICATES=on   off: a photo that its user has already is stored once more
  QUEUE_CHAOS=off        on: every message of a queue comes twice, and in no order
  QUEUE_RETRY_S=2        how many seconds a message waits whose function has failed
`;

const EXIT = { stopped: 0, cannot_start: 1, wrong_usage: 2, forced: 130 } as const;

function print_log(line: string, source: string): void {
  process.stderr.write(`[${source}] ${line}\n`);
}

function fail(status: number, message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(status);
}

function read_arguments(): { reset: boolean; no_build: boolean; redrive: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        reset: { type: "boolean" },
        "no-build": { type: "boolean" },
        redrive: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      process.exit(EXIT.stopped);
    }
    return {
      reset: values.reset ?? false,
      no_build: values["no-build"] ?? false,
      redrive: values.redrive ?? false,
    };
  } catch (error) {
    fail(EXIT.wrong_usage, `${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  }
}

/** How long requests under way may take to end; a client that stalls does not keep the stack. */
const STOP_MS = 3000;

/** npm may pass on a Ctrl-C that the terminal has sent to every process already; that is not a second one. */
const SAME_SIGNAL_MS = 500;

/** The first signal stops everything in order, the second at once. */
function stop_on_signal(stack: () => Stack | undefined): void {
  let stopping_since: number | undefined;
  const stop = async () => {
    if (stopping_since !== undefined) {
      if (Date.now() - stopping_since > SAME_SIGNAL_MS) process.exit(EXIT.forced);
      return;
    }
    stopping_since = Date.now();
    setTimeout(() => process.exit(EXIT.stopped), STOP_MS);
    await stack()?.close();
    process.exit(EXIT.stopped);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop());
  if (process.env.npm_lifecycle_event !== undefined) on_orphaned(() => void stop());
}

/** How often it is looked whether npm is still there. */
const PARENT_MS = 1_000;

/** npm and its shell may end by a signal that they do not pass on; what npm has started ends with it then. */
function on_orphaned(ended: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ended();
  }, PARENT_MS);
  timer.unref();
}

async function main(): Promise<void> {
  const { reset, no_build, redrive } = read_arguments();
  const config = read_config();
  let running: Stack | undefined;
  stop_on_signal(() => running);
  const stack = await start_stack({ config, on_log: print_log, reset, redrive, skip_build: no_build });
  running = stack;
  process.stdout.write(
    start_page({
      url: stack.url,
      s3_url: stack.s3.url,
      cognito_url: stack.cognito.url,
      pool_id: stack.cognito.pool_id,
      client_id: stack.cognito.client_id,
      mail_file: stack.mail_file,
      queues: Object.values(stack.queues).map((queue) => ({ name: queue.name, dead: queue.counts().dead })),
      config,
      samples: write_samples(stack.data_dir.folder("samples")),
    }),
  );
  process.stdout.write("ready\n");
}

try {
  await main();
} catch (error) {
  if (error instanceof ConfigError) fail(EXIT.wrong_usage, error.message);
  if (error instanceof StartError) fail(EXIT.cannot_start, error.message);
  fail(EXIT.cannot_start, error instanceof Error ? (error.stack ?? error.message) : String(error));
}
