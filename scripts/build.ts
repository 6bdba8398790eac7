/**
 * Builds what is deployed, and what the laptop stack runs: one bundle and one zip for each function, and the layer.
 *
 *     dist/functions/<name>/index.cjs                                dist/<name>.zip
 *     dist/functions/<name>/details_reader.cjs                       of those that take photos
 *     dist/layer/nodejs/node_modules/@photo-uploader/layer/…         dist/layer.zip
 *
 * The same source gives the same bytes: the zips hold no time of day, and their entries have a fixed order.
 */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
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

/** The sniffing library lists all types that it knows, 6 KB of them, for those who ask; nobody does. */
const no_lists_of_types: Plugin = {
  name: "no_lists_of_types",
  setup({ onLoad }) {
    onLoad({ filter: /file-type[\\/]source[\\/]supported\.js$/ }, () => ({
      contents: "export const extensions = [], mimeTypes = [];",
    }));
  },
};

/** Of forms only multipart ones are let through to the form parser, which says of any other type that it is not supported. */
const no_urlencoded_forms: Plugin = {
  name: "no_urlencoded_forms",
  setup({ onLoad }) {
    onLoad({ filter: /@fastify[\\/]busboy[\\/]lib[\\/]types[\\/]urlencoded\.js$/ }, () => ({
      contents: "module.exports = { detect: /(?!)/ };",
    }));
  },
};

/** The SDK bundles its manifest of 2.5 KB for the sake of the version in it, which it names to AWS. */
const short_manifests: Plugin = {
  name: "short_manifests",
  setup({ onLoad }) {
    onLoad({ filter: /@aws-sdk[\\/][\w-]+[\\/]package\.json$/ }, async ({ path }) => {
      const { name, version } = JSON.parse(await readFile(path, "utf8"));
      return { contents: JSON.stringify({ name, version }), loader: "json" };
    });
  },
};

/**
 * What reads the details of photos is a file of its own beside the bundle, which a function loads when it needs it: no cold start
 * pays for it (docs/decisions/0025-metadata-of-photos.md).
 */
const details_apart: Plugin = {
  name: "details_apart",
  setup({ onResolve }) {
    onResolve({ filter: /\/details\/reader\.ts$/ }, ({ kind }) =>
      kind === "entry-point" ? undefined : { path: `./${DETAILS_READER}`, external: true },
    );
  },
};
const DETAILS_READER = "details_reader.cjs";

/** The Exif library can read far more than the time and the orientation, which is all that it is asked for. */
const no_other_metadata: Plugin = {
  name: "no_other_metadata",
  setup({ onLoad }) {
    const filter = /exifreader[\\/]src[\\/](canon|icc|iptc|mpf|pentax|photoshop|xmp)-tags\.js$/;
    onLoad({ filter }, () => ({ contents: "export default {};" }));
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
  // As with the format of the bundle itself: `require` starts faster.
  supported: { "dynamic-import": false },
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
  const folder = join(dist, "functions", name);
  await bundle_function(join(root, "handlers", `${name}.ts`), join(folder, "index.cjs"));
  const files = (await readdir(folder)).sort();
  const contents = files.map(async (file) => [file, await readFile(join(folder, file))] as const);
  await zip(join(dist, `${name}.zip`), Object.fromEntries(await Promise.all(contents)));
}

/** Bundles one module as a function: all that it needs is in its folder, but the layer. */
export async function bundle_function(entry_point: string, outfile: string): Promise<void> {
  const { metafile } = await bundle({
    ...options,
    entryPoints: [entry_point],
    outfile,
    external: [LAYER, ...UNREACHED_CREDENTIALS],
    metafile: true,
    plugins: [details_apart, no_archive_sniffing, no_lists_of_types, no_urlencoded_forms, short_manifests],
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  if (imports.some(({ path }) => path === `./${DETAILS_READER}`)) {
    await bundle_details_reader(join(dirname(outfile), DETAILS_READER));
  }
}

async function bundle_details_reader(outfile: string): Promise<void> {
  // One of its libraries prints what it thinks of a photo, which is no line of a log.
  await bundle({
    ...options,
    entryPoints: [join(root, "details", "reader.ts")],
    outfile,
    plugins: [no_other_metadata],
    drop: ["console"],
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
