/**
 * One JSON line for each record, with the `timestamp` and `level` by which Lambda's JSON log format filters
 * (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html). A caller names what it
 * logs, field by field; no function logs an event, a header or a body as a whole.
 */

export type LogFields = Readonly<Record<string, string | number | boolean | undefined | object>>;

let request_id: string | undefined;

/** From now on every record names this request: a sandbox of Lambda handles one request at a time. */
export const log_for_request = (id: string | undefined): void => {
  request_id = id;
};

const write = (level: "INFO" | "WARN" | "ERROR", message: string, fields: LogFields): void => {
  const record = { timestamp: new Date().toISOString(), level, message, requestId: request_id, ...fields };
  process.stdout.write(`${JSON.stringify(record)}\n`);
};

export const log = {
  info: (message: string, fields: LogFields = {}): void => write("INFO", message, fields),
  warn: (message: string, fields: LogFields = {}): void => write("WARN", message, fields),
  error: (message: string, fields: LogFields = {}): void => write("ERROR", message, fields),
};

/** How many causes below an error are logged. */
const CAUSES = 4;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/**
 * What may be logged of an error and its causes. Only the named fields are taken: Middy keeps the raw body in
 * `cause.data`, and an SDK error the whole response. The message of a SyntaxError is left out because V8 quotes the
 * text that it could not parse, which may be a login, and the resources that AWS names because they hold keys of photos.
 */
export function loggable(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { name: typeof error };
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  const aws = typeof metadata === "object" && metadata !== null ? metadata : {};
  return {
    name: error.name,
    ...(error.name !== "SyntaxError" && { message: without_resources(error.message) }),
    stack: frames_of(error),
    ...("code" in error && { code: text(error.code) }),
    ...("requestId" in aws && { aws_request_id: text(aws.requestId) }),
    ...("httpStatusCode" in aws && { aws_status: aws.httpStatusCode }),
    ...("attempts" in aws && { aws_attempts: aws.attempts }),
    ...(error.cause instanceof Error && depth < CAUSES && { cause: loggable(error.cause, depth + 1) }),
  };
}

/** A photo's name may have spaces and quotation marks, so nothing after "on resource" is kept. */
const without_resources = (message: string): string =>
  message.replace(/\bon resource: .*/s, "on resource: …").replace(/\barn:\S+/g, "arn:…");

/** Where an error arose, without the message that V8 puts before it, in which a line may look like a frame. */
const frames_of = ({ message, stack = "" }: Error): string[] =>
  stack
    .slice(Math.max(0, stack.indexOf(message)) + message.length)
    .split("\n")
    .flatMap((line) => /^ {4}at (.+)$/.exec(line)?.[1] ?? []);
