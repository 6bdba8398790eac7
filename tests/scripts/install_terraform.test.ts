import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, describe, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "..", "..", "scripts", "install_terraform.sh");

const has_unzip = spawnSync("unzip", ["-v"]).status === 0;
if (!has_unzip) {
  process.stderr.write(
    "tests/scripts/install_terraform.test.ts is left out: there is no unzip on this machine.\n",
  );
}

const root = mkdtempSync(join(tmpdir(), "photo-uploader-terraform-"));
afterAll(() => rmSync(root, { recursive: true }));

const released = zipSync({ terraform: Buffer.from("#!/bin/sh\necho the released one\n") });
const SHA256 = createHash("sha256").update(released).digest("hex");
const OTHER_SHA256 = "0".repeat(64);

let runs = 0;

/** Runs the script on a machine of this kind, whose curl writes its arguments down and always gets the same zip. */
async function install({ machine = "x86_64", amd64 = SHA256, arm64 = SHA256 } = {}) {
  const folder = join(root, String(++runs));
  const file = (name: string) => join(folder, name);
  mkdirSync(file("fakes"), { recursive: true });
  mkdirSync(file("bin"));
  writeFileSync(file("release.zip"), released);
  const fake = (name: string, body: string) => {
    writeFileSync(join(folder, "fakes", name), `#!/usr/bin/env bash\n${body}`);
    chmodSync(join(folder, "fakes", name), 0o755);
  };
  fake("uname", `echo ${machine}\n`);
  fake(
    "curl",
    `while [[ $1 == -* ]]; do [[ $1 == --output ]] && { out=$2; shift; }; [[ $1 == --retry ]] && shift; shift; done
     echo "$1" > "${file("address")}"; cp "${file("release.zip")}" "$out"\n`,
  );
  const env = {
    PATH: `${file("fakes")}:/usr/bin:/bin`,
    TMPDIR: folder,
    BIN_DIR: file("bin"),
    TERRAFORM_VERSION: "1.14.8",
    TERRAFORM_SHA256_AMD64: amd64,
    TERRAFORM_SHA256_ARM64: arm64,
  };
  return new Promise<{ code: number | null; stderr: string; installed: string; address: string }>(
    (resolve) => {
      const child = execFile("bash", [SCRIPT], { env }, (_error, _stdout, stderr) => {
        const run = (command: string, ...args: string[]) =>
          spawnSync(command, args, { encoding: "utf8" }).stdout;
        resolve({
          code: child.exitCode,
          stderr,
          installed: existsSync(file("bin/terraform")) ? run(file("bin/terraform")).trim() : "",
          address: existsSync(file("address")) ? run("cat", file("address")).trim() : "",
        });
      });
    },
  );
}

describe.runIf(has_unzip)("installing Terraform", () => {
  it.each([
    ["x86_64", "amd64"],
    ["aarch64", "arm64"],
  ])("takes the release for %s, and checks it against the sum for that", async (machine, arch) => {
    const other_is_wrong = arch === "amd64" ? { arm64: OTHER_SHA256 } : { amd64: OTHER_SHA256 };
    expect(await install({ machine, ...other_is_wrong })).toEqual({
      code: 0,
      stderr: "",
      installed: "the released one",
      address: `https://releases.hashicorp.com/terraform/1.14.8/terraform_1.14.8_linux_${arch}.zip`,
    });
  });

  it("installs nothing whose checksum is another", async () => {
    const { code, stderr, installed } = await install({ amd64: OTHER_SHA256 });
    expect({ code, installed }).toEqual({ code: 1, installed: "" });
    expect(stderr).toContain("did NOT match");
  });

  it("installs nothing without a checksum", async () => {
    const { code, installed } = await install({ amd64: "" });
    expect(code).not.toBe(0);
    expect(installed).toBe("");
  });

  it("fetches nothing for a machine that has no checksum", async () => {
    expect(await install({ machine: "riscv64" })).toEqual({
      code: 1,
      stderr: "There is no checksum of Terraform for riscv64 in buildspec.yml.\n",
      installed: "",
      address: "",
    });
  });
});
