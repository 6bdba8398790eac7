/** `npm run bench:codec`: the ways of the codec side by side, for entries of many sizes in memory. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CodecSizes, default_codec_sizes } from "../../archive/codec.ts";
import { bytes_source, type EntrySink, extract, large_limits, open_archive } from "../../archive/index.ts";
import { content } from "../archive/content.ts";
import { median } from "../archive/median.ts";
import { figure, markdown_table } from "../archive/table.ts";
import { create_zip } from "../archive/zip_writer.ts";
import { circumstances, load_of_machine } from "../circumstances.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string", default: "7" },
    write: { type: "boolean", default: false },
  },
});

const KIB = 1024;
const ENTRY_SIZES = [4, 16, 32, 64, 128, 256, 512, 1_024, 4_096, 8_192].map((size) => size * KIB);
/** Of all entries of an archive. */
const ARCHIVE_BYTES = (options.quick ? 8 : 64) * 1024 * KIB;
/** As by default. */
const CONCURRENCY = 4;

const { read } = default_codec_sizes;
const WAYS: readonly (readonly [string, CodecSizes])[] = [
  [
    "zlib in one call, on this thread",
    { sync: Number.MAX_SAFE_INTEGER, whole: Number.MAX_SAFE_INTEGER, read },
  ],
  ["zlib in one call, on the thread pool", { sync: 0, whole: Number.MAX_SAFE_INTEGER, read }],
  ["streamed, behind fflate's Unzip", { sync: 0, whole: 0, read }],
];

interface Run {
  /** Inflated, in millions of bytes. */
  readonly megabytes_per_second: number;
  readonly cpu_seconds: number;
}

const load_before = load_of_machine();
const folder = await mkdtemp(join(tmpdir(), "bench-codec-"));
try {
  const rows: string[][] = [];
  for (const entry_size of ENTRY_SIZES) rows.push(await row(entry_size));
  const report = [
    "# The ways of the codec",
    "Written by the bench itself; what is measured, and how to repeat it, is in [README.md](README.md#the-codec).",
    circumstances("npm run bench:codec --", load_before, options.quick),
    markdown_table(
      ["entries of", ...WAYS.flatMap(([way]) => [`${way}: MB/s`, "CPU s for 1 GB"]), "by default"],
      rows,
    ),
  ].join("\n\n");
  process.stdout.write(`${report}\n`);
  if (options.write) await writeFile(join(import.meta.dirname, "..", "CODEC.md"), `${report}\n`);
} finally {
  await rm(folder, { recursive: true });
}

async function row(entry_size: number): Promise<string[]> {
  const archive = await archive_of(entry_size);
  const runs: Run[][] = WAYS.map(() => []);
  // The first round is the compiler's.
  for (let round = 0; round <= Number(options.rounds); round += 1) {
    for (const [index, [, sizes]] of WAYS.entries()) {
      const run = await measured(archive, sizes);
      if (round > 0) runs[index]?.push(run);
    }
  }
  const figures = runs.flatMap((of_way) => [
    figure(median(of_way.map(({ megabytes_per_second }) => megabytes_per_second))),
    figure((median(of_way.map(({ cpu_seconds }) => cpu_seconds)) * 1e9) / ARCHIVE_BYTES),
  ]);
  return [`${entry_size / KIB} KiB`, ...figures, default_way(entry_size)];
}

function default_way(size: number): string {
  if (size <= default_codec_sizes.sync) return "this thread";
  return size <= default_codec_sizes.whole ? "thread pool" : "streamed";
}

async function archive_of(entry_size: number): Promise<Uint8Array> {
  const path = join(folder, `${entry_size}.zip`);
  const zip = await create_zip(path);
  for (let index = 0; index * entry_size < ARCHIVE_BYTES; index += 1) {
    await zip.deflated(`IMG_${index}.jpg`, content("huffman", entry_size, index));
  }
  await zip.end();
  return readFile(path);
}

async function measured(bytes: Uint8Array, codec_sizes: CodecSizes): Promise<Run> {
  let inflated = 0;
  const sink: EntrySink<undefined> = {
    async write(_entry, chunks) {
      for await (const chunk of chunks) inflated += chunk.byteLength;
      return { outcome: "stored", value: undefined };
    },
  };
  const begin_cpu = process.cpuUsage();
  const begin = performance.now();
  const archive = await open_archive(bytes_source(bytes), { codec_sizes, limits: large_limits });
  await extract(archive, sink, { concurrency: CONCURRENCY });
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(begin_cpu);
  if (inflated !== ARCHIVE_BYTES) throw new Error(`${inflated} of ${ARCHIVE_BYTES} bytes came out`);
  return { megabytes_per_second: inflated / 1e6 / seconds, cpu_seconds: (user + system) / 1e6 };
}
