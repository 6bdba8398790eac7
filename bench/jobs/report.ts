/** What was measured of uploads and jobs, as Markdown. */
import { figure, markdown_table } from "../archive/table.ts";
import { billed_seconds, costs, type FunctionsTable, gb_seconds, memory_of, PRICES } from "./costs.ts";
import type { InvocationReport } from "./meter.ts";
import { WORKER } from "./one_worker.ts";
import type { Run } from "./runs.ts";
import type { Tally } from "./tally.ts";

const MIB = 2 ** 20;

export function throughput_table(runs: readonly Run[]): string {
  const header = [
    "",
    "upload, MB",
    "upload, s",
    "MB/s",
    "entries stored",
    "until done, s",
    "MB/s",
    "entries/s",
    "CPU s of the workers",
    "of the stack",
    "of the client",
  ];
  const rows = runs.map((run) => [
    run.title,
    figure(run.file_bytes / 1e6),
    figure(run.upload_seconds),
    figure(run.file_bytes / 1e6 / run.upload_seconds),
    run.entries.toLocaleString("en"),
    figure(run.seconds),
    figure(run.bytes / 1e6 / run.seconds),
    figure(run.entries / run.seconds),
    figure(total(Object.values(run.tally.invocations).flat(), ({ cpu_seconds }) => cpu_seconds)),
    figure(run.tally.stack_cpu_seconds),
    figure(run.client_cpu_seconds),
  ]);
  return markdown_table(header, rows);
}

/** Bold where a function has too little memory. */
export function memory_table(runs: readonly Run[], table: FunctionsTable): string {
  const rows = runs.flatMap(({ title, tally }) =>
    functions_of(tally).map(([name, invocations]) => {
      const peak = Math.max(...invocations.map(({ peak_rss }) => peak_rss)) / MIB;
      const has = memory_of(table, name);
      return [
        title,
        `\`${name}\``,
        String(new Set(invocations.map(({ pid }) => pid)).size),
        figure(peak),
        String(has),
        peak < has ? "yes" : "**no**",
      ];
    }),
  );
  return markdown_table(["", "function", "processes", "peak, MiB", "has, MB", "under"], rows, 2);
}

export function invocations_table(tally: Tally, table: FunctionsTable): string {
  const rows = functions_of(tally).map(([name, invocations]) => {
    const memory_mb = memory_of(table, name);
    return [
      `\`${name}\``,
      invocations.length.toLocaleString("en"),
      figure(total(invocations, ({ seconds }) => seconds)),
      figure(Math.max(...invocations.map(({ seconds }) => seconds))),
      figure(total(invocations, ({ init_seconds }) => init_seconds)),
      figure(total(invocations, ({ cpu_seconds }) => cpu_seconds)),
      `${memory_mb / 1024} GB × ${figure(total(invocations, billed_seconds))} s`,
      figure(gb_seconds(memory_mb, invocations)),
    ];
  });
  const header = ["function", "invocations", "s", "longest, s", "starts, s", "CPU s", "billed", "GB-s"];
  return markdown_table(header, rows);
}

/** One line for each run of `one_worker.ts`. */
export function worker_table(runs: readonly Run[], table: FunctionsTable): string {
  const has = memory_of(table, WORKER);
  const rows = runs.map(({ title, tally }) => {
    const invocations = tally.invocations[WORKER] ?? [];
    const peak = Math.max(...invocations.map(({ peak_rss }) => peak_rss)) / MIB;
    return [
      title,
      invocations.length.toLocaleString("en"),
      figure(total(invocations, billed_seconds)),
      figure(Math.max(...invocations.map(({ seconds }) => seconds))),
      figure(total(invocations, ({ cpu_seconds }) => cpu_seconds)),
      figure(gb_seconds(has, invocations)),
      (gb_seconds(has, invocations) * PRICES.gb_second).toFixed(5),
      figure(peak),
      String(has),
      peak < has ? "yes" : "**no**",
    ];
  });
  const header = [
    "",
    "tasks",
    "s",
    "longest, s",
    "CPU s",
    "GB-s",
    "dollars for them",
    "peak, MiB",
    "has, MB",
    "under",
  ];
  return markdown_table(header, rows);
}

export function requests_table({ calls }: Tally): string {
  const operations = [...new Set(Object.values(calls).flatMap((of_caller) => Object.keys(of_caller)))].sort();
  const rows = Object.entries(calls)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([caller, of_caller]) => [
      caller === "client" ? "the client, by signed requests" : `\`${caller}\``,
      ...operations.map((operation) => grouped(of_caller[operation])),
    ]);
  const sums = operations.map((operation) =>
    grouped(Object.values(calls).reduce((sum, of_caller) => sum + (of_caller[operation] ?? 0), 0)),
  );
  return markdown_table(["", ...operations], [...rows, ["together", ...sums]]);
}

const grouped = (count: number | undefined): string => count?.toLocaleString("en") ?? "";

export function costs_table({ tally, file_bytes, bytes }: Run, table: FunctionsTable): string {
  const lines = costs(tally, table, file_bytes);
  const together = lines.reduce((sum, { dollars }) => sum + dollars, 0);
  const rows = lines.map(({ what, arithmetic, dollars }) => [what, arithmetic, dollars.toFixed(5)]);
  const stored = `${(bytes / 1e9).toFixed(3)} GB of photos`;
  return markdown_table(
    ["", "arithmetic", "dollars"],
    [...rows, ["**together**", stored, `**${together.toFixed(4)}**`]],
    2,
  );
}

export function trouble_lines(runs: readonly Run[]): string {
  const lines = runs.flatMap(({ title, tally }) => tally.trouble.map((line) => `- ${title}: ${line}`));
  return lines.length === 0
    ? "No message had to come again, and no sandbox died."
    : `**Deliveries that failed, and sandboxes that died:**\n\n${lines.join("\n")}`;
}

const functions_of = ({ invocations }: Tally) =>
  Object.entries(invocations).sort(([a], [b]) => a.localeCompare(b));

const total = (invocations: readonly InvocationReport[], of: (one: InvocationReport) => number): number =>
  invocations.reduce((sum, one) => sum + of(one), 0);
