/** The commands of CodeBuild, run in a shell as it runs them, with everything that they call replaced by a recorder. */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html, as far as it is used. */
const phase = z.strictObject({
  "on-failure": z.literal("ABORT"),
  "runtime-versions": z.strictObject({ nodejs: z.int() }).optional(),
  commands: z.array(z.string()).min(1),
});
const buildspec = z
  .strictObject({
    version: z.literal(0.2),
    env: z.strictObject({ shell: z.literal("bash"), variables: z.record(z.string(), z.string()) }),
    phases: z.strictObject({ install: phase, pre_build: phase, build: phase, post_build: phase }),
    artifacts: z.strictObject({ "base-directory": z.string(), files: z.array(z.string()) }),
    cache: z.strictObject({ paths: z.array(z.string()) }),
  })
  .parse(parse(read("buildspec.yml")));

const { install, pre_build, build, post_build } = buildspec.phases;
const commands = [install, pre_build, build, post_build].flatMap((each) => each.commands);
const { variables } = buildspec.env;

const temporary = mkdtempSync(join(tmpdir(), "photo-uploader-buildspec-"));
afterAll(() => rmSync(temporary, { recursive: true }));

/** Writes down what it was called with and which secrets it can see, and fails where it is told to. */
const RECORDER = `#!/usr/bin/env bash
name=$(basename "$0")
[[ $name == install_terraform.sh ]] && name="bash scripts/install_terraform.sh"
seen=
for secret in AWS_CONTAINER_CREDENTIALS_RELATIVE_URI SMOKE_USERNAME SMOKE_PASSWORD TF_VAR_name TOKEN_HEADER; do
  [[ -n \${!secret-} ]] && seen="$seen $secret"
done
call="$name\${*:+ $*}"
echo "$call|$seen" >> "$RECORD"
[[ -n $FAIL && $call =~ $FAIL ]] && exit 7
[[ $* == *"output -raw"* ]] && printf 'the-%s' "\${@: -1}"
[[ $* == *show* ]] && printf 'shown'
exit 0
`;

interface Run {
  readonly exit_code: number;
  /** Each call with its arguments, in their order. */
  readonly calls: readonly string[];
  /** Which of the secrets the call that begins like this could see. */
  readonly seen_by: (beginning: string) => readonly string[];
  readonly folder: string;
}

let runs = 0;

/** Every command in one shell, until one fails, as version 0.2 has it. */
async function run({ fail = "" } = {}): Promise<Run> {
  const folder = join(temporary, String(++runs));
  for (const path of ["bin", "scripts", "node_modules/.bin", "dist", "terraform"]) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  const recorders = ["bin/npm", "bin/terraform", "node_modules/.bin/node", "scripts/install_terraform.sh"];
  for (const recorder of recorders) {
    writeFileSync(join(folder, recorder), RECORDER);
    chmodSync(join(folder, recorder), 0o755);
  }
  const script = commands.map((command) => `${command}\nstatus=$?; (( status == 0 )) || exit "$status"\n`);
  const record = join(folder, "record");
  writeFileSync(record, "");
  const env = {
    ...variables,
    PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
    TF_PLUGIN_CACHE_DIR: join(folder, "cache"),
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials/canary",
    SMOKE_USERNAME: "smoke@example.com",
    SMOKE_PASSWORD: "canary",
    TF_VAR_name: "acme",
    RECORD: record,
    FAIL: fail,
  };
  const exit_code = await new Promise<number>((resolve) => {
    const shell = execFile("bash", ["-c", script.join("")], { cwd: folder, env }, () =>
      resolve(shell.exitCode ?? -1),
    );
  });
  const lines = readFileSync(record, "utf8").trimEnd().split("\n");
  const calls = lines.map((line) => line.split("|")[0] ?? "");
  const seen_by = (beginning: string) => {
    const line = lines.find((each) => each.startsWith(beginning));
    if (line === undefined) throw new Error(`Nothing was called as ${beginning}`);
    return (line.split("|")[1] ?? "").split(" ").filter(Boolean);
  };
  return { exit_code, calls, seen_by, folder };
}

const SMOKE = "node scripts/smoke.ts the-api_url";
const ROLLBACK = "node scripts/rollback.ts dist/plan.json";
const APPLY = "terraform -chdir=terraform apply -lock-timeout=10m ../dist/tfplan";

const IN_ORDER = [
  "bash scripts/install_terraform.sh",
  "terraform version",
  "npm ci",
  "npm test",
  "npm run build",
  "terraform -chdir=terraform init -backend-config=bucket=terraform-remote-state -backend-config=key=photo-uploader/terraform.tfstate -backend-config=region=eu-central-1",
  "terraform fmt -check -recursive terraform",
  "terraform -chdir=terraform validate",
  "terraform -chdir=terraform test",
  "terraform -chdir=terraform plan -lock-timeout=10m -out=../dist/tfplan",
  "terraform -chdir=terraform show -no-color ../dist/tfplan",
  "terraform -chdir=terraform show -json ../dist/tfplan",
  APPLY,
  "terraform -chdir=terraform output",
  "terraform -chdir=terraform output -json",
  "terraform -chdir=terraform output -raw api_url",
  "terraform -chdir=terraform output -raw token_header",
  SMOKE,
];

const as_pattern = (call: string): string => `^${call.replace(/[.$]/g, "\\$&")}$`;

describe("the build", () => {
  it("tests, plans, applies, and tests what it has deployed", async () => {
    const { exit_code, calls, folder } = await run();
    expect(calls).toEqual(IN_ORDER);
    expect(exit_code).toBe(0);
    const kept = buildspec.artifacts.files.map((file) =>
      join(folder, buildspec.artifacts["base-directory"], file),
    );
    expect(kept.filter((file) => !existsSync(file))).toEqual([]);
  });

  it.each(IN_ORDER)("ends where this fails: %s", async (call) => {
    const { exit_code, calls } = await run({ fail: as_pattern(call) });
    const rolled_back = call === APPLY || call === SMOKE ? [ROLLBACK] : [];
    expect(calls).toEqual([...IN_ORDER.slice(0, IN_ORDER.indexOf(call) + 1), ...rolled_back]);
    expect(exit_code).not.toBe(0);
  });

  it.each([APPLY, SMOKE])("fails also when the rollback fails after this: %s", async (call) => {
    const { exit_code, calls } = await run({ fail: `${as_pattern(call)}|${as_pattern(ROLLBACK)}` });
    expect(calls.at(-1)).toBe(ROLLBACK);
    expect(exit_code).not.toBe(0);
  });

  it("shows its tests neither the account nor the test user", async () => {
    const { seen_by } = await run();
    expect(seen_by("npm test")).toEqual(["TF_VAR_name"]);
    expect(seen_by("terraform -chdir=terraform plan")).toContain("TF_VAR_name");
    expect(seen_by("terraform -chdir=terraform plan")).toContain("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    expect(seen_by("node scripts/smoke.ts")).toEqual(
      expect.arrayContaining(["SMOKE_USERNAME", "SMOKE_PASSWORD", "TOKEN_HEADER"]),
    );
  });

  it("keeps no file that holds secrets", () => {
    expect(buildspec.artifacts.files.toSorted()).toEqual(["outputs.json", "plan.txt"]);
  });
});

describe("what it names", () => {
  const package_json = z
    .object({ scripts: z.record(z.string(), z.string()), devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read("package.json")));

  it("is there: scripts of the project and of npm", () => {
    const scripts = commands.flatMap((command) => command.match(/\bscripts\/[\w.]+/g) ?? []);
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((script) => !existsSync(join(root, script)))).toEqual([]);
    const npm = commands.flatMap((command) =>
      [...command.matchAll(/npm (?:run )?(\w+)$/g)].map(([, name]) => name),
    );
    expect(npm.toSorted()).toEqual(["build", "ci", "test"]);
    expect(Object.keys(package_json.scripts)).toEqual(expect.arrayContaining(["build", "test"]));
  });

  it("is the Node of the project, by its major version", () => {
    const [major] = (package_json.devDependencies.node ?? "").split(".");
    expect(install["runtime-versions"]?.nodejs).toBe(Number(major));
    // Whatever else needs Node runs on the one of package-lock.json.
    const with_node = commands.filter((command) => /\bnode /.test(command));
    expect(with_node.filter((command) => /(?<!\.bin\/)\bnode /.test(command))).toEqual([]);
  });

  it("is a Terraform 1.14 that the configuration accepts, with a checksum for each kind of machine", () => {
    const version = z.templateLiteral(["1.14.", z.int()]).parse(variables.TERRAFORM_VERSION);
    const required = /required_version = ">= (\d+)\.(\d+)"/.exec(read("terraform/versions.tf"));
    const [major, minor] = version.split(".").map(Number);
    expect([major, minor]).toEqual([Number(required?.[1]), expect.any(Number)]);
    expect(minor).toBeGreaterThanOrEqual(Number(required?.[2]));
    const sums = [variables.TERRAFORM_SHA256_AMD64, variables.TERRAFORM_SHA256_ARM64];
    for (const sum of sums) expect(sum).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(sums).size).toBe(2);
  });

  it("is the state and the outputs of the configuration", () => {
    expect(read("terraform/versions.tf")).toContain(`key          = "${variables.STATE_KEY}"`);
    const region = /variable "region" \{[^}]*default\s*= "([^"]+)"/.exec(read("terraform/variables.tf"));
    expect(variables.STATE_REGION).toBe(region?.[1]);
    const outputs = commands.flatMap((command) => command.match(/(?<=output -raw )\w+/g) ?? []);
    expect(outputs.toSorted()).toEqual(["api_url", "token_header"]);
    for (const output of outputs) expect(read("terraform/outputs.tf")).toContain(`output "${output}" {`);
  });
});
