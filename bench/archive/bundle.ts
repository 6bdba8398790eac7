/** What is measured runs as it would be deployed: bundled, without Node's type stripping, which takes 30 MB itself. */
import { join } from "node:path";
import { build } from "esbuild";

/** Beside `node_modules`, from which the peers are loaded. */
const folder = join(import.meta.dirname, "..", "..", "dist", "bench");

/**
 * The heap that V8 gives itself where 1,024 MB are all there is, as in the function of `/unzip`; with more, it lets more
 * garbage lie. Measured in a cgroup of that size with `v8.getHeapStatistics()` and `v8.getHeapSpaceStatistics()`.
 */
const heap_of_the_function = ["--max-old-space-size=512", "--max-semi-space-size=16"];

/** Bundles a script. Returns the arguments with which Node runs it. */
export async function bundled(script: string, name: string): Promise<readonly string[]> {
  await build({
    entryPoints: { [name]: script },
    outdir: join(folder, name),
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "node",
    format: "esm",
    outExtension: { ".js": ".mjs" },
    logLevel: "error",
  });
  return [...heap_of_the_function, join(folder, name, `${name}.mjs`)];
}
