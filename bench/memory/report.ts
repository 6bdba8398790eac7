/** What the functions took, as Markdown: a table of memory and time for each input, and what memory that asks for. */
import { median } from "../archive/median.ts";
import { figure, markdown_table } from "../archive/table.ts";
import type { Usage } from "../lambda/sandbox.ts";

/** What one sandbox took for several invocations, one after the other; memory in bytes. */
export interface SandboxRun {
  readonly peak_at_start: number;
  readonly peak_after_first: number;
  readonly peak: number;
  readonly invocations: readonly Usage[];
}

export interface Row {
  readonly function_name: string;
  readonly title: string;
  /** As the table of functions has them. */
  readonly memory_mb: number;
  readonly timeout_s: number;
  readonly sandboxes: readonly SandboxRun[];
  /** Why there are no more. */
  readonly failure?: string;
}

const MIB = 2 ** 20;

/** At this memory a function has one whole processor: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const WHOLE_PROCESSOR_MB = 1_769;

/** The sizes that are chosen from; each but the last has twice the processor of the one before. */
const SIZES_MB = [128, 256, 512, 1_024, WHOLE_PROCESSOR_MB];

const HEADROOM = 1.5;

/** Seconds of waiting for the processor that a person is not to notice, after a cold start and with the largest input. */
const UNNOTICED_S = 0.5;

/** Functions whose largest input is thousands of photos, for which someone has asked. */
const BULK = new Set(["delete", "list", "restore", "unzip"]);
const BULK_SHARE_OF_TIMEOUT = 0.25;

export const RULES = [
  `A function is given the least of ${SIZES_MB.map((size) => size.toLocaleString("en")).join(", ")} MB that is`,
  `${HEADROOM} times its highest peak or more, and at whose share of a processor (memory ÷ ${WHOLE_PROCESSOR_MB.toLocaleString("en")}) the`,
  `processor time of the first invocation takes at most ${UNNOTICED_S} s; for ${[...BULK].join(", ")}, a quarter of the time-out.`,
  "A MB of Lambda's is a MiB.",
].join("\n");

export interface Demand {
  /** Bytes. */
  readonly peak: number;
  readonly cpu_seconds: number;
  /** What the processor time may take at the function's share. */
  readonly allowed_seconds: number;
}

/** @returns MB, or undefined where one processor is too slow or the largest size too small. */
export const memory_needed = ({ peak, cpu_seconds, allowed_seconds }: Demand): number | undefined =>
  SIZES_MB.find(
    (size) => size >= (peak * HEADROOM) / MIB && cpu_seconds / processor_share(size) <= allowed_seconds,
  );

/** The share of a processor that a function of this memory has. */
const processor_share = (memory_mb: number): number => Math.min(1, memory_mb / WHOLE_PROCESSOR_MB);

const header = [
  "function",
  "input",
  "peak at start, MiB",
  "after one",
  "after all",
  "first: wall, ms",
  "CPU, ms",
  "warm: wall, ms",
  "CPU, ms",
  "warm CPU at the function's share, ms",
];

export function usage_table(rows: readonly Row[]): string {
  const lines = rows.map((row) => [`\`${row.function_name}\``, row.title, ...figures(row)]);
  return markdown_table(header, lines, 2);
}

function figures(row: Row): string[] {
  const { sandboxes, memory_mb, failure } = row;
  if (failure !== undefined) return [failure.replaceAll(/[|\n]/g, " ").slice(0, 300)];
  const highest = (of: "peak_at_start" | "peak_after_first" | "peak") =>
    figure(Math.max(...sandboxes.map((sandbox) => sandbox[of])) / MIB);
  const milliseconds = (seconds: readonly number[]) => figure(median(seconds) * 1000);
  const warm_cpu = warm_invocations(row, "cpu_seconds");
  return [
    highest("peak_at_start"),
    highest("peak_after_first"),
    highest("peak"),
    milliseconds(first_invocations(row, "seconds")),
    milliseconds(first_invocations(row, "cpu_seconds")),
    milliseconds(warm_invocations(row, "seconds")),
    milliseconds(warm_cpu),
    milliseconds(warm_cpu.map((seconds) => seconds / processor_share(memory_mb))),
  ];
}

/** A line for each function: the most that any of its inputs takes, and the memory that follows from it. */
export function memory_table(rows: readonly Row[]): string {
  const names = [...new Set(rows.map(({ function_name }) => function_name))];
  const lines = names.map((name) => memory_line(rows.filter(({ function_name }) => function_name === name)));
  return markdown_table(
    ["function", "peak, MiB", `× ${HEADROOM}`, "CPU, s", "allowed, s", "needs, MB", "has, MB", "enough"],
    lines,
  );
}

function memory_line(rows: readonly Row[]): string[] {
  const [first] = rows;
  if (first === undefined) throw new RangeError("a function without inputs");
  const { function_name, memory_mb, timeout_s } = first;
  const measured = rows.filter(({ failure }) => failure === undefined);
  const peak = Math.max(...measured.flatMap(({ sandboxes }) => sandboxes.map((sandbox) => sandbox.peak)));
  const cpu_seconds = Math.max(...measured.map((row) => median(first_invocations(row, "cpu_seconds"))));
  const allowed_seconds = BULK.has(function_name) ? timeout_s * BULK_SHARE_OF_TIMEOUT : UNNOTICED_S;
  const needed = memory_needed({ peak, cpu_seconds, allowed_seconds });
  return [
    `\`${function_name}\``,
    figure(peak / MIB),
    figure((peak * HEADROOM) / MIB),
    cpu_seconds.toFixed(3),
    figure(allowed_seconds),
    String(needed ?? "more"),
    String(memory_mb),
    measured.length < rows.length ? "**a run failed**" : (needed ?? Infinity) <= memory_mb ? "yes" : "**no**",
  ];
}

const first_invocations = ({ sandboxes }: Row, of: keyof Usage): number[] =>
  sandboxes.flatMap(({ invocations }) => invocations.slice(0, 1).map((usage) => usage[of]));

const warm_invocations = ({ sandboxes }: Row, of: keyof Usage): number[] =>
  sandboxes.flatMap(({ invocations }) => invocations.slice(1).map((usage) => usage[of]));
