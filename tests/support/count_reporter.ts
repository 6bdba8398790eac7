/**
 * A vitest reporter that closes a run with one line that counts its tests: `N passed, N failed`; and before it, where the API was
 * asked, with one of the exchanges that were held against openapi.json.
 */
import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import type {} from "../integration/exchanges.ts";

export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled_errors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled_errors.length, skipped: 0, pending: 0 };
    for (const test_module of modules) {
      // A file that cannot be loaded has no tests, and those of a hook that throws are skipped: failures all the same.
      for (const suite of [test_module, ...test_module.children.allSuites()])
        count.failed += suite.errors().length;
      for (const test of test_module.children.allTests()) count[test.result().state] += 1;
    }
    const skipped = count.skipped + count.pending > 0 ? `, ${count.skipped + count.pending} skipped` : "";
    process.stdout.write(exchanges_line(modules));
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`);
  }
}

/** With `EXCHANGES=<file>`, that file then says how often each operation was answered how. */
function exchanges_line(modules: readonly TestModule[]): string {
  const answers = new Map<string, number>();
  for (const test_module of modules) {
    for (const [answer, times] of Object.entries(test_module.meta().exchanges ?? {})) {
      answers.set(answer, (answers.get(answer) ?? 0) + times);
    }
  }
  if (answers.size === 0) return "";
  const lines = [...answers].map(([answer, times]) => `${answer} ${times}\n`).toSorted();
  if (process.env.EXCHANGES !== undefined) writeFileSync(process.env.EXCHANGES, lines.join(""));
  const exchanges = [...answers.values()].reduce((sum, times) => sum + times, 0);
  return `\n${exchanges} exchanges are as openapi.json has them, with ${answers.size} kinds of answers\n`;
}
