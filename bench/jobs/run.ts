/** `npm run bench:jobs`: a photo and large archives go through the whole laptop stack, over HTTP, and are looked at then. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { read_functions_table } from "../../local/functions_table.ts";
import { made_archive } from "../archive/archives.ts";
import { figure } from "../archive/table.ts";
import { circumstances, load_of_machine } from "../circumstances.ts";
import { NoRuntimeClient, runtime_client } from "../lambda/runtime_client.ts";
import { type JobArchive, job_archives, LARGEST } from "./archives.ts";
import { type BenchStack, type BenchStackSettings, start_bench_stack } from "./bench_stack.ts";
import { build_metered } from "./metered_dist.ts";
import { WORKER, work_through } from "./one_worker.ts";
import {
  costs_table,
  invocations_table,
  memory_table,
  requests_table,
  throughput_table,
  trouble_lines,
  worker_table,
} from "./report.ts";
import { type ArchiveFile, archive_run, photo_run, type Run, type Work } from "./runs.ts";

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

/** What an answer of S3 takes on AWS, about; as in the bench of the engine, end to end. */
const DELAY_MS = 20;

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
  const files: ArchiveFile[] = [];
  for (const archive of job_archives(options.quick ? 20 : 1)) {
    if (archive.name === LARGEST && options.only !== LARGEST) continue;
    say(`making ${archive.name}`);
    files.push({ archive, file: await made_archive(archive, options.folder) });
  }
  const load_before = load_of_machine();
  const runs: Run[] = [];
  let photo_line = "";
  if (is_wanted("jobs-photo")) {
    say("jobs-photo");
    const run = await on_a_stack({ dist_dir }, photo_run);
    runs.push(run);
    photo_line = `The photo came back in ${figure(run.download_seconds)} s, of the same SHA-256.`;
  }
  for (const one of files) {
    if (!is_wanted(one.archive.name)) continue;
    say(one.archive.name);
    runs.push(await on_a_stack({ dist_dir }, (stack) => archive_run(stack, one, say)));
  }
  const worked = await worker_runs(
    dist_dir,
    files.filter(({ archive }) => is_wanted(worker_name(archive))),
  );
  const text = report(runs, photo_line, worked, load_before);
  process.stdout.write(`${text}\n`);
  if (options.write) await writeFile(join(import.meta.dirname, "..", "JOBS.md"), `${text}\n`);
  const trouble = runs.some(({ tally }) => tally.trouble.length > 0);
  if (trouble || text.includes("**no**")) process.exitCode = 1;
}

function is_wanted(name: string): boolean {
  return name.includes(options.only);
}

/** The name of an archive's other run. */
function worker_name({ name }: JobArchive): string {
  return name.replace("jobs", "worker");
}

/** Each has a stack of its own, with nothing in it and no function that has been called. */
async function on_a_stack<T>(
  settings: Omit<BenchStackSettings, "data_dir">,
  use: (stack: BenchStack) => Promise<T>,
): Promise<T> {
  const data_dir = join(own_folder, "data");
  const stack = await start_bench_stack({ ...settings, data_dir });
  try {
    return await use(stack);
  } finally {
    await stack.stop();
    await rm(data_dir, { recursive: true, force: true });
  }
}

/** The runs, or why there are none. */
async function worker_runs(
  dist_dir: string,
  files: readonly ArchiveFile[],
): Promise<readonly Run[] | string> {
  const { [WORKER]: definition, ...others } = table;
  if (definition === undefined) throw new Error(`there is no function ${WORKER}`);
  if (files.length === 0) return "Not asked for.";
  const table_file = join(own_folder, "functions.json");
  await writeFile(table_file, JSON.stringify({ functions: others }));
  try {
    const client = await runtime_client(say);
    const work: Work = ({ s3_url }) => work_through(client, definition, s3_url);
    const runs: Run[] = [];
    for (const one of files) {
      say(worker_name(one.archive));
      const settings = { dist_dir, table_file, delay_ms: DELAY_MS };
      runs.push(await on_a_stack(settings, (stack) => archive_run(stack, one, say, work)));
    }
    return runs;
  } catch (error) {
    if (error instanceof NoRuntimeClient) return `Not measured. ${error.message}`;
    throw error;
  }
}

function report(
  runs: readonly Run[],
  photo_line: string,
  worked: readonly Run[] | string,
  load_before: number,
): string {
  const of_archives = runs.filter(({ entries }) => entries > 1);
  return [
    "# Results of the bench of uploads and jobs",
    "Written by the bench itself; what is measured, and how to repeat it, is in [README.md](README.md#uploads-and-jobs).",
    [
      circumstances("npm run bench:jobs --", load_before, options.quick),
      `- One round; load ${load_of_machine().toFixed(1)} at its end, of which the bench itself makes 1 to 3`,
    ].join("\n"),
    ...(runs.length > 0 ? throughput_and_memory(runs, photo_line) : []),
    `## One worker in AWS's own runtime client, S3 ${DELAY_MS} ms away`,
    typeof worked === "string" ? worked : worker_table(worked, table),
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

function throughput_and_memory(runs: readonly Run[], photo_line: string): string[] {
  return [
    "## Throughput",
    throughput_table(runs),
    [
      photo_line,
      "Every entry was stored exactly once: as many objects as entries, each under the key that its outcome names, with its MD5, and nothing beside them.",
      trouble_lines(runs),
    ]
      .join(" ")
      .trim(),
    "## Peak memory of each process",
    memory_table(runs, table),
  ];
}
