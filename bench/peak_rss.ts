/** The most memory that this process has had, in bytes. */
import { readFileSync } from "node:fs";

/** Linux's own figure, where there is one: getrusage's begins with the memory of whoever started this process. */
export function peak_rss(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS * 1024;
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1"));
  return Number(line?.[1]) * 1024;
}
