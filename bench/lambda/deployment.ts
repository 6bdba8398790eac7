/** What is deployed, on this machine: built, zipped, and unpacked as Lambda unpacks it, outside the project. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { build, bundle_function } from "../../scripts/build.ts";

export interface Deployment {
  /** Lambda's /opt. */
  readonly layer_root: string;
  /** Lambda's /var/task of a function. */
  readonly task_root: (name: string) => string;
  readonly remove: () => Promise<void>;
}

/**
 * Builds the functions anew; what is in `dist/` is neither used nor changed. Below node_modules of this project a
 * function would find what its zip lacks, so that all of it lies in the system's temporary folder.
 *
 * @param others functions of the bench's own, by name: the files that they are bundled from
 */
export async function deploy(
  names: readonly string[],
  others: Readonly<Record<string, string>> = {},
): Promise<Deployment> {
  const root = await mkdtemp(join(tmpdir(), "photo-uploader-bench-"));
  const dist = join(root, "dist");
  const layer_root = join(root, "opt");
  const task_root = (name: string) => join(root, "task", name);
  try {
    for (const [name, entry] of Object.entries(others)) {
      await bundle_function(entry, join(task_root(name), "index.cjs"));
    }
    await build({ dist });
    await unpack(join(dist, "layer.zip"), layer_root);
    for (const name of names) await unpack(join(dist, `${name}.zip`), task_root(name));
  } catch (error) {
    await rm(root, { recursive: true });
    throw error;
  }
  return { layer_root, task_root, remove: () => rm(root, { recursive: true }) };
}

async function unpack(zip: string, folder: string): Promise<void> {
  for (const [path, bytes] of Object.entries(unzipSync(await readFile(zip)))) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
}
