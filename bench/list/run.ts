/** `npm run bench:list`: what a page of `/list` costs, in requests to S3 and in time, for libraries of three sizes. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as z from "zod";
import { type ListRequest, list_response } from "../../schemas/list.ts";
import { cursors } from "../../storage/cursor.ts";
import { s3_client } from "../../storage/s3.ts";
import { circumstances, load_of_machine } from "../circumstances.ts";
import { BUCKET, CREDENTIALS, REGION } from "../end_to_end/account.ts";
import { start_bench_s3 } from "../end_to_end/bench_s3.ts";
import { is_deleted, type Library, libraries, NOW, RARE_PREFIX } from "./libraries.ts";
import { cost_table, type Measured, memory_table, type PageCost, type PeakMemory } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    delay: { type: "string", default: "20" },
    write: { type: "boolean", default: false },
  },
});

const KEY = "a secret of at least 32 characters for the bench";
Object.assign(process.env, { PHOTOS_BUCKET: BUCKET, CURSOR_KEY: KEY, AWS_REGION: REGION });
const { list } = await import("../../handlers/list.ts");

const SIZES = options.quick ? [100, 1_000, 10_000] : [100, 10_000, 100_000];
/** Pages that are walked through of each list. */
const PAGES = 20;
const rounds = Number(options.rounds);

const folder = await mkdtemp(join(tmpdir(), "bench-list-"));
const all = libraries(SIZES);
const load_before = load_of_machine();
progress(`making ${all.length} libraries`);
execFileSync(process.execPath, [
  join(import.meta.dirname, "fill.ts"),
  join(folder, "data"),
  ...SIZES.map(String),
]);
const server = await start_bench_s3(join(folder, "data"), Number(options.delay));
const s3 = s3_client({ endpoint: server.url, region: REGION, credentials: CREDENTIALS });
let requests = 0;
s3.middlewareStack.add(
  (next) => (args) => {
    requests += 1;
    return next(args);
  },
  { step: "finalizeRequest", name: "counted", priority: "low" },
);
const answer_to = list({ s3, bucket: BUCKET }, cursors(KEY));

try {
  const { measured, memory } = await bench();
  const report = [
    "# What lists cost",
    "Written by the bench itself; what is measured, and how to repeat it, is in [README.md](README.md#lists).",
    circumstances("npm run bench:list --", load_before, options.quick),
    `- ${rounds} rounds; every request to S3 is held for ${options.delay} ms`,
    "## A page",
    cost_table(measured),
    "## Memory",
    memory_table(memory),
  ].join("\n\n");
  process.stdout.write(`${report}\n`);
  if (options.write) await writeFile(join(import.meta.dirname, "..", "LIST.md"), `${report}\n`);
} finally {
  s3.destroy();
  await server.stop();
  await rm(folder, { recursive: true });
}

async function bench(): Promise<{ measured: Measured[]; memory: PeakMemory[] }> {
  const measured: Measured[] = [];
  const memory: PeakMemory[] = [];
  for (const one of all) {
    progress(one.title);
    await walk(one, { limit: 1_000 }, 1); // so that no first page pays for what the process does once
    for (const { asked, body, first } of cases()) {
      const pages: PageCost[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const walked = await walk(one, body, first ? 1 : PAGES);
        pages.push(...(first ? walked : walked.slice(1)));
      }
      if (pages.length > 0) measured.push({ library: one.title, asked, pages });
    }
    await check_whole(one, {});
    await check_whole(one, { limit: 1_000 });
    await check_whole(one, { deleted: true });
    memory.push({ photos: one.filenames.length, peak_bytes: process.resourceUsage().maxRSS * 1024 });
  }
  return { measured, memory };
}

interface Case {
  readonly asked: string;
  readonly body: ListRequest;
  /** The first page alone, or those behind it. */
  readonly first: boolean;
}

function cases(): Case[] {
  const year = 365 * 86_400_000;
  const to = new Date(NOW - 5 * year).toISOString();
  const from = new Date(NOW - 5 * year - year / 12).toISOString();
  return [
    { asked: "the newest 50", body: { limit: 50 }, first: true },
    { asked: "50 more, by the cursor", body: { limit: 50 }, first: false },
    { asked: "the newest 1,000", body: { limit: 1_000 }, first: true },
    { asked: "1,000 more, by the cursor", body: { limit: 1_000 }, first: false },
    { asked: "the newest 50, with `details`", body: { limit: 50, details: true }, first: true },
    { asked: "the newest 1,000, with `details`", body: { details: true }, first: true },
    { asked: "as many as fit an answer", body: {}, first: true },
    { asked: "50 of a month five years ago (`from`, `to`)", body: { from, to, limit: 50 }, first: true },
    { asked: "one name in 1,000 (`prefix`)", body: { prefix: RARE_PREFIX, limit: 50 }, first: true },
    { asked: "50 of the deleted, one in 100", body: { deleted: true, limit: 50 }, first: true },
  ];
}

/** Pages of a list, as far as it goes. */
async function walk(
  { user }: Library,
  body: ListRequest,
  most: number,
): Promise<(PageCost & { names: string[] })[]> {
  const pages: (PageCost & { names: string[] })[] = [];
  for (let cursor: string | undefined; pages.length < most; ) {
    const counted = requests;
    const began = performance.now();
    const reply = await answer_to({
      username: user,
      body: { ...body, ...(cursor !== undefined && { cursor }) },
      signal: new AbortController().signal,
      deadline: Date.now() + 29_000,
    });
    const ms = performance.now() - began;
    const answer = z.parse(list_response, reply.body);
    const names = answer.photos.map(({ filename }) => filename);
    pages.push({ requests: requests - counted, ms, photos: names.length, names });
    ({ cursor } = answer);
    if (cursor === undefined) break;
  }
  return pages;
}

/** Every photo is in one page, newest first, or nothing that is said of pages is worth anything. */
async function check_whole(one: Library, body: ListRequest): Promise<void> {
  const seen = (await walk(one, body, Number.POSITIVE_INFINITY)).flatMap(({ names }) => names);
  const expected = one.filenames.filter((_, at) => is_deleted(one, at) === (body.deleted ?? false)).reverse();
  if (seen.length !== expected.length || seen.some((name, at) => name !== expected[at])) {
    throw new Error(`${one.title}: the pages of ${JSON.stringify(body)} are not the photos`);
  }
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}
