/**
 * Put around the handler of every function that the bench runs: writes what each invocation took, as Lambda's own REPORT
 * lines do. It is bundled, and runs inside the sandbox, so that a worker is asked about itself while it is still there.
 */
import { peak_rss } from "../peak_rss.ts";

/** What one invocation took; seconds, and bytes. */
export interface InvocationReport {
  /** Of the process. */
  readonly pid: number;
  /** From the creation of the process until the handler was loaded; 0 but for its first invocation. */
  readonly init_seconds: number;
  /** On the wall. */
  readonly seconds: number;
  /** User and system, all threads. */
  readonly cpu_seconds: number;
  /** The most memory that the process has had so far. */
  readonly peak_rss: number;
}

/** How a line begins that holds a report as JSON. */
export const REPORT = "REPORT ";

type Handler = (event: unknown, context: unknown) => unknown;

export function metered(handler: Handler): Handler {
  let init_seconds = performance.now() / 1000;
  let cpu = { user: 0, system: 0 };
  return async (event, context) => {
    const begin = performance.now();
    try {
      return await handler(event, context);
    } finally {
      const now = process.cpuUsage();
      const report: InvocationReport = {
        pid: process.pid,
        init_seconds,
        seconds: (performance.now() - begin) / 1000,
        cpu_seconds: (now.user + now.system - cpu.user - cpu.system) / 1e6,
        peak_rss: peak_rss(),
      };
      init_seconds = 0;
      cpu = now;
      process.stdout.write(`${REPORT}${JSON.stringify(report)}\n`);
    }
  };
}
