import { afterAll, describe, expect, it } from "vitest";
import { job_progress } from "../../jobs/progress.ts";
import { done_key, plan_key, task_key } from "../../layer/job_keys.ts";
import { new_upload_id, type UploadKey } from "../../layer/upload_keys.ts";
import { caught_problem } from "../support/caught.ts";
import { watched } from "../support/interrupted.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { s3_error, scripted_server } from "../support/scripted_server.ts";

const { store, put, close } = await start_photo_storage({ may_list: () => false });
afterAll(close);

const { signal } = new AbortController();

/** A job that is planned to have so many shards of ten entries and a hundred bytes. */
async function planned(shards: number): Promise<UploadKey> {
  const job = { user: "ann", id: new_upload_id() };
  const plan = {
    archive: { size: 1, etag: '"x"' },
    entries: shards * 10,
    bytes: shards * 100,
    shards: Array.from({ length: shards }, (_, shard) => ({ first: shard * 10, entries: 10, bytes: 100 })),
  };
  await put(plan_key(job), JSON.stringify(plan));
  return job;
}

const done = (job: UploadKey, shard: number): Promise<void> =>
  put(done_key(job, shard, { entries: 10, bytes: 100, uploaded: 7, skipped: 2, failed: 1 }));

describe("the progress", () => {
  it("is one listing, and a few more where there are more than a thousand shards", async () => {
    const job = await planned(1_005);
    for (let first = 0; first < 1_003; first += 50) {
      const some = Array.from({ length: Math.min(50, 1_003 - first) }, (_, index) =>
        done(job, first + index),
      );
      await Promise.all(some);
    }
    const sent: string[] = [];
    const s3 = watched(store.s3, (command, send) => {
      sent.push(command.constructor.name);
      return send();
    });
    expect(await job_progress({ ...store, s3 }, job, "1003", signal)).toEqual({
      state: "running",
      updated_at: expect.any(Date),
      done: { entries: 10_030, bytes: 100_300, uploaded: 7_021, skipped: 2_006, failed: 1_003 },
      total: { entries: 10_050, bytes: 100_500 },
      outcomes: [],
      cursor: "1003",
    });
    expect(sent.toSorted()).toEqual([
      "GetObjectCommand",
      "GetObjectCommand",
      "ListObjectsV2Command",
      "ListObjectsV2Command",
    ]);
  });

  it("is one of this job alone", async () => {
    const [job, other] = [await planned(2), await planned(2)];
    await done(other, 0);
    await put(`${plan_key(job)}/done/000000_1_1_1_1_1`);
    expect(await job_progress(store, job, undefined, signal)).toMatchObject({ done: { entries: 0 } });
  });

  it("has a cursor until the last shard is counted, even where all outcomes have been given", async () => {
    const job = await planned(1);
    const running = await job_progress(store, job, "1", signal);
    expect(running).toMatchObject({ state: "running", outcomes: [], cursor: "1" });
    await done(job, 0);
    const ended = await job_progress(store, job, "1", signal);
    expect(ended).toMatchObject({ state: "done", outcomes: [], cursor: undefined });
  });

  it("is of no job where nobody has asked for one, and queued where nobody has begun", async () => {
    const job = { user: "ann", id: new_upload_id() };
    expect(await job_progress(store, job, undefined, signal)).toBeUndefined();
    await put(task_key({ job, part: "plan" }));
    expect(await job_progress(store, job, undefined, signal)).toEqual({
      state: "queued",
      updated_at: expect.any(Date),
    });
  });

  it("is as old as its newest part, in whatever order they come, or as the plan, or as the asking for it", async () => {
    let now = 0;
    const clocked = await start_photo_storage({ clock: () => new Date(now), may_list: () => false });
    const at = async (seconds: number, key: string, body?: string) => {
      now = Date.UTC(2026, 10, 23, 10, 0, seconds);
      // The client's clock is that of the server, or its signature would be too old.
      await clocked.put(key, body);
      return new Date(now);
    };
    const job = { user: "ann", id: new_upload_id() };
    const updated_at = async () =>
      (await job_progress(clocked.store, job, undefined, signal))?.updated_at.toISOString();
    expect(await updated_at()).toBeUndefined();
    const asked_for = await at(1, task_key({ job, part: "plan" }));
    expect(await updated_at()).toBe(asked_for.toISOString());
    const shard = { first: 0, entries: 10, bytes: 100 };
    const plan = {
      archive: { size: 1, etag: '"x"' },
      entries: 30,
      bytes: 300,
      shards: [shard, shard, shard],
    };
    const made = await at(5, plan_key(job), JSON.stringify(plan));
    expect(await updated_at()).toBe(made.toISOString());
    const counts = { entries: 10, bytes: 100, uploaded: 7, skipped: 2, failed: 1 };
    for (const [seconds, number] of [
      [9, 1],
      [12, 0],
      [30, 2],
    ] as const) {
      const done_at = await at(seconds, done_key(job, number, counts));
      expect(await updated_at()).toBe(done_at.toISOString());
    }
    const refused = await at(40, plan_key(job), JSON.stringify({ refused: "not_a_zip" }));
    expect(await updated_at()).toBe(refused.toISOString());
    await clocked.close();
  });

  it.each([
    [503, "SlowDown", "storage_unavailable"],
    [403, "InvalidAccessKeyId", "storage_refused"],
  ])(
    "is not known while S3 answers %i %s, which is not taken for a job that is not there",
    async (status, error, code) => {
      const server = await scripted_server(() => s3_error(status, error));
      const s3 = client_for(server.url, { maxAttempts: 1 });
      const job = { user: "ann", id: new_upload_id() };
      const problem = await caught_problem(() =>
        job_progress({ s3, bucket: BUCKET }, job, undefined, signal),
      );
      expect(problem.code).toBe(code);
      s3.destroy();
      await server.close();
    },
  );
});
