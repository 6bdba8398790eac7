/** Runs a command to its end, and gives what it had to say. */
import { spawn } from "node:child_process";

export interface FinishedProcess {
  readonly text: string;
  readonly error_text: string;
}

export interface ProcessOptions {
  /** What becomes of its standard output. */
  readonly output?: "pipe" | "ignore";
  readonly limit_ms?: number;
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** @throws Error with the last line of what the process had to say, where it failed or took longer. */
export async function finished_process(
  command: string,
  args: readonly string[],
  { output = "pipe", limit_ms = 180_000, env = {} }: ProcessOptions = {},
): Promise<FinishedProcess> {
  const child = spawn(command, args, {
    stdio: ["ignore", output, "pipe"],
    env: { ...process.env, ...env },
    timeout: limit_ms,
    killSignal: "SIGKILL",
  });
  let text = "";
  let error_text = "";
  child.stdout?.on("data", (chunk) => {
    text += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    error_text += chunk;
  });
  const ended = await new Promise<string | number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(signal ?? code));
  });
  if (ended !== 0) throw new Error(failure_line(error_text) ?? `ended with ${ended}`);
  return { text, error_text };
}

function failure_line(error_text: string): string | undefined {
  return /^[\w.]*(?:Error|Exception)\b.*$/m.exec(error_text)?.[0];
}

/** Whether it is installed, and ends well when run like this. */
export async function is_installed(command: string, args: readonly string[]): Promise<boolean> {
  return finished_process(command, args).then(
    () => true,
    () => false,
  );
}
