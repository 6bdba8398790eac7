/** What the demo tells: a line for each thing that is as it should be, or what was expected and what came. */
import { inspect, isDeepStrictEqual } from "node:util";
import { difference } from "./difference.ts";
import { type Output, styled } from "./output.ts";
import { type Column, table_lines } from "./table.ts";

export interface Report {
  heading(text: string): void;
  line(text: string): void;
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void;
  /** Prints the claim with ✓ when both are equal, member by member; else with ✗ and where they differ. */
  check(claim: string, came: unknown, expected: unknown): void;
  fail(claim: string, came: string, expected: string): void;
  /** How many claims did not hold. */
  failures(): number;
}

export function report_on(output: Output): Report {
  let failures = 0;
  const line = (text: string) => void output.write(`${text}\n`);

  const report: Report = {
    heading: (text) => line(`\n${styled(output, "bold", text)}`),
    line: (text) => line(`  ${text}`),
    table(columns, rows) {
      const [headings = "", ...others] = table_lines(columns, rows);
      line(`\n    ${styled(output, "dim", headings)}`);
      line(`${others.map((other) => `    ${other}`).join("\n")}\n`);
    },
    check(claim, came, expected) {
      if (isDeepStrictEqual(came, expected)) {
        line(`  ${styled(output, "green", "✓")} ${claim}`);
        return;
      }
      const differing = difference(came, expected);
      report.fail(claim, shown(differing.came), shown(differing.expected));
    },
    fail(claim, came, expected) {
      failures += 1;
      line(`  ${styled(output, "red", `✗ ${claim}`)}`);
      line(`      expected  ${indented(expected)}`);
      line(`      came      ${indented(came)}`);
    },
    failures: () => failures,
  };
  return report;
}

const shown = (value: unknown): string =>
  typeof value === "string" ? value : inspect(value, { depth: 4, breakLength: 200, maxArrayLength: 20 });

const indented = (text: string): string => text.replaceAll("\n", `\n${" ".repeat(16)}`);
