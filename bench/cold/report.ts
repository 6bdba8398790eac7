/** The starts that were measured, as Markdown: one table, and what is over its budget. */
import { median } from "../archive/median.ts";
import { figure, markdown_table } from "../archive/table.ts";
import type { Usage } from "../lambda/sandbox.ts";

export interface Starts {
  readonly name: string;
  /** Times bare Node. */
  readonly budget?: number;
  readonly rounds: readonly Usage[];
}

export interface Baselines {
  readonly bare_node: Starts;
  readonly client_s3_only: Starts;
}

const header = [
  "",
  "wall, ms",
  "fastest to slowest",
  "× bare Node",
  "× client-s3 only",
  "CPU, ms",
  "× bare Node",
  "budget",
  "met",
];

export function starts_table(all: readonly Starts[], { bare_node, client_s3_only }: Baselines): string {
  const rows = all.map((starts) => {
    const walls = starts.rounds.map(({ seconds }) => seconds * 1000);
    return [
      starts.name,
      figure(median(walls)),
      `${figure(Math.min(...walls))} to ${figure(Math.max(...walls))}`,
      ratio("seconds", starts, bare_node).toFixed(2),
      ratio("seconds", starts, client_s3_only).toFixed(2),
      figure(medians("cpu_seconds", starts) * 1000),
      ratio("cpu_seconds", starts, bare_node).toFixed(2),
      starts.budget?.toFixed(1) ?? "",
      starts.budget === undefined ? "" : is_within_budget(starts, bare_node) ? "yes" : "**no**",
    ];
  });
  return markdown_table(header, rows);
}

/** The names of those that take longer, or more processor time, than they may. */
export const over_budget = (all: readonly Starts[], bare_node: Starts): string[] =>
  all.filter((starts) => !is_within_budget(starts, bare_node)).map(({ name }) => name);

const is_within_budget = (starts: Starts, bare_node: Starts): boolean =>
  starts.budget === undefined ||
  (ratio("seconds", starts, bare_node) <= starts.budget &&
    ratio("cpu_seconds", starts, bare_node) <= starts.budget);

const medians = (of: keyof Usage, { rounds }: Starts): number => median(rounds.map((round) => round[of]));

const ratio = (of: keyof Usage, starts: Starts, other: Starts): number =>
  medians(of, starts) / medians(of, other);
