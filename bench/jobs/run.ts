/** `npm run bench:jobs`: a photo and large archives go through the whole laptop stack, over HTTP, and are looked at then. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { read_functions_table } from "../../local/functions_table.ts";
import { made_archive } from "../archive/archives.ts";
import { figure } from "../archive/table.ts";
import { circumstances, load_of_machine } from "../circumstances.ts";
import { job_archives } from "./archives.ts";
import { type BenchStack, start_bench_stack } from "./bench_stack.ts";
import { build_metered } from "./metered_dist.ts";
import {
  costs_table,
  invocations_table,
  memory_table,
  requests_table,
  throughput_table,
  trouble_lines,
} from "./report.ts";
import { archive_run, photo_run, type Run } from "./runs.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    write: { type: "boolean", default: false },
    folder: { type: "string", default: join(tmpdir(), "photo-uploader-bench") },
  },
});

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const table = read_functions_table();
await mkdir(options.folder, { recursive: true });
const own_folder = await mkdtemp(join(options.folder, "jobs-"));
try {
  await bench();
} finally {
  await rm(own_folder, { recursive: true });
}

async function bench(): Promise<void> {
  const dist_dir = join(own_folder, "dist");
  await build_metered(dist_dir);
  const wanted = job_archives(options.quick ? 20 : 1).filter(({ name }) => name.includes(options.only));
  const files = new Map<string, string>();
  for (const archive of wanted) {
    say(`making ${archive.name}`);
    files.set(archive.name, await made_archive(archive, options.folder));
  }
  const load_before = load_of_machine();
  const runs: Run[] = [];
  let photo_line = "";
  if ("jobs-photo".includes(options.only)) {
    say("jobs-photo");
    const run = await on_a_stack(dist_dir, photo_run);
    runs.push(run);
    photo_line = `The photo came back in ${figure(run.download_seconds)} s, of the same SHA-256.`;
  }
  for (const archive of wanted) {
    say(archive.name);
    const file = files.get(archive.name) ?? "";
    runs.push(await on_a_stack(dist_dir, (stack) => archive_run(stack, archive, file, say)));
  }
  const text = report(runs, photo_line, load_before);
  process.stdout.write(`${text}\n`);
  if (options.write) await writeFile(join(import.meta.dirname, "..", "JOBS.md"), `${text}\n`);
  // Bold is what is not as it should be, but for the sums.
  if (runs.some(({ tally }) => tally.trouble.length > 0) || text.includes("**no**")) process.exitCode = 1;
}

/** Each has a stack of its own, with nothing in it and no function that has been called. */
async function on_a_stack<T>(dist_dir: string, use: (stack: BenchStack) => Promise<T>): Promise<T> {
  const data_dir = join(own_folder, "data");
  const stack = await start_bench_stack({ data_dir, dist_dir });
  try {
    return await use(stack);
  } finally {
    await stack.stop();
    await rm(data_dir, { recursive: true, force: true });
  }
}

function report(runs: readonly Run[], photo_line: string, load_before: number): string {
  const of_archives = runs.filter(({ entries }) => entries > 1);
  return [
    "# Results of the bench of uploads and jobs",
    "Written by the bench itself; what is measured, and how to repeat it, is in [README.md](README.md#uploads-and-jobs).",
    `${circumstances("npm run bench:jobs --", load_before, options.quick)}\n- One round; load ${load_of_machine().toFixed(1)} at its end, of which the bench itself makes about 3`,
    "## Throughput",
    throughput_table(runs),
    [
      photo_line,
      "Every entry was stored exactly once: as many objects as entries, each under the key that its outcome names, with its MD5, and nothing beside them.",
      trouble_lines(runs),
    ].join(" "),
    "## Peak memory of a worker",
    memory_table(runs, table),
    ...of_archives.flatMap((run) => [
      `## ${run.title}`,
      "### Invocations",
      invocations_table(run.tally, table),
      "### Requests to S3",
      requests_table(run.tally),
      "### Cost",
      costs_table(run, table),
    ]),
  ].join("\n\n");
}
