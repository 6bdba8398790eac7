/** Holds what the engine keeps in memory against the formula of archive/README.md. */
import { join } from "node:path";
import * as z from "zod";
import { bundled } from "./bundle.ts";
import { run } from "./candidates.ts";
import { figure, markdown_table } from "./table.ts";

/** In bytes. */
export interface MemoryUse {
  readonly title: string;
  readonly peak: number;
  readonly formula: number;
}

const measured = z.object({ peak: z.number(), formula: z.number(), samples: z.number().min(2) });

/** @throws Error where an entry could not be extracted */
export async function memory_use({
  title,
  path,
}: {
  readonly title: string;
  readonly path: string;
}): Promise<MemoryUse> {
  const script = await bundled(join(import.meta.dirname, "measured_memory.ts"), "memory");
  const { text } = await run(process.execPath, ["--expose-gc", ...script, path]);
  return { title, ...measured.parse(JSON.parse(text)) };
}

export function memory_table(uses: readonly MemoryUse[]): string {
  const lines = uses.map(({ title, peak, formula }) => [
    title,
    figure(peak / 1e6),
    figure(formula / 1e6),
    figure(peak / formula),
  ]);
  return markdown_table(["", "most in use, MB", "formula, MB", "×"], lines);
}
