/**
 * `npm run demo`: drives the running stack, or one that it starts, through everything that the API does.
 * Exit code 1 when anything is off, 2 when the command line or a setting is wrong.
 */
import { parseArgs } from "node:util";
import { ConfigError, read_config } from "./config.ts";
import { run_demo } from "./demo/run.ts";
import { StartError } from "./start_error.ts";

const HELP = `npm run demo                  drives the running stack, or one of its own where none runs
npm run demo -- --keep        leaves its photos in the running stack
npm run demo -- --no-build    its own stack runs what is in dist/

It finds the running stack by PORT, COGNITO_PORT and TOKEN_HEADER, as npm start does.
`;

const EXIT = { fine: 0, off: 1, wrong_usage: 2, interrupted: 130 } as const;

process.exitCode = await main();

async function main(): Promise<number> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => stop.abort(new Error("interrupted")));
  }
  // As when the output goes to `head`, which reads no further; what the demo stored is to be removed all the same.
  process.stdout.on("error", () => stop.abort(new Error("nobody reads the output")));
  try {
    const options = read_options();
    if (options.help) {
      process.stdout.write(HELP);
      return EXIT.fine;
    }
    const failures = await run_demo({
      config: read_config(),
      output: process.stdout,
      keep: options.keep,
      stop: stop.signal,
      own_stack: { skip_build: options["no-build"] },
    });
    if (stop.signal.aborted) return EXIT.interrupted;
    return failures === 0 ? EXIT.fine : EXIT.off;
  } catch (error) {
    return explain(error);
  }
}

function read_options() {
  const { values } = parseArgs({
    options: {
      keep: { type: "boolean", default: false },
      "no-build": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return values;
}

function explain(error: unknown): number {
  if (!(error instanceof Error)) throw error;
  if (error instanceof ConfigError || error instanceof StartError) {
    process.stderr.write(`${error.message}\n`);
    return error instanceof ConfigError ? EXIT.wrong_usage : EXIT.off;
  }
  if ("code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
    process.stderr.write(`${error.message}\n\n${HELP}`);
    return EXIT.wrong_usage;
  }
  throw error;
}
