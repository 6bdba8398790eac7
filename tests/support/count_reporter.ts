/** A vitest reporter that closes a run with one line that counts its tests: `N passed, N failed`. */
import type { Reporter, TestModule } from "vitest/node";

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
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`);
  }
}
