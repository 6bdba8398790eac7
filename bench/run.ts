/** `npm run bench:archive`: the engine alone, then end to end; each with the options that both of them take. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bench_archives } from "./archive/archives.ts";
import { s3_archives } from "./end_to_end/archives.ts";

const { values } = parseArgs({ options: { only: { type: "string", default: "" } }, strict: false });
const is_wanted = ({ name }: { readonly name: string }) => name.includes(String(values.only));

if (bench_archives(1).some(is_wanted)) run("archive");
if (s3_archives(1).some(is_wanted)) run("end_to_end");

function run(part: string): void {
  const script = join(import.meta.dirname, part, "run.ts");
  const { status } = spawnSync(process.execPath, [script, ...process.argv.slice(2)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
