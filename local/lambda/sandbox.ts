/** One sandbox of a function: a child process that loads the handler once and runs one request at a time. */
import { type ChildProcess, fork } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import {
  type FunctionError,
  type InvocationRequest,
  type SandboxMessage,
  sandbox_message,
} from "./messages.ts";

export type SandboxSettings = {
  /** Where the function is unpacked; the working directory, as /var/task is. */
  readonly task_root: string;
  readonly memory_mb: number;
  /** The whole environment of the process. */
  readonly environment: Readonly<Record<string, string>>;
  readonly on_line: (line: string) => void;
};

/** What came of a request, or of the start: the payload as JSON text, or the error that Lambda reports. */
export type SandboxOutcome = { readonly payload: string } | { readonly error: FunctionError };

export type Sandbox = {
  /** Waits for the handler to be loaded; the error when that fails. */
  readonly loaded: () => Promise<FunctionError | undefined>;
  readonly run: (request: InvocationRequest, timeout_s: number) => Promise<SandboxOutcome>;
  /** False once the process is going or gone; such a sandbox takes no further request. */
  readonly alive: () => boolean;
  /** Kills the process and waits for its end. */
  readonly kill: () => Promise<void>;
};

type Event =
  | SandboxMessage
  | { readonly type: "exited"; readonly how: string }
  | { readonly type: "timed_out" };

const RUNTIME = path.join(import.meta.dirname, "runtime.ts");

/** Lambda gives the code outside the handler 10 s: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const INIT_TIMEOUT_S = 10;

/** Lambda's runtime leaves a tenth of the memory to everything that is not the JavaScript heap. */
const HEAP_SHARE = 0.9;

/** How long the lines that a process wrote last may take to come through the pipes. */
const LAST_LINES_MS = 500;

export function start_sandbox(settings: SandboxSettings): Sandbox {
  const child = fork(RUNTIME, [], {
    cwd: settings.task_root,
    env: { ...settings.environment },
    // Given in full, or the flags of this process would be passed on.
    execArgv: [`--max-old-space-size=${Math.floor(settings.memory_mb * HEAP_SHARE)}`],
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // A process group of its own: Ctrl-C in a terminal goes to the stack, which then stops its sandboxes.
    detached: true,
  });
  forward_lines(child.stdout, settings.on_line);
  forward_lines(child.stderr, settings.on_line);

  let alive = true;
  child.on("exit", () => {
    alive = false;
  });
  const exited = exit_of(child).then((how): Event => ({ type: "exited", how }));
  const first_message = next_message(child);

  async function next_event(message: Promise<SandboxMessage>, timeout_s: number): Promise<Event> {
    const timer = new AbortController();
    const event = await Promise.race([message, exited, timed_out(timeout_s, timer.signal)]);
    timer.abort();
    // What the function wrote before it answered is in the pipes by now; one turn of the loop reads it, so that
    // its lines come before whatever the answer causes.
    await setImmediate();
    return event;
  }

  async function kill(): Promise<void> {
    alive = false;
    child.kill("SIGKILL");
    await exited;
  }

  async function outcome_of(event: Event, request_id: string, timeout_s: number): Promise<SandboxOutcome> {
    switch (event.type) {
      case "returned":
        return { payload: event.payload };
      case "failed":
        return { error: event.error };
      case "exited":
        return { error: exit_error(request_id, event.how) };
      case "timed_out":
        await kill();
        return { error: timeout_error(request_id, timeout_s) };
      case "ready":
        throw new Error("A sandbox said twice that it is ready");
    }
  }

  return {
    alive: () => alive,
    kill,
    async loaded() {
      const event = await next_event(first_message, INIT_TIMEOUT_S);
      if (event.type === "ready") return undefined;
      const outcome = await outcome_of(event, "", INIT_TIMEOUT_S);
      await kill();
      return "error" in outcome ? outcome.error : undefined;
    },
    async run(request, timeout_s) {
      const answer = next_message(child);
      // A process that has just ended cannot be sent to; its exit is then the outcome.
      child.send(request, () => undefined);
      return outcome_of(await next_event(answer, timeout_s), request.request_id, timeout_s);
    },
  };
}

function forward_lines(stream: Readable | null, on_line: (line: string) => void): void {
  if (stream !== null)
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", on_line);
}

/** The next message in the agreed form; anything else that a function sends over the channel is not for us. */
function next_message(child: ChildProcess): Promise<SandboxMessage> {
  return new Promise((resolve) => {
    child.on("message", function listen(raw) {
      const message = sandbox_message.safeParse(raw);
      if (!message.success) return;
      child.off("message", listen);
      resolve(message.data);
    });
  });
}

/** How the process ended, in Lambda's words; known once its last lines have been read. */
function exit_of(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve(describe_exit(code, signal)));
    child.on("exit", (code, signal) => {
      // A process of its own that the function left behind would hold the pipes open.
      setTimeout(() => resolve(describe_exit(code, signal)), LAST_LINES_MS).unref();
    });
    child.on("error", (error) => {
      // Without a pid there is no process, and so no exit; other errors are of the channel and the exit follows.
      if (child.pid === undefined) resolve(`Runtime could not be started: ${error.message}`);
    });
  });
}

function describe_exit(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `Runtime exited with error: signal: ${signal}`;
  if (code !== 0) return `Runtime exited with error: exit status ${code}`;
  return "Runtime exited without providing a reason";
}

function timed_out(timeout_s: number, signal: AbortSignal): Promise<Event> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ type: "timed_out" }), timeout_s * 1000);
    signal.addEventListener("abort", () => clearTimeout(timer));
  });
}

function exit_error(request_id: string, how: string): FunctionError {
  return { errorType: "Runtime.ExitError", errorMessage: `RequestId: ${request_id} Error: ${how}` };
}

function timeout_error(request_id: string, timeout_s: number): FunctionError {
  return {
    errorType: "Sandbox.Timedout",
    errorMessage: `RequestId: ${request_id} Error: Task timed out after ${timeout_s.toFixed(2)} seconds`,
  };
}
