/**
 * AWS's own runtime client, the program that runs a function inside Lambda: https://www.npmjs.com/package/aws-lambda-ric.
 * It is compiled when it is installed, which takes a minute and tools that the project itself does without. So it is no
 * dependency of the project, and the first bench that needs it installs it here.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import * as z from "zod";

const folder = import.meta.dirname;
const installed = join(folder, "node_modules", "aws-lambda-ric");

/** What its build runs, each under any of these names. */
const BUILD_TOOLS = [["cmake", "cmake3"], ["make"], ["g++"], ["python3"], ["tar"], ["xz"]];
const DEBIAN_PACKAGES = "cmake make g++ python3 tar xz-utils";

/** The client cannot be had on this machine; the message says what is missing. */
export class NoRuntimeClient extends Error {}

/**
 * The path of the client's script, once it is installed.
 * @throws NoRuntimeClient
 */
export async function runtime_client(say: (line: string) => void): Promise<string> {
  if (process.platform !== "linux") {
    throw new NoRuntimeClient("AWS's runtime client is built on Linux only; run the bench there.");
  }
  if (!(await is_installed())) {
    const missing = await missing_tools(process.env.PATH ?? "");
    if (missing.length > 0) {
      throw new NoRuntimeClient(
        `AWS's runtime client is compiled when it is installed, and ${missing.join(", ")} cannot be found. ` +
          `On Debian: apt-get install ${DEBIAN_PACKAGES}`,
      );
    }
    say("compiling AWS's runtime client, once, which takes a minute or two");
    await install();
  }
  return join(installed, "index.mjs");
}

const manifest = z.object({ version: z.string() });
const own_manifest = z.object({ dependencies: z.object({ "aws-lambda-ric": z.string() }) });

async function is_installed(): Promise<boolean> {
  if (!existsSync(join(installed, "rapid-client.node"))) return false;
  const { version } = manifest.parse(read_json(join(installed, "package.json")));
  return (
    version === own_manifest.parse(read_json(join(folder, "package.json"))).dependencies["aws-lambda-ric"]
  );
}

const read_json = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

/** The tools of the build that are in none of the folders of `path`. */
export async function missing_tools(path: string): Promise<string[]> {
  const found = await Promise.all(
    BUILD_TOOLS.map(async (names) => {
      const files = names.flatMap((name) => path.split(delimiter).map((place) => join(place, name)));
      const can_run = await Promise.all(files.map(is_executable));
      return can_run.includes(true);
    }),
  );
  return BUILD_TOOLS.flatMap(([name = ""], index) => (found[index] ? [] : [name]));
}

const is_executable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

async function install(): Promise<void> {
  const headers = node_headers();
  const npm = spawn("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: folder,
    env: { ...process.env, ...(headers !== undefined && { npm_config_nodedir: headers }) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  npm.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  npm.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    npm.on("error", reject);
    npm.on("close", resolve);
  });
  if (code === 0 && (await is_installed())) return;
  throw new NoRuntimeClient(
    `AWS's runtime client could not be installed: npm ci in bench/lambda ended with ${code}.\n` +
      Buffer.concat(output).toString().slice(-4_000),
  );
}

/** The C headers that came with the project's own Node; without them, the build would fetch them from nodejs.org. */
function node_headers(): string | undefined {
  try {
    const node = createRequire(import.meta.url).resolve("node/package.json");
    const binary = createRequire(node).resolve(`node-${process.platform}-${process.arch}/package.json`);
    return existsSync(join(dirname(binary), "include", "node", "node_api.h")) ? dirname(binary) : undefined;
  } catch {
    return undefined;
  }
}
