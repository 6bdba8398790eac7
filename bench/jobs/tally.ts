/** What a stack has done since it was last asked: calls of S3, and invocations of functions. */
import * as z from "zod";
import { type InvocationReport, REPORT } from "./meter.ts";

const invocation_report = z.object({
  pid: z.number(),
  init_seconds: z.number(),
  seconds: z.number(),
  cpu_seconds: z.number(),
  peak_rss: z.number(),
}) satisfies z.ZodType<InvocationReport>;

/** As it goes from process to process. */
export const tally = z.object({
  /** By who made them, and then by S3's name of the operation. */
  calls: z.record(z.string(), z.record(z.string(), z.number())),
  /** By the name of the function. */
  invocations: z.record(z.string(), z.array(invocation_report)),
  /** Messages that S3 has sent to a queue. */
  messages: z.number(),
  /** Lines that tell of deliveries that failed, and of sandboxes that died. */
  trouble: z.array(z.string()),
  /** Of the process that has S3, the queues, and the gateway: user and system, all threads. */
  stack_cpu_seconds: z.number(),
});
export type Tally = z.infer<typeof tally>;

export const no_tally = (): Tally => ({
  calls: {},
  invocations: {},
  messages: 0,
  trouble: [],
  stack_cpu_seconds: 0,
});

export function add_call({ calls }: Pick<Tally, "calls">, caller: string, operation: string): void {
  const of_caller = calls[caller] ?? {};
  calls[caller] = of_caller;
  of_caller[operation] = (of_caller[operation] ?? 0) + 1;
}

/** What a sandbox says when its function fails or it dies, and a queue when a message has to come again. */
const TROUBLE =
  /Invoke Error|Uncaught Exception|Unhandled Promise Rejection|Init Error|have failed|dead letter/;

/** Takes a line that the function or queue `source` has written. */
export function add_line(to: Pick<Tally, "invocations" | "trouble">, line: string, source: string): void {
  if (line.startsWith(REPORT)) {
    const report = invocation_report.parse(JSON.parse(line.slice(REPORT.length)));
    to.invocations[source] = [...(to.invocations[source] ?? []), report];
  } else if (TROUBLE.test(line)) {
    to.trouble.push(`${source}: ${line}`);
  }
}

/** Both together. */
export function sum_of(a: Tally, b: Tally): Tally {
  const calls: Tally["calls"] = structuredClone(a.calls);
  for (const [caller, operations] of Object.entries(b.calls)) {
    const of_caller = calls[caller] ?? {};
    for (const [operation, count] of Object.entries(operations)) {
      of_caller[operation] = (of_caller[operation] ?? 0) + count;
    }
    calls[caller] = of_caller;
  }
  const names = new Set([...Object.keys(a.invocations), ...Object.keys(b.invocations)]);
  const invocations = Object.fromEntries(
    [...names].map((name) => [name, [...(a.invocations[name] ?? []), ...(b.invocations[name] ?? [])]]),
  );
  return {
    calls,
    invocations,
    messages: a.messages + b.messages,
    trouble: [...a.trouble, ...b.trouble],
    stack_cpu_seconds: a.stack_cpu_seconds + b.stack_cpu_seconds,
  };
}
