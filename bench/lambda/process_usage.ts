/** What a process has used so far, from Linux's /proc: https://docs.kernel.org/filesystems/proc.html */
import { readdirSync, readFileSync } from "node:fs";

/** Seconds of processor time, user and system, of all threads that there are. */
export function cpu_seconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return cpu_seconds_of(threads.flatMap((thread) => text_of(`/proc/${pid}/task/${thread}/schedstat`)));
}

/** None where the thread has ended since it was seen. */
function text_of(file: string): string[] {
  try {
    return [readFileSync(file, "latin1")];
  } catch {
    return [];
  }
}

/** The first number of each thread's `schedstat` is nanoseconds; `stat` has the same in hundredths of a second. */
export function cpu_seconds_of(schedstats: readonly string[]): number {
  return schedstats.reduce((sum, text) => sum + Number.parseInt(text, 10), 0) / 1e9;
}

/** The most memory that was ever resident, in bytes. */
export const peak_rss = (pid: number): number => peak_rss_of(readFileSync(`/proc/${pid}/status`, "latin1"));

/** @throws Error for what is no `status` of a process. */
export function peak_rss_of(status: string): number {
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kib === undefined) throw new Error("there is no VmHWM in the status of the process");
  return Number(kib) * 1024;
}
