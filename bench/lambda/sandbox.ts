/** A function in AWS's own runtime client: a process of its own, started and invoked as in Lambda, and measured. */
import { spawn } from "node:child_process";
import { cpu_seconds, peak_rss } from "./process_usage.ts";
import { start_runtime_api } from "./runtime_api.ts";

export interface SandboxSettings {
  readonly function_name: string;
  /** Path of the runtime client's script. */
  readonly client: string;
  /** Flags of Node's own. */
  readonly node_flags: readonly string[];
  /** Where the function is unpacked. */
  readonly task_root: string;
  /** All that the process gets, but for what the runtime client itself needs. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout_s: number;
}

export interface Usage {
  readonly seconds: number;
  /** User and system, all threads. */
  readonly cpu_seconds: number;
}

export interface Sandbox {
  /** From the creation of the process to its first request for an event. */
  readonly start: Usage;
  /** From the event's being handed over to the request for the next one. */
  readonly invoke: (event: object) => Promise<{ readonly answer: string; readonly usage: Usage }>;
  /** In bytes, so far. */
  readonly peak_rss: () => number;
  readonly stop: () => Promise<void>;
}

/** How many characters of what the process wrote are told when it ends. */
const TOLD = 2_000;

/** @throws Error when the process ends or reports an error before it asks for an event. */
export async function start_sandbox(settings: SandboxSettings): Promise<Sandbox> {
  const { function_name, client, node_flags, task_root, environment, timeout_s } = settings;
  const api = await start_runtime_api(function_name);
  const begin = performance.now();
  const child = spawn(process.execPath, [...node_flags, client], {
    cwd: task_root,
    env: { ...environment, ...runtime_environment(function_name, api.address) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let written = "";
  const keep = (chunk: Buffer) => {
    written = `${written}${chunk.toString()}`.slice(-TOLD);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const exited = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(`the process ended with ${signal ?? code}: ${written}`));
  });
  const unless_it_ends = <T>(work: Promise<T>): Promise<T> =>
    Promise.race([
      work,
      exited.then((how) => {
        throw new Error(how);
      }),
    ]);

  async function stop(): Promise<void> {
    child.kill("SIGKILL");
    await exited;
    await api.close();
  }

  try {
    await unless_it_ends(api.idle());
  } catch (error) {
    await stop();
    throw error;
  }
  const seconds = (performance.now() - begin) / 1000;
  const pid = child.pid ?? 0;
  return {
    start: { seconds, cpu_seconds: cpu_seconds(pid) },
    peak_rss: () => peak_rss(pid),
    stop,
    invoke: async (event) => {
      const payload = JSON.stringify(event);
      const cpu_before = cpu_seconds(pid);
      const before = performance.now();
      const answer = await unless_it_ends(api.invoke(payload, timeout_s));
      await unless_it_ends(api.idle());
      const usage = {
        seconds: (performance.now() - before) / 1000,
        cpu_seconds: cpu_seconds(pid) - cpu_before,
      };
      return { answer, usage };
    },
  };
}

/** Beside what is documented for functions, the client wants the names of the log. */
const runtime_environment = (function_name: string, address: string): Record<string, string> => ({
  AWS_LAMBDA_RUNTIME_API: address,
  AWS_LAMBDA_LOG_FORMAT: "JSON",
  AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${function_name}`,
  AWS_LAMBDA_LOG_STREAM_NAME: "2026/01/01/[$LATEST]0123456789abcdef",
});

/**
 * With which the start script of Lambda's Node runtimes is known to start Node, 18 and 20 among them: a tenth of the
 * function's memory for young objects, the rest for old ones. Whether the runtime of Node 24 does so was not looked at.
 */
export const bootstrap_flags = (memory_mb: number): string[] => [
  "--expose-gc",
  "--max-http-header-size=81920",
  `--max-semi-space-size=${Math.floor(memory_mb / 20)}`,
  `--max-old-space-size=${memory_mb - Math.floor(memory_mb / 10)}`,
];
