import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "..", "..", "scripts", "rollback.ts");

const root = mkdtempSync(join(tmpdir(), "photo-uploader-rollback-"));
afterAll(() => rmSync(root, { recursive: true }));

/** An alias as `terraform show -json` prints it in a plan. */
const alias_change = (name: string, actions: readonly string[], version: string | null) => ({
  address: `aws_lambda_alias.live["${name}"]`,
  type: "aws_lambda_alias",
  change: {
    actions,
    before: version && {
      arn: `arn:aws:lambda:eu-central-1:123456789012:function:photo-uploader-${name}:live`,
      function_name: `photo-uploader-${name}`,
      function_version: version,
      name: "live",
    },
    after: { function_name: `photo-uploader-${name}`, name: "live" },
    after_unknown: { function_version: true },
  },
});

const a_function = {
  type: "aws_lambda_function",
  change: { actions: ["update"], before: { environment: [{ variables: { CURSOR_KEY: "canary" } }] } },
};

const plan_of = (...resource_changes: object[]): string =>
  JSON.stringify({ format_version: "1.2", resource_changes });

let runs = 0;

/** Runs the script with an aws that writes its arguments down, and fails for the function that is named. */
function roll_back(plan: string | undefined, { fail_for = "none" } = {}) {
  const folder = join(root, String(++runs));
  mkdirSync(join(folder, "bin"), { recursive: true });
  const record = join(folder, "record");
  const aws = join(folder, "bin", "aws");
  writeFileSync(
    aws,
    `#!/usr/bin/env bash\necho "$*" >> "${record}"\n[[ $* == *${fail_for}* ]] && { echo AccessDenied >&2; exit 254; }\nexit 0\n`,
  );
  chmodSync(aws, 0o755);
  const file = join(folder, "plan.json");
  if (plan !== undefined) writeFileSync(file, plan);
  const env = { PATH: `${dirname(aws)}:/usr/bin:/bin` };
  return new Promise<{ code: number | null; stdout: string; stderr: string; calls: string[] }>((resolve) => {
    const child = execFile(process.execPath, [SCRIPT, file], { env }, (_error, stdout, stderr) => {
      const calls = existsSync(record) ? readFileSync(record, "utf8").trim().split("\n") : [];
      resolve({ code: child.exitCode, stdout, stderr: stderr.replaceAll(file, "PLAN"), calls });
    });
  });
}

const call = (name: string, version: number): string =>
  `lambda update-alias --region eu-central-1 --output text --function-name photo-uploader-${name} --name live --function-version ${version}`;

describe("a rollback", () => {
  it("points every alias at the version that it had before", async () => {
    const plan = plan_of(
      a_function,
      alias_change("login", ["update"], "12"),
      alias_change("list", ["no-op"], "3"),
      alias_change("new", ["create"], null),
    );
    expect(await roll_back(plan)).toEqual({
      code: 0,
      stdout:
        "photo-uploader-login: live is version 12, as before the deployment\nphoto-uploader-list: live is version 3, as before the deployment\n",
      stderr: "",
      calls: [call("login", 12), call("list", 3)],
    });
  });

  it("goes on where one cannot be moved, and says which", async () => {
    const plan = plan_of(alias_change("login", ["update"], "12"), alias_change("list", ["update"], "3"));
    const { code, calls, stdout, stderr } = await roll_back(plan, { fail_for: "login" });
    expect(code).toBe(1);
    expect(calls).toEqual([call("login", 12), call("list", 3)]);
    expect(stdout).toBe("photo-uploader-list: live is version 3, as before the deployment\n");
    expect(stderr).toBe(
      "photo-uploader-login: live is NOT version 12: AccessDenied\n1 of 2 functions may run the new version.\n",
    );
  });

  it("has nothing to go back to on the first deployment", async () => {
    const { code, stdout, calls } = await roll_back(plan_of(alias_change("login", ["create"], null)));
    expect({ code, calls }).toEqual({ code: 0, calls: [] });
    expect(stdout).toContain("first deployment");
  });

  it.each([
    ["no file", undefined],
    ["the plan's own file", "PK\u0003\u0004 canary"],
    ["other JSON", '{"canary": "canary"}'],
    [
      "an alias that is no alias",
      plan_of({
        type: "aws_lambda_alias",
        change: { actions: [], before: { arn: "canary", function_version: "1" } },
      }),
    ],
    [
      "an alias without a version",
      plan_of({
        type: "aws_lambda_alias",
        change: {
          before: { ...alias_change("login", [], "1").change.before, function_version: "$LATEST canary" },
        },
      }),
    ],
  ])("does nothing with %s, and quotes none of it", async (_what, plan) => {
    const { code, stdout, stderr, calls } = await roll_back(plan);
    expect({ code, stdout, calls }).toEqual({ code: 2, stdout: "", calls: [] });
    expect(stderr).toContain("PLAN");
    expect(stderr).not.toContain("canary");
  });
});
