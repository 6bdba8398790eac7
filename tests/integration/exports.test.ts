/** Archives of several photos, over HTTP alone: asked for, waited for, fetched, and unpacked. */
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { download_started } from "../../schemas/download.ts";
import { type JobResponse, job_response } from "../../schemas/job.ts";
import { jpeg_of, tiny_png } from "../support/fixture_photos.ts";
import { expect_readable, sha1 } from "../support/zip_readers.ts";
import { read, read_problem, send } from "./client.ts";
import { new_session, type Session } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";
import { storage_of } from "./storage.ts";

let stack: TestStack;
let ann: Session;
let bob: Session;
beforeAll(async () => {
  stack = await start_test_stack();
  [ann, bob] = await Promise.all([new_session(stack, "ann"), new_session(stack, "bob")]);
});
afterAll(() => stack.close());

const WAIT_MS = 50;

async function exported(session: Session, body: object): Promise<JobResponse> {
  const { jobId } = read(await session.json("/download", body), 202, download_started);
  for (;;) {
    const job = read(await session.json("/job", { jobId }), 200, job_response);
    expect(job.kind).toBe("export");
    if (job.state === "done" || job.state === "refused") return job;
    await setTimeout(WAIT_MS);
  }
}

async function archive_of({ archive }: JobResponse): Promise<Buffer> {
  const answer = await send(archive?.url ?? "");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/zip");
  expect(answer.bytes.byteLength).toBe(archive?.size);
  return answer.bytes;
}

/** Uploads a photo, and says how it will be in an archive. */
async function stored(session: Session, bytes: Buffer, name: string, unique = name) {
  const { filename } = await session.upload(bytes, name);
  const time = filename.replace(/^(....)(..)(..)T(..)(..)(..).*$/s, "$1-$2-$3T$4:$5:$6Z");
  const modified = Date.parse(time);
  return { filename, file: { name: unique, size: bytes.byteLength, sha1: sha1(bytes), modified } };
}

describe("an archive of photos", () => {
  it("is empty for a user who has none", async () => {
    const job = await exported(bob, { all: true });
    expect(job).toMatchObject({ entries: { done: 0, total: 0 }, archive: { size: 22 } });
    await expect_readable(await archive_of(job), []);
  });

  it("has every photo, under a name of its own, and nobody else's", async () => {
    await bob.upload(jpeg_of(900), "bob's.jpg");
    const photos = [
      await stored(ann, jpeg_of(3_000), "beach.jpg"),
      await stored(ann, tiny_png(), "日本.png"),
      await stored(ann, jpeg_of(4_000_000), "beach.jpg", "beach (2).jpg"),
      await stored(ann, jpeg_of(700), "BEACH.JPG", "BEACH (3).JPG"),
    ];
    const job = await exported(ann, { all: true });
    expect(job).toMatchObject({ entries: { done: 4, total: 4 }, failed: 0, outcomes: [] });
    expect(job.cursor).toBeUndefined();
    const files = photos.map(({ file }) => file);
    await expect_readable(await archive_of(job), files);

    const [first, , third] = photos;
    const none = "20200101T000000000Z_none.jpg";
    const some = await exported(ann, { filenames: [third?.filename, none, first?.filename] });
    expect(some.outcomes).toEqual([{ name: none, outcome: "failed", reason: "photo_missing" }]);
    expect(some).toMatchObject({ entries: { done: 3, total: 3 }, failed: 1 });
    await expect_readable(
      await archive_of(some),
      [files[0], files[2]].flatMap((file) => file ?? []),
    );
  });

  it("can be sent to /unzip, and gives the same photos", async () => {
    const session = await new_session(stack, "carol");
    const bytes = [jpeg_of(1_000), jpeg_of(2_000)];
    for (const [index, photo] of bytes.entries()) await session.upload(photo, `${index}.jpg`);
    const archive = await archive_of(await exported(session, { all: true }));
    const { uploaded, skipped, failed } = await session.unzip(archive);
    expect(uploaded.map(({ name, size }) => [name, size])).toEqual([
      ["0.jpg", 1_000],
      ["1.jpg", 2_000],
    ]);
    expect([skipped, failed]).toEqual([[], []]);
  });

  it("is nobody else's", async () => {
    const { jobId } = read(await ann.json("/download", { all: true }), 202, download_started);
    read_problem(await bob.json("/job", { jobId }), 404, "job_not_found");
  });

  it("of another user's photos has none of them", async () => {
    const { filename } = await ann.upload(jpeg_of(800));
    const job = await exported(bob, { filenames: [filename] });
    expect(job.outcomes).toEqual([{ name: filename, outcome: "failed", reason: "photo_missing" }]);
    await expect_readable(await archive_of(job), []);
  });

  it("is refused where it is asked for wrongly", async () => {
    read_problem(await ann.json("/download", { filenames: [] }), 400, "invalid_request", "filenames");
    read_problem(await ann.json("/download", { all: true, filename: "a" }), 400, "invalid_request", "all");
  });

  it("is the same where workers are killed while they are at it", { timeout: 120_000 }, async () => {
    expect(crashes(stack)).toEqual([]);
    const session = await new_session(stack, "dora");
    const storage = storage_of(stack);
    const files = [];
    for (let place = 0; place < 30; place += 1) {
      const at = new Date(Date.UTC(2026, 10, 23, 10, place));
      const bytes = jpeg_of(3_000_000).fill(place, 30);
      await storage.put(photo_key(session.sub, photo_filename(at, `${place}.jpg`)), bytes);
      files.push({ name: `${place}.jpg`, size: bytes.byteLength, sha1: sha1(bytes), modified: at.getTime() });
    }
    storage.close();
    const { jobId } = read(await session.json("/download", { all: true }), 202, download_started);
    let killed = 0;
    let job: JobResponse;
    do {
      job = read(await session.json("/job", { jobId }), 200, job_response);
      // Each time it has come further, and not more often than the message may fail.
      if (killed < 3 && job.state === "running" && job.entries.done >= 6 * killed) {
        if (await stack.functions.export?.kill_one()) killed += 1;
      }
      await setTimeout(WAIT_MS);
    } while (job.state !== "done");
    expect(killed).toBeGreaterThan(0);
    await expect_readable(await archive_of(job), files);
  });
});
