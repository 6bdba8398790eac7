/**
 * Builds what is deployed, and what the laptop stack runs: one bundle and one zip for each function, and the layer.
 *
 *     dist/functions/<name>/index.cjs                                dist/<name>.zip
 *     dist/layer/nodejs/node_modules/@photo-uploader/layer/…         dist/layer.zip
 *
 * The same source gives the same bytes: the zips hold no time of day, and their entries have a fixed order.
 */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type BuildOptions, build as bundle, type Plugin, stop } from "esbuild";
import { type Zippable, zipSync } from "fflate";

const root = join(import.meta.dirname, "..");
const LAYER = "@photo-uploader/layer";

/** Ways to credentials that Lambda never takes; it hands them over in the environment. */
const UNREACHED_CREDENTIALS = [
  "@aws-sdk/credential-provider-http",
  "@aws-sdk/credential-provider-ini",
  "@aws-sdk/credential-provider-login",
  "@aws-sdk/credential-provider-process",
  "@aws-sdk/credential-provider-sso",
  "@aws-sdk/credential-provider-web-identity",
  "@smithy/credential-provider-imds",
];

/** By the paths that `file-type` imports them by. Were it to ask for more of them, the bundling would fail. */
const no_archive_sniffing: Plugin = {
  name: "no_archive_sniffing",
  setup({ onResolve }) {
    onResolve({ filter: /^@tokenizer\/inflate$|^\.\/detectors\/zip\.js$/ }, () => ({
      path: join(import.meta.dirname, "no_archive_sniffing.ts"),
    }));
  },
};

/** Earliest date that a ZIP can hold (APPNOTE 4.4.6). */
const NO_TIME = new Date(1980, 0, 1);

/** -rw-r--r-- as Info-ZIP writes it; Lambda unpacks as root and runs as someone else. */
const READABLE = { os: 3, attrs: 0o100644 << 16 } as const;

const options: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node24",
  // Measured: an ESM bundle starts a quarter slower than a CJS one (docs/decisions/0007-cjs-bundles.md).
  format: "cjs",
  // Without this esbuild takes the SDK's CJS, which cannot be tree-shaken.
  mainFields: ["module", "main"],
  minify: true,
  legalComments: "none",
  logLevel: "warning",
};

/** Builds everything into an empty folder. */
export async function build({ dist = join(root, "dist") }: { readonly dist?: string } = {}): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  const handlers = (await readdir(join(root, "handlers"))).filter((file) => file.endsWith(".ts"));
  await Promise.all([
    build_layer(dist),
    ...handlers.map((file) => build_function(dist, basename(file, ".ts"))),
  ]);
  // esbuild's own process would stay for as long as this one; the laptop stack builds once, and runs for hours.
  await stop();
}

async function build_function(dist: string, name: string): Promise<void> {
  const outfile = join(dist, "functions", name, "index.cjs");
  await bundle_function(join(root, "handlers", `${name}.ts`), outfile);
  await zip(join(dist, `${name}.zip`), { "index.cjs": await readFile(outfile) });
}

/** Bundles one module as a function: all that it needs is in the bundle, but the layer. */
export async function bundle_function(entry_point: string, outfile: string): Promise<void> {
  await bundle({
    ...options,
    entryPoints: [entry_point],
    outfile,
    external: [LAYER, ...UNREACHED_CREDENTIALS],
    plugins: [no_archive_sniffing],
  });
}

async function build_layer(dist: string): Promise<void> {
  const folder = `nodejs/node_modules/${LAYER}`;
  const outfile = join(dist, "layer", folder, "index.cjs");
  await bundle({ ...options, entryPoints: [join(root, "layer", "index.ts")], outfile });
  const manifest = `${JSON.stringify({ name: LAYER, main: "index.cjs" })}\n`;
  await writeFile(join(dist, "layer", folder, "package.json"), manifest);
  await zip(join(dist, "layer.zip"), {
    [`${folder}/index.cjs`]: await readFile(outfile),
    [`${folder}/package.json`]: Buffer.from(manifest),
  });
}

async function zip(file: string, files: Record<string, Uint8Array>): Promise<void> {
  const entries: Zippable = Object.fromEntries(
    Object.entries(files).map(([path, bytes]) => [path, [bytes, { ...READABLE, mtime: NO_TIME, level: 9 }]]),
  );
  await writeFile(file, zipSync(entries));
}

if (import.meta.main) await build();
