/** A laptop stack of a test file's own: the bundles as they are built now, free ports, data in a temporary folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AwsCall } from "../../local/aws/call.ts";
import { type Config, read_config } from "../../local/config.ts";
import { read_functions_table } from "../../local/functions_table.ts";
import { caller_of, type Stack, type StackSettings, start_stack } from "../../local/stack.ts";
import { build } from "../../scripts/build.ts";
import { questions_of } from "../support/iam_actions.ts";
import { is_api } from "./exchanges.ts";

export interface LogLine {
  /** A function's name, `gateway`, `s3` or `cognito`. */
  readonly source: string;
  readonly line: string;
}

/** A call of AWS by a function, or with a URL that it has signed. */
export interface FunctionCall extends AwsCall {
  readonly caller: string;
}

export interface TestStack extends Stack {
  /** What the functions have asked of AWS, in its order. */
  readonly calls: readonly FunctionCall[];
  /** Where the bundles are. */
  readonly dist_dir: string;
  /** Everything that any part has written, in its order. */
  readonly log: readonly LogLine[];
}

export interface TestStackSettings extends Pick<StackSettings, "s3_endpoint" | "cognito_endpoint"> {
  /** A folder that outlives the stack; without it the data is removed with the stack. */
  readonly data_dir?: string;
  readonly config?: Partial<Config>;
}

const FUNCTIONS = read_functions_table();

/**
 * Built into a folder of its own: `dist/` of the project is emptied by whoever builds at the same time.
 *
 * Its `close` rejects when a function has made a call for which the table of functions gives it no permission.
 */
export async function start_test_stack({
  data_dir,
  config,
  ...settings
}: TestStackSettings = {}): Promise<TestStack> {
  const root = await mkdtemp(join(tmpdir(), "photo-uploader-integration-"));
  const remove = () => rm(root, { recursive: true, force: true });
  const log: LogLine[] = [];
  const calls: FunctionCall[] = [];
  const on_call = (call: AwsCall) => {
    const caller = caller_of(call, Object.keys(FUNCTIONS));
    if (caller !== undefined) calls.push({ ...call, caller });
  };
  try {
    const dist_dir = join(root, "dist");
    await build({ dist: dist_dir });
    const free_ports = { port: 0, s3_port: 0, cognito_port: 0 };
    const stack = await start_stack({
      ...settings,
      config: { ...read_config({}), ...free_ports, data_dir: data_dir ?? join(root, "data"), ...config },
      on_log: (line, source) => log.push({ line, source }),
      on_call,
      dist_dir,
      skip_build: true,
    });
    is_api(stack.url);
    const close = async () => {
      await stack.close();
      await remove();
      const beyond = new Set(calls.filter((call) => !is_permitted(call)).map(described));
      if (beyond.size > 0)
        throw new Error(`The table of functions does not permit: ${[...beyond].join(", ")}`);
    };
    return { ...stack, log, calls, dist_dir, close };
  } catch (error) {
    await remove();
    throw error;
  }
}

function is_permitted(call: FunctionCall): boolean {
  const permitted = Object.values(FUNCTIONS[call.caller]?.permissions ?? {}).flat();
  return questions_of(call).every(({ action }) => permitted.includes(action));
}

const described = ({ caller, service, operation }: FunctionCall): string =>
  `${caller} ${service} ${operation}`;

/** What one part has written, as one text. */
export const written_by = ({ log }: TestStack, source: string): string =>
  log
    .filter((entry) => entry.source === source)
    .map(({ line }) => line)
    .join("\n");

/** What a sandbox writes when it dies; no request may bring that about. */
export const crashes = ({ log }: TestStack): readonly LogLine[] =>
  log.filter(({ line }) =>
    /Uncaught Exception|Unhandled Promise Rejection|Init Error|Invoke Error|Runtime\.|Sandbox\.Timedout/.test(
      line,
    ),
  );
