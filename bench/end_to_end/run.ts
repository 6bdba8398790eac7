/** `npm run bench:s3`: archives that lie in the laptop's S3 become photos in it, by every candidate, round after round. */
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { made_archive } from "../archive/archives.ts";
import { circumstances, load_of_machine } from "../circumstances.ts";
import type { Course } from "../rounds.ts";
import { measure_rounds } from "../rounds.ts";
import { BUCKET, CREDENTIALS, REGION } from "./account.ts";
import { type S3Archive, s3_archives } from "./archives.ts";
import { type BenchS3, start_bench_s3 } from "./bench_s3.ts";
import { type Candidate, candidates } from "./candidates.ts";
import type { Measurement, Row } from "./report.ts";
import { bars_table, row_table } from "./report.ts";
import { check_objects, content_hashes, remove_objects } from "./stored_objects.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string", default: "3" },
    minutes: { type: "string", default: "60" },
    only: { type: "string", default: "" },
    concurrency: { type: "string", default: "16" },
    delay: { type: "string", default: "20" },
    write: { type: "boolean", default: false },
    folder: { type: "string", default: join(tmpdir(), "photo-uploader-bench") },
  },
});

/** Entries up to here are written by one request: `WHOLE_BYTES` of the sink. */
const small_entry = 8 * 1024 * 1024;

interface Measured extends Course<Measurement> {
  readonly archive: S3Archive;
  readonly archive_bytes: number;
}

await mkdir(options.folder, { recursive: true });
const own_folder = await mkdtemp(join(options.folder, "s3-"));
const server = await start_bench_s3(join(own_folder, "data"), Number(options.delay));
const s3 = new S3Client({ endpoint: server.url, region: REGION, credentials: CREDENTIALS });
try {
  await bench();
} finally {
  s3.destroy();
  await server.stop();
  await rm(own_folder, { recursive: true });
}

async function bench(): Promise<void> {
  const measured = await prepared(await candidates(Number(options.concurrency), join(own_folder, "bundles")));
  const load_before = load_of_machine();
  await measure_rounds(
    measured,
    { rounds: Number(options.rounds), minutes: Number(options.minutes) },
    progress,
  );
  const rows = measured.map(as_row);
  const report = [summary(load_before), bars_table(rows), ...rows.map(row_table)].join("\n\n");
  process.stdout.write(`${report}\n`);
  if (options.write) await writeFile(join(import.meta.dirname, "..", "END_TO_END.md"), `${report}\n`);
}

/** Makes the archives and puts them into S3. */
async function prepared(uploaders: readonly Candidate[]): Promise<readonly Measured[]> {
  const wanted = s3_archives(options.quick ? 20 : 1).filter(({ name }) => name.includes(options.only));
  const made: Measured[] = [];
  for (const archive of wanted) {
    progress(`making ${archive.name}`);
    const path = await made_archive(archive, options.folder);
    const params = { Bucket: BUCKET, Key: archive.name, Body: createReadStream(path) };
    await new Upload({ client: s3, params }).done();
    const expected = content_hashes(archive.photos());
    made.push({
      archive,
      archive_bytes: (await stat(path)).size,
      name: archive.name,
      prepare: async () => {},
      series: uploaders.map((candidate) => ({
        ...candidate,
        measure: () => measure(server, candidate, archive.name, expected),
        rounds: [],
      })),
    });
  }
  return made;
}

async function measure(
  { url, figures }: BenchS3,
  candidate: Candidate,
  key: string,
  expected: readonly string[],
): Promise<Measurement> {
  const prefix = "photos";
  try {
    await figures();
    const own_figures = await candidate.upload(url, key, prefix);
    const { requests, cpu_seconds: s3_cpu_seconds } = await figures();
    await check_objects(s3, BUCKET, prefix, expected);
    return { ...own_figures, requests, s3_cpu_seconds };
  } finally {
    await remove_objects(s3, BUCKET, prefix);
  }
}

function as_row({ archive, archive_bytes, series }: Measured): Row {
  const { title, entries, entry_bytes } = archive;
  return { title, archive_bytes, entries, small_entries: entry_bytes <= small_entry, results: series };
}

function summary(load_before: number): string {
  return [
    "# Results of the bench, end to end",
    "Written by the bench itself; what is measured, and how to repeat it, is in [README.md](README.md#end-to-end). The engine alone: [RESULTS.md](RESULTS.md).",
    `${circumstances("npm run bench:s3 --", load_before, options.quick)}\n- ${options.delay} ms added to each request`,
    "## Bars",
  ].join("\n\n");
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
