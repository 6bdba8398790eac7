/** Everything that a piece of code writes to the standard streams and to the console, kept from the terminal. */
import { inspect } from "node:util";
import { vi } from "vitest";

export interface WrittenOutput {
  /** All of it, in its order. */
  text(): string;
  /** The lines of the log, parsed. */
  records(): unknown[];
  restore(): void;
}

export function written_output(): WrittenOutput {
  const written: string[] = [];
  const keep = (chunk: unknown): boolean => {
    written.push(chunk instanceof Uint8Array ? Buffer.from(chunk).toString() : String(chunk));
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation(keep),
    vi.spyOn(process.stderr, "write").mockImplementation(keep),
    ...(["log", "info", "warn", "error", "debug", "trace"] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation((...values: unknown[]) => {
        keep(`${values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ")}\n`);
      }),
    ),
  ];
  const text = (): string => written.join("");
  return {
    text,
    records: () =>
      text()
        .split("\n")
        .filter((line) => line !== "")
        .map((line): unknown => JSON.parse(line)),
    restore: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}
