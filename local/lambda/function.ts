/** A Lambda function on this machine: sandboxes of one bundle, and Lambda's rules for invoking them. */
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Credentials } from "../aws/sigv4.ts";
import { check_own_variables, lambda_environment } from "./environment.ts";
import type { FunctionError, InvocationRequest } from "./messages.ts";
import { type Sandbox, type SandboxOutcome, start_sandbox } from "./sandbox.ts";

export type FunctionSettings = {
  readonly name: string;
  /** Folder with `index.cjs` or `index.js`, as the function's zip holds it. */
  readonly bundle_dir: string;
  /** Folder with `nodejs/`, as the layer's zip holds it. */
  readonly layer_dir: string;
  readonly memory_mb: number;
  readonly timeout_s: number;
  /** The function's own variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly region: string;
  readonly credentials: Credentials;
  /** How many requests run at once, each in a sandbox of its own; 4 unless told. */
  readonly max_concurrency?: number;
  /** How many requests wait for a sandbox; one more is refused. 100 unless told. */
  readonly max_queue?: number;
  /** Each line that the function writes to stdout or stderr. */
  readonly on_log?: (line: string, source: { readonly function: string }) => void;
};

/** `refused` says that Lambda took no request: HTTP 413 and 429 of its Invoke API. */
export type Invocation =
  | { readonly payload: unknown }
  | { readonly function_error: FunctionError }
  | { readonly refused: "RequestTooLarge" | "TooManyRequests" };

/** What the gateway needs of a function. */
export type Invoke = (event: unknown) => Promise<Invocation>;

export type LambdaFunction = {
  readonly invoke: Invoke;
  /**
   * Kills a sandbox that is at work, any of them, as a crash would, so that its request ends with Runtime.ExitError;
   * false when none is at work.
   */
  readonly kill_one: () => Promise<boolean>;
  /** Kills every sandbox. Requests under way end with Runtime.ExitError. */
  readonly stop: () => Promise<void>;
};

/** Bytes of JSON that Lambda takes in one synchronous invocation: 6 MiB. */
export const MAX_REQUEST_BYTES = 6_291_456;
/** Bytes of JSON that a function may answer; Lambda allows 100 more than in a request. */
export const MAX_RESPONSE_BYTES = 6_291_556;

const DEFAULT_CONCURRENCY = 4;
const DEFAULT_QUEUE = 100;

/** @throws Error when the bundle cannot be read or the environment names a variable that only Lambda may set. */
export function create_function(settings: FunctionSettings): LambdaFunction {
  check_own_variables(settings.name, settings.environment);
  const unpacked = unpack(settings);
  const environment = lambda_environment({ ...settings, ...unpacked });
  const function_arn = `arn:aws:lambda:${settings.region}:000000000000:function:${settings.name}`;
  const places = create_places(
    settings.max_concurrency ?? DEFAULT_CONCURRENCY,
    settings.max_queue ?? DEFAULT_QUEUE,
  );
  const sandboxes = new Set<Sandbox>();
  const idle: Sandbox[] = [];
  let stopped = false;

  function cold_start(): Sandbox {
    const sandbox = start_sandbox({
      task_root: unpacked.task_root,
      memory_mb: settings.memory_mb,
      environment,
      on_line: (line) => settings.on_log?.(line, { function: settings.name }),
    });
    sandboxes.add(sandbox);
    return sandbox;
  }

  /** The sandbox that was used last, since it is the warmest; one that ended while idle is passed over. */
  function take_idle(): Sandbox | undefined {
    for (;;) {
      const sandbox = idle.pop();
      if (sandbox === undefined || sandbox.alive()) return sandbox;
      sandboxes.delete(sandbox);
    }
  }

  function give_back(sandbox: Sandbox): void {
    if (sandbox.alive()) idle.push(sandbox);
    else sandboxes.delete(sandbox);
  }

  async function run(payload: string): Promise<SandboxOutcome> {
    if (stopped) return { error: STOPPED };
    const warm = take_idle();
    const sandbox = warm ?? cold_start();
    try {
      const failure = warm === undefined ? await sandbox.loaded() : undefined;
      if (failure !== undefined) return { error: failure };
      const request: InvocationRequest = {
        request_id: randomUUID(),
        function_arn,
        payload,
        deadline_ms: Date.now() + settings.timeout_s * 1000,
      };
      return await sandbox.run(request, settings.timeout_s);
    } finally {
      give_back(sandbox);
    }
  }

  return {
    async invoke(event) {
      const payload = JSON.stringify(event) ?? "null";
      if (Buffer.byteLength(payload) > MAX_REQUEST_BYTES) return { refused: "RequestTooLarge" };
      if (!(await places.enter())) return { refused: "TooManyRequests" };
      try {
        return invocation_of(await run(payload));
      } finally {
        places.leave();
      }
    },
    async kill_one() {
      const at_work = [...sandboxes].filter((sandbox) => sandbox.alive() && !idle.includes(sandbox));
      const victim = at_work[Math.floor(Math.random() * at_work.length)];
      await victim?.kill();
      return victim !== undefined;
    },
    async stop() {
      stopped = true;
      await Promise.all([...sandboxes].map((sandbox) => sandbox.kill()));
      rmSync(unpacked.root, { recursive: true, force: true });
    },
  };
}

const STOPPED: FunctionError = {
  errorType: "Runtime.ExitError",
  errorMessage: "The function has been stopped",
};

/**
 * Copies the function and its layer to folders of their own, as Lambda unpacks the two zips. Run in place, a
 * function would find whatever node_modules the folders above dist/ hold, and the layer would not be tested at all.
 */
function unpack(settings: FunctionSettings): { root: string; task_root: string; layer_root: string } {
  const root = mkdtempSync(path.join(tmpdir(), "photo-uploader-lambda-"));
  const task_root = path.join(root, "task");
  const layer_root = path.join(root, "opt");
  cpSync(settings.bundle_dir, task_root, { recursive: true, dereference: true });
  cpSync(settings.layer_dir, layer_root, { recursive: true, dereference: true });
  return { root, task_root, layer_root };
}

/** Counts who is inside; beyond `places` they wait in turn, and beyond `waiting` they are turned away. */
function create_places(
  places: number,
  waiting: number,
): { enter: () => Promise<boolean>; leave: () => void } {
  const queue: (() => void)[] = [];
  let inside = 0;
  return {
    async enter() {
      if (inside < places) {
        inside += 1;
        return true;
      }
      if (queue.length >= waiting) return false;
      // Whoever leaves hands its place over, so `inside` stays as it is.
      await new Promise<void>((resolve) => queue.push(resolve));
      return true;
    },
    leave() {
      const next = queue.shift();
      if (next === undefined) inside -= 1;
      else next();
    },
  };
}

function invocation_of(outcome: SandboxOutcome): Invocation {
  if ("error" in outcome) return { function_error: outcome.error };
  if (Buffer.byteLength(outcome.payload) > MAX_RESPONSE_BYTES) {
    return {
      function_error: {
        errorType: "Function.ResponseSizeTooLarge",
        errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
      },
    };
  }
  const payload: unknown = JSON.parse(outcome.payload);
  return { payload };
}
