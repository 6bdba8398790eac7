/**
 * Bundles scripts as the functions are bundled. Run as they are, they would be measured together with the part of Node
 * that strips their types, which takes 20 to 45 MB of memory and is not there in Lambda.
 */
import { basename, join } from "node:path";
import { build, stop } from "esbuild";

/** Paths of the bundles of the scripts, in their order. */
export async function bundled(scripts: readonly string[], folder: string): Promise<string[]> {
  await build({
    entryPoints: [...scripts],
    outdir: folder,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    mainFields: ["module", "main"],
    minify: true,
    logLevel: "warning",
  });
  await stop();
  return scripts.map((script) => join(folder, `${basename(script, ".ts")}.cjs`));
}
