/** `npm run bench:archive`: every candidate over every archive, round after round, side by side. */
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchArchive } from "./archives.ts";
import { bench_archives, made_archive } from "./archives.ts";
import type { Candidate, Measurement } from "./candidates.ts";
import { candidates } from "./candidates.ts";
import { memory_table, memory_use } from "./memory.ts";
import type { Row } from "./report.ts";
import { bars_table, row_table } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    minutes: { type: "string", default: "60" },
    only: { type: "string", default: "" },
    write: { type: "boolean", default: false },
    folder: { type: "string", default: join(tmpdir(), "photo-uploader-bench") },
  },
});

interface Series {
  readonly candidate: Candidate;
  readonly rounds: Measurement[];
  failure?: string;
}

interface Measured {
  readonly archive: BenchArchive;
  readonly path: string;
  readonly series: readonly Series[];
}

const rows = await make_archives();
/** Over the last minute: what else ran on the machine when the measuring began. */
const load_before = loadavg()[0] ?? 0;
await measure_all();
const report = [
  summary(),
  bars_table(rows.map(as_row)),
  ...rows.map((row) => row_table(as_row(row))),
  "## Memory in use\n\nArray buffers that are in use, garbage collected at every read: the most at any time, 16 entries at a time, beside the formula of [archive/README.md](../archive/README.md#memory).",
  await memory_report(),
].join("\n\n");
process.stdout.write(`${report}\n`);
if (options.write) await writeFile(join(import.meta.dirname, "..", "RESULTS.md"), `${report}\n`);

async function make_archives(): Promise<readonly Measured[]> {
  const measured = await candidates();
  const wanted = bench_archives(options.quick ? 20 : 1).filter(({ name }) => name.includes(options.only));
  const made: Measured[] = [];
  for (const archive of wanted) {
    progress(`making ${archive.name}`);
    const path = await made_archive(archive, options.folder);
    made.push({ archive, path, series: measured.map((candidate) => ({ candidate, rounds: [] })) });
  }
  return made;
}

async function memory_report(): Promise<string> {
  const uses = [];
  for (const { archive, path } of rows) {
    progress(`memory: ${archive.name}`);
    uses.push(await memory_use({ title: archive.title, path }));
  }
  return memory_table(uses);
}

/** A round of a row begins only while there is time, so that all its candidates have the same number of rounds. */
async function measure_all(): Promise<void> {
  const rounds = Number(options.rounds);
  const deadline = Date.now() + Number(options.minutes) * 60_000;
  for (let round = 0; round < rounds; round += 1) {
    for (const row of rows) {
      if (Date.now() >= deadline) return;
      progress(`round ${round + 1} of ${rounds}: ${row.archive.name}`);
      await measure_round(row, round);
    }
  }
}

/** Each round begins with another candidate, so that nobody always runs after the same one. */
async function measure_round({ archive, path, series }: Measured, round: number): Promise<void> {
  await read_through(path);
  const first = round % series.length;
  for (const one of [...series.slice(first), ...series.slice(0, first)]) {
    if (one.failure !== undefined) continue;
    try {
      one.rounds.push(await one.candidate.measure(path, archive));
    } catch (error) {
      one.failure = error instanceof Error ? error.message : String(error);
    }
  }
}

/** The disk is not what is measured: the file is in the system's cache when the first candidate comes. */
async function read_through(path: string): Promise<void> {
  for await (const _chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }));
}

function as_row({ archive, series }: Measured): Row {
  const { name, title, bytes } = archive;
  const results = series.map(({ candidate, rounds, failure }) => ({
    name: candidate.name,
    kind: candidate.kind,
    rounds,
    ...(failure === undefined ? {} : { failure }),
  }));
  return { name, title, bytes, results };
}

function summary(): string {
  const processors = cpus();
  const command = ["npm run bench:archive --", ...shown_arguments()].join(" ");
  const now = new Date().toISOString().slice(0, 10);
  return [
    "# Results of the archive bench",
    "Written by the bench itself; what is measured, and how to repeat it, is in [README.md](README.md).",
    [
      `- ${now}, Node ${process.version}, ${process.platform} ${process.arch}`,
      `- ${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}, ${figure_of_memory()} of memory; load ${load_before.toFixed(1)} when the first round began, which would be 0 on a machine that does nothing else`,
      `- Scale: ${options.quick ? "a twentieth (`--quick`): for trying, not for comparing" : "full"}. The rounds are those of the tables.`,
      `- Command: \`${command}\``,
    ].join("\n"),
    "## Bars\n\nThe end-to-end bars, into S3, are not measured by this bench.",
  ].join("\n\n");
}

/** Without the folder: it is a path of this machine. */
function shown_arguments(): string[] {
  const given = process.argv.slice(2);
  return given.filter((argument, i) => !argument.startsWith("--folder") && given[i - 1] !== "--folder");
}

function figure_of_memory(): string {
  return `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
