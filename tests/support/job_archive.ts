/** Archives whose every entry has a known outcome, and whether a job has brought about exactly these. */
import { GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { job_progress, type Progress } from "../../jobs/progress.ts";
import { user_prefix } from "../../layer/photo_keys.ts";
import type { UploadKey } from "../../layer/upload_keys.ts";
import type { PhotoStore } from "../../storage/photo_store.ts";
import { build_zip, type EntryParts } from "../archive/zip_builder.ts";
import { jpeg_of } from "./fixture_photos.ts";
import { BUCKET } from "./photo_storage.ts";

export interface KnownEntry {
  readonly parts: EntryParts & { readonly name: string };
  /** `uploaded`, or the reason why not. */
  readonly outcome: string;
}

const photo = (name: string, bytes: number): KnownEntry => ({
  parts: { name, data: jpeg_of(bytes), method: 0 },
  outcome: "uploaded",
});

/** By turns photos, each of a size of its own, and what is none. Some photos have one name. */
export function mixed_entries(count: number): KnownEntry[] {
  return Array.from({ length: count }, (_, index): KnownEntry => {
    const of_ten = index % 10;
    if (of_ten === 3) return { parts: { name: `Day ${index}/` }, outcome: "directory" };
    if (of_ten === 5)
      return { parts: { name: `notes ${index}.txt`, data: text(index) }, outcome: "not_an_image" };
    if (of_ten === 7)
      return { parts: { name: `../${index}.jpg`, data: jpeg_of(300) }, outcome: "unsafe_path" };
    if (of_ten === 8) return photo("IMG_0001.jpg", 1_000 + index);
    return photo(`Day ${index}/ü ${index}.jpg`, 1_000 + index);
  });
}

const text = (index: number): Buffer => Buffer.from(`Dear diary, this is day ${index}.`);

export const zip_of = (entries: readonly KnownEntry[]): Buffer =>
  build_zip({ entries: entries.map(({ parts }) => parts) });

/** A walk through all of a job's outcomes, as a client does it that begins when the job is done. */
export async function walk(
  store: PhotoStore,
  job: UploadKey,
): Promise<Extract<Progress, { state: "running" | "done" }>> {
  const { signal } = new AbortController();
  const outcomes = [];
  for (let cursor: string | undefined; ; ) {
    const progress = await job_progress(store, job, cursor, signal);
    if (progress === undefined || !("outcomes" in progress)) {
      throw new Error(`The job has no outcomes: it is ${progress?.state}.`);
    }
    outcomes.push(...progress.outcomes);
    if (progress.cursor === undefined || progress.state === "running") return { ...progress, outcomes };
    cursor = progress.cursor;
  }
}

async function keys_of(store: PhotoStore, user: string): Promise<string[]> {
  const keys: string[] = [];
  for (let StartAfter = user_prefix(user); ; ) {
    const { Contents = [], IsTruncated } = await store.s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: user_prefix(user), StartAfter }),
    );
    keys.push(...Contents.map(({ Key = "" }) => Key));
    if (!IsTruncated) return keys;
    StartAfter = keys.at(-1) ?? "";
  }
}

/** @throws where the job is not done, an entry has another outcome, or a photo is missing, there twice, or another's */
export async function expect_done(
  store: PhotoStore,
  job: UploadKey,
  entries: readonly KnownEntry[],
  jobs_of_user: readonly UploadKey[] = [job],
): Promise<void> {
  const { state, done, total, outcomes } = await walk(store, job);
  const wanted = entries.map(({ parts, outcome }) => [parts.name, outcome]);
  expect(outcomes.map((one) => [one.name, "reason" in one ? one.reason : one.outcome])).toEqual(wanted);
  const count = (of: string): number => outcomes.filter(({ outcome }) => outcome === of).length;
  expect({ state, ...done, total: total.entries }).toEqual({
    state: "done",
    entries: entries.length,
    bytes: total.bytes,
    uploaded: count("uploaded"),
    skipped: count("skipped"),
    failed: count("failed"),
    total: entries.length,
  });
  const photos = await photos_of(store, jobs_of_user);
  expect(await keys_of(store, job.user)).toEqual(photos.toSorted());
  expect(new Set(photos).size).toBe(photos.length);
  for (const [index, one] of outcomes.entries()) {
    if (one.outcome !== "uploaded") continue;
    const { Body, Metadata } = await store.s3.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: `${user_prefix(job.user)}${one.filename}` }),
    );
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(bytes.equals(entries[index]?.parts.data ?? Buffer.alloc(0)), one.name).toBe(true);
    expect(Metadata).toMatchObject({
      "original-name": encodeURIComponent(one.name),
      "upload-id": `${job.id}/${index}`,
    });
  }
}

/** The keys that the outcomes of these jobs name. */
async function photos_of(store: PhotoStore, jobs: readonly UploadKey[]): Promise<string[]> {
  const walks = await Promise.all(jobs.map(async (job) => ({ job, ...(await walk(store, job)) })));
  return walks.flatMap(({ job, outcomes }) =>
    outcomes.flatMap((one) =>
      one.outcome === "uploaded" ? [`${user_prefix(job.user)}${one.filename}`] : [],
    ),
  );
}
