/**
 * What Terraform would deploy: the state after a pretended apply of terraform/, by the stand-in for the AWS provider in
 * `../shared/terraform-offline`. Tests on it are left out where that or terraform is not at hand, and the run says so.
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { build } from "../../scripts/build.ts";

const run = promisify(execFile);

const PROJECT = join(import.meta.dirname, "..", "..");
const OFFLINE = join(PROJECT, "..", "shared", "terraform-offline", "apply-state");

const why_not = !existsSync(OFFLINE)
  ? "there is no ../shared/terraform-offline"
  : spawnSync("terraform", ["version"]).status !== 0
    ? "there is no terraform on the PATH"
    : undefined;

export const terraform_is_here = why_not === undefined;

/** Says on the terminal that tests are not run, and why. */
export function announce_missing_terraform(file: string): void {
  if (why_not !== undefined) {
    process.stderr.write(`NOT RUN: the tests of what Terraform deploys in ${file}, because ${why_not}.\n`);
  }
}

const resource = z.object({
  /** `aws_iam_role.function["list"]` */
  address: z.string(),
  type: z.string(),
  /** The name in the configuration. */
  name: z.string(),
  /** The key of `for_each`. */
  index: z.union([z.string(), z.number()]).optional(),
  values: z.record(z.string(), z.unknown()),
});
export type DeployedResource = z.infer<typeof resource>;

const state = z.object({ values: z.object({ root_module: z.object({ resources: z.array(resource) }) }) });

/**
 * Applies a copy of terraform/ with zips of its own, since another test may be building dist/.
 *
 * @param options.change takes the copy's folder, to plant a mistake in it
 * @param options.variables as `-var` takes them
 * @throws the error of execFile, with what Terraform says, when the apply fails or a second plan is not empty
 */
export async function deployed_resources(
  options: {
    readonly change?: (folder: string) => void | Promise<void>;
    readonly variables?: Readonly<Record<string, string>>;
  } = {},
): Promise<readonly DeployedResource[]> {
  const root = await mkdtemp(join(tmpdir(), "photo-uploader-terraform-"));
  try {
    const folder = join(root, "terraform");
    await cp(join(PROJECT, "terraform"), folder, {
      recursive: true,
      filter: (file) => !file.includes(".terraform"),
    });
    await build({ dist: join(root, "dist") });
    await options.change?.(folder);
    const out = join(root, "state.json");
    const variables = Object.entries(options.variables ?? {}).map(([name, value]) => `-var=${name}=${value}`);
    await run(OFFLINE, [folder, out, ...variables], { cwd: root });
    return state.parse(JSON.parse(await readFile(out, "utf8"))).values.root_module.resources;
  } finally {
    await rm(root, { recursive: true });
  }
}
