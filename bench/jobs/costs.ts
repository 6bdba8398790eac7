/** What a run would have cost on AWS, with the arithmetic; the prices are those of docs/costs.md. */
import type { FunctionDefinition } from "../../local/functions_table.ts";
import type { InvocationReport } from "./meter.ts";
import type { Tally } from "./tally.ts";

/** Dollars in eu-central-1, of which docs/costs.md says how they are known. */
export const PRICES = {
  gb_second: 0.0000133334,
  million_invocations: 0.2,
  thousand_writes: 0.0054,
  thousand_reads: 0.00043,
  /** SQS, standard queues. */
  million_messages: 0.4,
  million_http_requests: 1.2,
  gb_of_logs: 0.63,
  million_traces: 5,
  gb_month: 0.0245,
};

const WRITES: readonly string[] = [
  "PutObject",
  "PostObject",
  "CopyObject",
  "CreateMultipartUpload",
  "UploadPart",
  "CompleteMultipartUpload",
  "ListObjectsV2",
  "ListParts",
];
const READS: readonly string[] = ["GetObject", "HeadObject"];
const FREE: readonly string[] = ["DeleteObject", "AbortMultipartUpload"];

/** S3 sends a message, Lambda takes it, and deletes it. */
const REQUESTS_OF_A_MESSAGE = 3;
/** As in docs/costs.md. */
const LOGGED_KB = 2;
/** `quarantine_days` in terraform/variables.tf. */
const QUARANTINE_DAYS = 7;

export type FunctionsTable = Readonly<Record<string, FunctionDefinition>>;

export interface Cost {
  readonly what: string;
  readonly arithmetic: string;
  readonly dollars: number;
}

/** Seconds that Lambda bills for an invocation; a start is billed too. */
export const billed_seconds = ({ init_seconds, seconds }: InvocationReport): number => init_seconds + seconds;

export const gb_seconds = (memory_mb: number, invocations: readonly InvocationReport[]): number =>
  (memory_mb / 1024) * invocations.reduce((sum, one) => sum + billed_seconds(one), 0);

/** @throws Error for an operation of which it is not known here what it costs */
export function billed_requests({ calls }: Pick<Tally, "calls">): { writes: number; reads: number } {
  const billed = { writes: 0, reads: 0 };
  for (const [operation, count] of Object.values(calls).flatMap((of_caller) => Object.entries(of_caller))) {
    if (WRITES.includes(operation)) billed.writes += count;
    else if (READS.includes(operation)) billed.reads += count;
    else if (!FREE.includes(operation)) throw new Error(`bench/jobs/costs.ts has no price of ${operation}`);
  }
  return billed;
}

/** @param archive_bytes what lies in the quarantine until its days are over */
export function costs(tally: Tally, table: FunctionsTable, archive_bytes: number): readonly Cost[] {
  const { writes, reads } = billed_requests(tally);
  const functions = Object.entries(tally.invocations);
  const seconds = functions.reduce(
    (sum, [name, invocations]) => sum + gb_seconds(memory_of(table, name), invocations),
    0,
  );
  const invocations = functions.reduce((sum, [, of_function]) => sum + of_function.length, 0);
  const http_requests = functions
    .filter(([name]) => table[name]?.route !== undefined)
    .reduce((sum, [, of_function]) => sum + of_function.length, 0);
  const { messages } = tally;
  const gb = archive_bytes / 1e9;
  const line = (what: string, amount: number, shown: string, price: number, per: number): Cost => ({
    what,
    arithmetic: `${shown} × ${price}${per === 1 ? "" : ` / ${grouped(per)}`}`,
    dollars: (amount * price) / per,
  });
  return [
    line("S3: PUT, COPY, POST, LIST", writes, grouped(writes), PRICES.thousand_writes, 1_000),
    line("S3: GET, HEAD", reads, grouped(reads), PRICES.thousand_reads, 1_000),
    line("Lambda, time", seconds, `${seconds.toFixed(1)} GB-s`, PRICES.gb_second, 1),
    line("Lambda, requests", invocations, grouped(invocations), PRICES.million_invocations, 1e6),
    line(
      "SQS",
      messages * REQUESTS_OF_A_MESSAGE,
      `${grouped(messages)} messages × ${REQUESTS_OF_A_MESSAGE}`,
      PRICES.million_messages,
      1e6,
    ),
    line("HTTP API", http_requests, grouped(http_requests), PRICES.million_http_requests, 1e6),
    line(
      "Logs",
      invocations * LOGGED_KB,
      `${grouped(invocations)} × ${LOGGED_KB} KB`,
      PRICES.gb_of_logs,
      1e6,
    ),
    line("X-Ray, at most", invocations, grouped(invocations), PRICES.million_traces, 1e6),
    line(
      "The archive in the quarantine",
      gb * QUARANTINE_DAYS,
      `${gb.toFixed(3)} GB × ${QUARANTINE_DAYS} days`,
      PRICES.gb_month,
      30,
    ),
  ];
}

export function memory_of(table: FunctionsTable, name: string): number {
  const definition = table[name];
  if (definition === undefined) throw new Error(`there is no function ${name}`);
  return definition.memory_mb;
}

const grouped = (number: number): string => number.toLocaleString("en");
