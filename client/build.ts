/**
 * `npm run build -w client`: dist/index.js, one module without imports, and the types of each module beside it.
 *
 * What a page comes to load is told: the module minified, and by gzip.
 */
import { execFile } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build, stop } from "esbuild";

const root = join(import.meta.dirname, "..");

const options = {
  entryPoints: [join(import.meta.dirname, "index.ts")],
  bundle: true,
  format: "esm",
  // Browsers since the spring of 2024, and Node 22, which all have AbortSignal.any.
  target: "es2022",
  logLevel: "warning",
} satisfies BuildOptions;

export interface ClientSize {
  /** Bytes. */
  readonly minified: number;
  readonly gzipped: number;
}

export async function build_client({ dist = join(import.meta.dirname, "dist") } = {}): Promise<ClientSize> {
  await rm(dist, { recursive: true, force: true });
  await build({ ...options, outfile: join(dist, "index.js") });
  await write_types(dist);
  const minified = await build({ ...options, minify: true, write: false });
  // esbuild's own process would stay for as long as this one.
  await stop();
  const [{ contents } = { contents: new Uint8Array() }] = minified.outputFiles;
  return { minified: contents.byteLength, gzipped: gzipSync(contents, { level: 9 }).byteLength };
}

async function write_types(dist: string): Promise<void> {
  const tsc = join(root, "node_modules", ".bin", "tsc");
  await promisify(execFile)(tsc, ["--project", import.meta.dirname, "--outDir", dist]);
  for (const file of await readdir(dist)) {
    if (!file.endsWith(".d.ts")) continue;
    const types = await readFile(join(dist, file), "utf8");
    // Resolvers that do not know of imports by `.ts` find the types by the name of a script.
    await writeFile(join(dist, file), types.replaceAll(/(from "\.\/\w+)\.ts"/g, '$1.js"'));
  }
}

if (import.meta.main) {
  const { minified, gzipped } = await build_client();
  process.stdout.write(`dist/index.js: ${minified} bytes minified, ${gzipped} by gzip\n`);
}
