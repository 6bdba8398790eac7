/** `npm run bench:archive`: every candidate over every archive, round after round, side by side. */
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { circumstances, load_of_machine } from "../circumstances.ts";
import type { Course, Series } from "../rounds.ts";
import { measure_rounds } from "../rounds.ts";
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

interface Measured extends Course<Measurement> {
  readonly archive: BenchArchive;
  readonly series: readonly (Series<Measurement> & { readonly kind: Candidate["kind"] })[];
}

const measured = await make_archives();
const load_before = load_of_machine();
await measure_rounds(
  measured,
  { rounds: Number(options.rounds), minutes: Number(options.minutes) },
  progress,
);
const rows = measured.map(as_row);
const report = [
  summary(),
  bars_table(rows),
  ...rows.map(row_table),
  "## Memory in use\n\nArray buffers that are in use, garbage collected at every read: the most at any time, 16 entries at a time, beside the formula of [archive/README.md](../archive/README.md#memory).",
  await memory_report(),
].join("\n\n");
process.stdout.write(`${report}\n`);
if (options.write) await writeFile(join(import.meta.dirname, "..", "RESULTS.md"), `${report}\n`);

async function make_archives(): Promise<readonly Measured[]> {
  const readers = await candidates(join(options.folder, "bundles"));
  const wanted = bench_archives(options.quick ? 20 : 1).filter(({ name }) => name.includes(options.only));
  const made: Measured[] = [];
  for (const archive of wanted) {
    progress(`making ${archive.name}`);
    const path = await made_archive(archive, options.folder);
    made.push({
      archive,
      name: archive.name,
      prepare: () => read_through(path),
      series: readers.map(({ name, kind, measure }) => ({
        name,
        kind,
        measure: () => measure(path, archive),
        rounds: [],
      })),
    });
  }
  return made;
}

async function memory_report(): Promise<string> {
  const uses = [];
  for (const { archive } of measured) {
    progress(`memory: ${archive.name}`);
    uses.push(await memory_use(archive, options.folder));
  }
  return memory_table(uses);
}

/** The disk is not what is measured: the file is in the system's cache when the first candidate comes. */
async function read_through(path: string): Promise<void> {
  for await (const _chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }));
}

function as_row({ archive, series }: Measured): Row {
  const { name, title, bytes } = archive;
  return { name, title, bytes, results: series };
}

function summary(): string {
  return [
    "# Results of the archive bench",
    "Written by the bench itself; what is measured, and how to repeat it, is in [README.md](README.md). End to end, from S3 into S3, it is measured by `npm run bench:s3`.",
    circumstances("npm run bench:archive --", load_before, options.quick),
    "## Bars",
  ].join("\n\n");
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
