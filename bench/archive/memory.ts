/** Holds what the engine keeps in memory against the formula of archive/README.md. */
import { join } from "node:path";
import * as z from "zod";
import { bundled, heap_of_the_function } from "../bundle.ts";
import { finished_process } from "../finished_process.ts";
import type { BenchArchive } from "./archives.ts";
import { made_archive } from "./archives.ts";
import { figure, markdown_table } from "./table.ts";

/** In bytes. */
export interface MemoryUse {
  readonly title: string;
  readonly peak: number;
  readonly formula: number;
}

const measured = z.object({ peak: z.number(), formula: z.number(), samples: z.number().min(2) });

/**
 * @param folder where the archive is; takes the bundle as well
 * @throws Error where an entry could not be extracted
 */
export async function memory_use(archive: BenchArchive, folder: string): Promise<MemoryUse> {
  const bundles = join(folder, "bundles");
  const [script = ""] = await bundled([join(import.meta.dirname, "measured_memory.ts")], bundles);
  const path = await made_archive(archive, folder);
  const args = ["--expose-gc", ...heap_of_the_function, script, path];
  const { text } = await finished_process(process.execPath, args);
  return { title: archive.title, ...measured.parse(JSON.parse(text)) };
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
