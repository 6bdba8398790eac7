/**
 * Bundles scripts as the functions are bundled. Run as they are, they would be measured together with the part of Node
 * that strips their types, which takes 20 to 45 MB of memory and is not there in Lambda.
 */
import { basename, join } from "node:path";
import { build, stop } from "esbuild";

/**
 * The heap that V8 gives itself where 1,024 MB are all there is, as in the function of `/unzip`; with more, it lets more
 * garbage lie. Measured in a cgroup of that size with `v8.getHeapStatistics()` and `v8.getHeapSpaceStatistics()`.
 */
export const heap_of_the_function = ["--max-old-space-size=512", "--max-semi-space-size=16"];

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
