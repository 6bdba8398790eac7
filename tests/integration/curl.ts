/** curl, where this machine has it. Tests with it are left out where it has not, and the run says so. */
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export const curl_is_here = spawnSync("curl", ["--version"]).status === 0;

/** Says on the terminal that tests are not run, and why. */
export function announce_missing_curl(file: string): void {
  if (!curl_is_here) {
    process.stderr.write(`NOT RUN: the tests with curl in ${file}, because there is no curl on the PATH.\n`);
  }
}

/** @throws the error of execFile, with what curl wrote to stderr, when curl ends with another code than 0 */
export async function run_curl(args: readonly string[], cwd: string): Promise<Buffer> {
  const { stdout } = await run("curl", ["--silent", "--show-error", "--noproxy", "*", ...args], {
    cwd,
    encoding: "buffer",
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
