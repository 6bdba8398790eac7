/** The bench in small, so that it is known to work before someone waits for it at full size. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { made_archive } from "../../../bench/archive/archives.ts";
import { job_archives } from "../../../bench/jobs/archives.ts";
import { type BenchStack, start_bench_stack } from "../../../bench/jobs/bench_stack.ts";
import { build_metered } from "../../../bench/jobs/metered_dist.ts";
import { archive_run, photo_run } from "../../../bench/jobs/runs.ts";
import { check_stored, hashes_of, s3_of } from "../../../bench/jobs/stored_photos.ts";
import { BUCKET } from "../../../local/config.ts";
import { read_functions_table } from "../../../local/functions_table.ts";
import type { JobResponse } from "../../../schemas/job.ts";

const USER = "someone";
const MIB = 2 ** 20;

let folder: string;
let stack: BenchStack;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "photo-uploader-jobs-"));
  await build_metered(join(folder, "dist"));
  stack = await start_bench_stack({ data_dir: join(folder, "data"), dist_dir: join(folder, "dist") });
});
afterAll(async () => {
  await stack.stop();
  await rm(folder, { recursive: true });
});

it("what is stored is told from what is not quite the same", async () => {
  const s3 = s3_of(stack.s3_url);
  const entries = ["a.jpg", "b.jpg"].map((name) => ({ name, bytes: Buffer.from(name) }));
  const outcomes = entries.map(({ name }): JobResponse["outcomes"][number] => ({
    name,
    outcome: "uploaded",
    filename: name,
    size: 5,
    contentType: "image/jpeg",
  }));
  const check = () => check_stored(s3, USER, outcomes, hashes_of(entries));
  const put = (name: string, Body: string) =>
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${USER}/${name}`, Body }));
  const remove = (name: string) =>
    s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: `${USER}/${name}` }));

  await put("a.jpg", "a.jpg");
  await expect(check()).rejects.toThrow("stored 1 objects of 2");
  await put("b.jpg", "c.jpg");
  await expect(check()).rejects.toThrow("other bytes");
  await put("b.jpg", "b.jpg");
  await expect(check()).resolves.toBeUndefined();
  await put("c.jpg", "c.jpg");
  await expect(check()).rejects.toThrow("no entry's");

  for (const name of ["a.jpg", "b.jpg", "c.jpg"]) await remove(name);
  s3.destroy();
});

it("an archive goes through, in many tasks, and what it took is known", async () => {
  const archive = job_archives(250).find(({ name }) => name === "jobs-entries");
  if (archive === undefined) throw new Error("there is no such archive");
  const file = await made_archive(archive, folder);
  const { entries, bytes, tally } = await archive_run(stack, { archive, file }, () => {});
  expect({ entries, bytes }).toEqual({ entries: 400, bytes: 400_000 });
  expect(tally.trouble).toEqual([]);
  // The plan, and shards of 25 entries.
  expect(tally.invocations.extract).toHaveLength(17);
  expect(tally.calls.client).toEqual({ UploadPart: 1 });
  expect(tally.calls.extract?.PutObject).toBeGreaterThanOrEqual(400);
  const { extract } = read_functions_table();
  const peaks = tally.invocations.extract?.map(({ peak_rss }) => peak_rss / MIB) ?? [];
  expect(Math.max(...peaks)).toBeLessThan(extract?.memory_mb ?? 0);
}, 120_000);

it("a photo goes through, and comes back", async () => {
  const { tally } = await photo_run(stack);
  expect(tally.trouble).toEqual([]);
  expect(tally.calls.client).toEqual({ PostObject: 1 });
});
