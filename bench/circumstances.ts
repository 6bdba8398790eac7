/** Under which circumstances was measured, for the head of a report. */
import { cpus, loadavg, totalmem } from "node:os";

/** Over the last minute. To be read before the measuring begins: what else ran on the machine. */
export const load_of_machine = (): number => loadavg()[0] ?? 0;

/** @param command as it was typed, up to its options */
export function circumstances(command: string, load_before: number, quick: boolean): string {
  const processors = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return [
    `- ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${process.platform} ${process.arch}`,
    `- ${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}, ${memory} GiB of memory; load ${load_before.toFixed(1)} when the first round began, which would be 0 on a machine that does nothing else`,
    `- Scale: ${quick ? "a twentieth (`--quick`): for trying, not for comparing" : "full"}. The rounds are those of the tables.`,
    `- Command: \`${[command, ...shown_arguments()].join(" ")}\``,
  ].join("\n");
}

/** Without the folder: it is a path of this machine. */
function shown_arguments(): string[] {
  const given = process.argv.slice(2);
  return given.filter((argument, i) => !argument.startsWith("--folder") && given[i - 1] !== "--folder");
}
