/**
 * What runs inside a sandbox: loads the handler under Lambda's module rules and answers one request at a time.
 *
 * It does what AWS's Node.js 24 runtime client does, and is a process of its own so that a crash, a leak or an
 * endless loop in a function ends that sandbox and nothing else. Only types are imported from this project:
 * whatever is loaded here is time added to every cold start.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { types } from "node:util";
import type { FunctionError, InvocationRequest, SandboxMessage } from "./messages.ts";

type Handler = (event: unknown, context: object) => unknown;

/** The order in which Lambda's runtime tries file name extensions, without those that need `import()`. */
const EXTENSIONS = [".js", ".cjs"];

/** An error whose name Lambda reports as `errorType`. */
function runtime_error(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function describe(error: unknown): FunctionError & { stack: string[] } {
  if (!types.isNativeError(error)) return { errorType: typeof error, errorMessage: String(error), stack: [] };
  return {
    errorType: error.name,
    errorMessage: error.message,
    stack: error.stack === undefined ? [] : error.stack.split("\n"),
  };
}

/** Writes an error as one line, as Lambda does to CloudWatch. */
function log_error(title: string, request_id: string, error: unknown): void {
  const line = [new Date().toISOString(), request_id, "ERROR", title, JSON.stringify(describe(error))].join(
    "\t",
  );
  process.stderr.write(`${line}\n`);
}

function is_handler(value: unknown): value is Handler {
  return typeof value === "function";
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** Finds the handler that `_HANDLER` names, `file.export`, in the unpacked function. */
function load_handler(task_root: string, handler_name: string): Handler {
  const dot = handler_name.lastIndexOf(".");
  const [file, name] = [handler_name.slice(0, dot), handler_name.slice(dot + 1)];
  const stem = path.join(task_root, file);
  const extension = EXTENSIONS.find((candidate) => existsSync(stem + candidate));
  if (extension === undefined) {
    throw runtime_error("Runtime.ImportModuleError", `Error: Cannot find module '${file}'`);
  }
  const handler = property(require_function(stem + extension), name);
  if (!is_handler(handler)) {
    throw runtime_error("Runtime.HandlerNotFound", `${handler_name} is undefined or not exported`);
  }
  if (handler.length >= 3) {
    throw runtime_error(
      "Runtime.CallbackHandlerDeprecated",
      "A handler of three parameters is a callback handler, which Node.js 24 on Lambda does not run",
    );
  }
  return handler;
}

function require_function(file: string): unknown {
  try {
    return createRequire(file)(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw runtime_error("Runtime.UserCodeSyntaxError", String(error));
    if (types.isNativeError(error) && Reflect.get(error, "code") === "MODULE_NOT_FOUND") {
      throw runtime_error("Runtime.ImportModuleError", String(error));
    }
    throw error;
  }
}

/** The second argument of a handler: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function context_of(request: InvocationRequest): object {
  const name = process.env.AWS_LAMBDA_FUNCTION_NAME;
  return {
    functionName: name,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: request.function_arn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: request.request_id,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: `local/[$LATEST]${process.pid}`,
    getRemainingTimeInMillis: () => Math.max(0, request.deadline_ms - Date.now()),
  };
}

function to_json(result: unknown): string {
  try {
    // `undefined` and a function have no JSON; Lambda answers null for them.
    return JSON.stringify(result) ?? "null";
  } catch {
    throw runtime_error("Runtime.JSONStringifyError", "Unable to stringify response body");
  }
}

async function run(handler: Handler, request: InvocationRequest): Promise<SandboxMessage> {
  try {
    const event: unknown = JSON.parse(request.payload);
    return { type: "returned", payload: to_json(await handler(event, context_of(request))) };
  } catch (error) {
    log_error("Invoke Error", request.request_id, error);
    const { errorType, errorMessage } = describe(error);
    return { type: "failed", error: { errorType, errorMessage } };
  }
}

function send(message: SandboxMessage, sent: () => void = () => undefined): void {
  process.send?.(message, undefined, undefined, sent);
}

function serve(handler: Handler): void {
  process.on("message", (request: InvocationRequest) => {
    current_request_id = request.request_id;
    // A handler whose promise can never settle leaves the event loop empty. In Lambda that ends the process;
    // a channel that keeps the loop alive would turn it into a time-out.
    process.channel?.unref();
    void run(handler, request).then((message) => {
      process.channel?.ref();
      send(message);
    });
  });
  send({ type: "ready" });
}

let current_request_id = "";

/** Logs as one line: Node's own report quotes the source line, which in a minified bundle is the bundle. */
function crash(title: string, error: unknown): never {
  log_error(title, current_request_id, error);
  process.exit(1);
}

process.on("uncaughtException", (error) => crash("Uncaught Exception", error));
process.on("unhandledRejection", (reason) => crash("Unhandled Promise Rejection", reason));
// The stack is gone, even if it was killed: a sandbox does not outlive it.
process.on("disconnect", () => process.exit(0));

try {
  serve(load_handler(process.env.LAMBDA_TASK_ROOT ?? "", process.env._HANDLER ?? ""));
} catch (error) {
  log_error("Init Error", "", error);
  const { errorType, errorMessage } = describe(error);
  send({ type: "failed", error: { errorType, errorMessage } }, () => process.disconnect());
}
