/** What the figures were measured on, in general terms: nothing that names a machine. */
import { cpus, getPriority, loadavg, totalmem } from "node:os";

/** The load of the last minute, which tells what else ran. */
export const load = (): number => loadavg()[0] ?? 0;

export interface Circumstances {
  /** `npm run bench:cold --`, without what was given to it. */
  readonly command: string;
  readonly load_before: number;
  readonly load_after: number;
}

/** The lines at the head of a report. */
export function circumstances({ command, load_before, load_after }: Circumstances): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown";
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return [
    `- ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${process.platform} ${process.arch}`,
    `- ${processors.length} × ${model}, ${memory} GiB of memory; load ${load_before.toFixed(1)} before the first round and ${load_after.toFixed(1)} after the last, of which the bench itself makes about 1; it would be 0 on a machine that does nothing else`,
    ...(getPriority() === 0 ? [] : [`- Priority of the bench and of what it starts: nice ${getPriority()}`]),
    `- Command: \`${[command, ...process.argv.slice(2)].join(" ")}\``,
  ].join("\n");
}
