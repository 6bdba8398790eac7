/** `npm run bench:exports`: photos in the laptop's S3 become archives, by one worker, and every reader is asked for its opinion. */
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import * as z from "zod";
import { read_export_result } from "../../jobs/export_result.ts";
import { type ExportKey, export_archive_key, export_task_key } from "../../layer/export_keys.ts";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { circumstances, load_of_machine } from "../circumstances.ts";
import { BUCKET, CREDENTIALS, REGION } from "../end_to_end/account.ts";
import { type BenchS3, start_bench_s3 } from "../end_to_end/bench_s3.ts";
import { finished_process } from "../finished_process.ts";
import { type BenchExport, bench_exports, photo_bytes } from "./exports.ts";
import { opinions_on } from "./readers.ts";
import { type ExportRun, opinions_table, runs_table } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    write: { type: "boolean", default: false },
    folder: { type: "string", default: join(tmpdir(), "photo-uploader-bench") },
  },
});

/** What an answer of S3 takes on AWS, about; as in the other benches. */
const DELAY_MS = 20;

const WRITES_AT_ONCE = 64;
const LIMIT_MS = 30 * 60_000;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const worker_figures = z.object({
  seconds: z.number(),
  cpu_seconds: z.number(),
  peak_rss: z.number(),
  invocations: z.number(),
  segments: z.number(),
});

const load_before = load_of_machine();
const runs: ExportRun[] = [];
for (const one of bench_exports(options.quick ? 20 : 1)) {
  if (!one.name.includes(options.only)) continue;
  say(one.name);
  runs.push(await run_of(one));
}
const text = `# Results of the bench of exports

Written by the bench itself; what is measured, and how to repeat it, is in [README.md](README.md#exports).

${circumstances("npm run bench:exports", load_before, options.quick)}

${runs_table(runs)}

${opinions_table(runs)}`;
process.stdout.write(`${text}\n`);
if (options.write) await writeFile(join(import.meta.dirname, "..", "EXPORTS.md"), `${text}\n`);

async function run_of(one: BenchExport): Promise<ExportRun> {
  await mkdir(options.folder, { recursive: true });
  const folder = await mkdtemp(join(options.folder, "exports-"));
  const server = await start_bench_s3(join(folder, "s3"), DELAY_MS);
  const s3 = new S3Client({ endpoint: server.url, region: REGION, credentials: CREDENTIALS });
  try {
    return await measured(one, folder, server, s3);
  } finally {
    s3.destroy();
    await server.stop();
    await rm(folder, { recursive: true });
  }
}

async function measured(
  { name, sizes }: BenchExport,
  folder: string,
  { url }: BenchS3,
  s3: S3Client,
): Promise<ExportRun> {
  const job: ExportKey = { user: "bench", id: new_upload_id() };
  await write_photos(s3, job.user, sizes);
  const request = { Bucket: BUCKET, Key: export_task_key({ job, part: "plan" }), Body: '{"all":true}' };
  await s3.send(new PutObjectCommand(request));
  const script = join(import.meta.dirname, "worker.ts");
  const { text: figures } = await finished_process(process.execPath, [script, url, job.user, job.id], {
    limit_ms: LIMIT_MS,
  });
  const file = join(folder, "photos.zip");
  const get = new GetObjectCommand({ Bucket: BUCKET, Key: export_archive_key(job) });
  const { Body, ContentLength: size } = await s3.send(get);
  if (!(Body instanceof Readable) || size === undefined) {
    throw new Error("S3 answered GetObject without a body or its length");
  }
  await pipeline(Body, createWriteStream(file));
  const result = await read_export_result({ s3, bucket: BUCKET }, job, AbortSignal.timeout(60_000));
  if (result === undefined) throw new Error("the export has no result");
  if (result.state.missing.length > 0) throw new Error("photos are missing");
  return {
    name,
    photos: sizes.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    size,
    ...worker_figures.parse(JSON.parse(figures)),
    opinions: await opinions_on(file, sizes),
  };
}

/** A millisecond after each other, so that the archive has them in this order. */
async function write_photos(s3: S3Client, user: string, sizes: readonly number[]): Promise<void> {
  const queue = sizes.entries();
  const work = async (): Promise<void> => {
    for (const [place, size] of queue) {
      const filename = photo_filename(new Date(Date.UTC(2026, 10, 23) + place), `${place}.jpg`);
      const Body = photo_bytes(place, size);
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: photo_key(user, filename), Body }));
    }
  };
  const at_once = Math.max(1, Math.min(WRITES_AT_ONCE, Math.floor(256e6 / Math.max(1, ...sizes))));
  await Promise.all(Array.from({ length: at_once }, work));
}
