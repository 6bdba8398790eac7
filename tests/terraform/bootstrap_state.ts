/** What terraform/bootstrap makes: the state after a pretended apply, as tests/support/terraform_state.ts has it for terraform/. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import type { DeployedResource } from "../support/terraform_state.ts";

const PROJECT = join(import.meta.dirname, "..", "..");
const OFFLINE = join(PROJECT, "..", "shared", "terraform-offline", "apply-state");

const state = z.object({
  values: z.object({
    root_module: z.object({
      resources: z.array(
        z.object({
          address: z.string(),
          type: z.string(),
          name: z.string(),
          index: z.union([z.string(), z.number()]).optional(),
          values: z.record(z.string(), z.unknown()),
        }),
      ),
    }),
  }),
});

/** @throws the error of execFile, with what Terraform says, when the apply fails or a second plan is not empty */
export async function bootstrap_resources(
  variables: Readonly<Record<string, string>> = {},
): Promise<readonly DeployedResource[]> {
  const folder = await mkdtemp(join(tmpdir(), "photo-uploader-bootstrap-"));
  try {
    const out = join(folder, "state.json");
    const given = Object.entries(variables).map(([name, value]) => `-var=${name}=${value}`);
    await promisify(execFile)(OFFLINE, [join(PROJECT, "terraform", "bootstrap"), out, ...given]);
    return state.parse(JSON.parse(await readFile(out, "utf8"))).values.root_module.resources;
  } finally {
    await rm(folder, { recursive: true });
  }
}
