/** The bundles of the functions as they are deployed, each behind the meter. */
import { cp, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, bundle_function } from "../../scripts/build.ts";

/** Builds into `dist`, a folder of its own: what is in the project's is neither used nor changed. */
export async function build_metered(dist: string): Promise<void> {
  await build({ dist });
  const meter = join(dist, "meter.cjs");
  await bundle_function(join(import.meta.dirname, "meter.ts"), meter);
  const functions = join(dist, "functions");
  for (const name of await readdir(functions)) {
    const folder = join(functions, name);
    await rename(join(folder, "index.cjs"), join(folder, "function.cjs"));
    await cp(meter, join(folder, "meter.cjs"));
    await writeFile(
      join(folder, "index.cjs"),
      `const { handler } = require("./function.cjs");\nexports.handler = require("./meter.cjs").metered(handler);\n`,
    );
  }
}
