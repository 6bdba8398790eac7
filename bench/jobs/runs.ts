/** What is measured: a photo, and archives, from the asking for an upload until all is stored. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { photo } from "../end_to_end/archives.ts";
import type { JobArchive } from "./archives.ts";
import type { BenchStack } from "./bench_stack.ts";
import { type Client, sign_in } from "./client.ts";
import type { InvocationReport } from "./meter.ts";
import { WORKER } from "./one_worker.ts";
import { check_stored, hashes_of, s3_of } from "./stored_photos.ts";
import { sum_of, type Tally } from "./tally.ts";

export interface Run {
  readonly title: string;
  /** Of what was uploaded. */
  readonly file_bytes: number;
  readonly upload_seconds: number;
  /** From the client's asking for its outcome until it was told. */
  readonly seconds: number;
  /** What was stored. */
  readonly entries: number;
  readonly bytes: number;
  /** Until then; what comes after is to check it. */
  readonly tally: Tally;
  /** Whose time it was: of processor time, user and system, of the client. */
  readonly client_cpu_seconds: number;
}

export type Say = (line: string) => void;

const PHOTO_BYTES = 12_000_000;

/** Of the client that waits for a job. */
const POLL_MS = 500;

/** @throws Error where it is not what was uploaded that is downloaded */
export async function photo_run(stack: BenchStack): Promise<Run & { readonly download_seconds: number }> {
  const client = await sign_in(stack.url);
  const bytes = photo("huffman", PHOTO_BYTES, 1);
  const declared = {
    name: "panorama.jpg",
    size: bytes.byteLength,
    contentType: "image/jpeg",
    kind: "photo",
    crc32: hexadecimal(crc32(bytes)),
  } as const;
  await stack.done_since();
  const cpu_before = process.cpuUsage();
  const upload = await client.send_photo(declared, bytes);
  const begin = performance.now();
  const filename = await client.complete_photo(upload.uploadId);
  const seconds = since(begin);
  const client_cpu_seconds = cpu_since(cpu_before);
  const tally = await stack.done_since();
  const download = performance.now();
  const downloaded = await client.download(filename);
  const download_seconds = since(download);
  if (sha256(downloaded) !== sha256(bytes)) throw new Error("other bytes are downloaded than were uploaded");
  return {
    title: `1 × ${PHOTO_BYTES / 1e6} MB, a photo by itself`,
    file_bytes: PHOTO_BYTES,
    upload_seconds: upload.seconds,
    seconds,
    entries: 1,
    bytes: PHOTO_BYTES,
    tally,
    client_cpu_seconds,
    download_seconds,
  };
}

export interface ArchiveFile {
  readonly archive: JobArchive;
  /** Its path. */
  readonly file: string;
}

/** Extracts what has been asked for, where the stack has no worker. */
export type Work = (stack: BenchStack) => Promise<InvocationReport[]>;

/** @throws Error where it is not exactly the archive's entries that are stored, once each */
export async function archive_run(
  stack: BenchStack,
  { archive, file }: ArchiveFile,
  say: Say,
  work?: Work,
): Promise<Run> {
  const client = await sign_in(stack.url);
  const declared = {
    name: "photos.zip",
    size: (await stat(file)).size,
    contentType: "application/zip",
    kind: "archive",
    crc32: await crc32_of(file),
    multipart: true,
  } as const;
  await stack.done_since();
  const cpu_before = process.cpuUsage();
  const upload = await client.send_archive(declared, file);
  say(`uploaded in ${upload.seconds.toFixed(1)} s`);
  const while_uploading = await stack.done_since();
  const begin = performance.now();
  const jobId = await client.complete_archive(upload.uploadId);
  if ((await client.unzip(upload.uploadId)) !== jobId) throw new Error("an archive is to have one job");
  const worked = await work?.(stack);
  const job = await client.ended_job(jobId, POLL_MS, progress_line(say));
  const seconds = since(begin);
  const client_cpu_seconds = cpu_since(cpu_before);
  say(`${job.state} in ${seconds.toFixed(1)} s`);
  if (job.state !== "done") throw new Error(`the archive is ${job.state}: ${job.reason}`);
  const { invocations, ...tally } = sum_of(while_uploading, await stack.done_since());
  await check(stack, client, archive, jobId);
  say("checked");
  return {
    title: archive.title,
    file_bytes: declared.size,
    upload_seconds: upload.seconds,
    seconds,
    entries: job.uploaded,
    bytes: job.bytes.done,
    tally: { ...tally, invocations: { ...invocations, ...(worked && { [WORKER]: worked }) } },
    client_cpu_seconds,
  };
}

async function check(stack: BenchStack, client: Client, archive: JobArchive, jobId: string): Promise<void> {
  const outcomes = await client.outcomes(jobId);
  const s3 = s3_of(stack.s3_url);
  try {
    await check_stored(s3, client.user, outcomes, hashes_of(archive.entries_of()));
  } finally {
    s3.destroy();
  }
}

/** Now and then, as there may be hundreds. */
function progress_line(say: Say): Parameters<Client["ended_job"]>[2] {
  let told = Date.now();
  return ({ entries }) => {
    if (Date.now() < told + 10_000) return;
    told = Date.now();
    say(`${entries.done} of ${entries.total} entries`);
  };
}

const since = (begin: number): number => (performance.now() - begin) / 1000;

function cpu_since(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function crc32_of(file: string): Promise<string> {
  let value = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }))
    value = crc32(chunk, value);
  return hexadecimal(value);
}

const hexadecimal = (value: number): string => value.toString(16).padStart(8, "0");

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
