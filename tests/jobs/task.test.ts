import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { LANES } from "../../jobs/task.ts";
import { parse_task_key } from "../../layer/job_keys.ts";
import { list_photos } from "../../storage/photo_store.ts";
import { expect_done, mixed_entries, walk, zip_of } from "../support/job_archive.ts";
import { type JobQueue, seeded, start_job_queue } from "../support/job_queue.ts";
import { BUCKET } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";
import { quiet } from "../support/quiet.ts";

const queues: JobQueue[] = [];
const started = async (options?: Parameters<typeof start_job_queue>[0]): Promise<JobQueue> => {
  const queue = await start_job_queue(options);
  queues.push(queue);
  return queue;
};

quiet();
afterAll(() => Promise.all(queues.map(({ storage }) => storage.close())));

describe("a job", () => {
  it("brings about an outcome for every entry, by four workers at a time", async () => {
    const queue = await started();
    const entries = mixed_entries(230);
    const job = await quarantined(queue.storage.store, zip_of(entries), {
      kind: "archive",
      user: "mia@example.com",
    });
    await queue.ask_for(job);
    expect(await queue.run({ workers: 20 })).toBe(0);
    await expect_done(queue.storage.store, job, entries);
    expect(queue.begun.map(({ part }) => part).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, "plan"]);
    expect(queue.most_at_once()).toBe(LANES);
  });

  it("has the shard asked for that is four further on, by whoever has done one", async () => {
    const queue = await started();
    const job = await quarantined(queue.storage.store, zip_of(mixed_entries(230)), { kind: "archive" });
    const asked_for = async () =>
      (await queue.storage.keys()).flatMap((key) => parse_task_key(key)?.part ?? []);
    await queue.ask_for(job);
    await queue.run({ workers: 1, turns: 1 });
    expect(await asked_for()).toEqual([0, 1, 2, 3, "plan"]);
    await queue.run({ workers: 1, turns: 1 });
    expect(await asked_for()).toEqual([0, 1, 2, 3, 4, "plan"]);
    await queue.run({ workers: 1, turns: 2 });
    expect(await asked_for()).toEqual([0, 1, 2, 3, 4, 5, 6, "plan"]);
  });
});

describe("a task that comes again", () => {
  it("changes nothing once it is done, and brings back no photo that its user has deleted", async () => {
    const queue = await started();
    const { store } = queue.storage;
    const entries = mixed_entries(60);
    const job = await quarantined(store, zip_of(entries), { kind: "archive" });
    await queue.ask_for(job);
    await queue.run();
    await expect_done(store, job, entries);
    const keys = (await queue.storage.keys()).filter((key) => key.startsWith("ann/"));
    await store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: keys[7] }));
    const left = await queue.storage.keys();
    for (const part of ["plan", 0, 1, 2, "plan"] as const) queue.repeat({ job, part });
    expect(await queue.run()).toBe(0);
    expect(await queue.storage.keys()).toEqual(left);
    expect(queue.waiting()).toBe(0);
  });
});

describe("jobs at the same time", () => {
  it("of one user and of another do not mix, however alike their archives", async () => {
    const queue = await started({ copies: 2 });
    const { store } = queue.storage;
    const [one, other] = [mixed_entries(60), mixed_entries(40).toReversed()];
    const put = (entries: typeof one, user: string) =>
      quarantined(store, zip_of(entries), { kind: "archive", user });
    const of_ann = [await put(one, "ann"), await put(one, "ann"), await put(other, "ann")];
    const of_bob = [await put(one, "bob")];
    await Promise.all([...of_ann, ...of_bob].map((job) => queue.ask_for(job)));
    expect(await queue.run({ workers: 12, random: seeded(7), finds_duplicates: false })).toBe(0);
    for (const job of of_ann) await expect_done(store, job, job === of_ann[2] ? other : one, of_ann);
    for (const job of of_bob) await expect_done(store, job, one, of_bob);
  });

  it("of archives with the same photos make one photo of each, and have every outcome", async () => {
    const queue = await started({ copies: 2 });
    const { store } = queue.storage;
    const entries = mixed_entries(60);
    const put = (user: string) => quarantined(store, zip_of(entries), { kind: "archive", user });
    const jobs = [await put("cleo"), await put("cleo"), await put("cleo")];
    await Promise.all(jobs.map((job) => queue.ask_for(job)));
    expect(await queue.run({ workers: 12, random: seeded(7) })).toBe(0);
    const wanted = entries.filter(({ outcome }) => outcome === "uploaded").length;
    const walks = await Promise.all(jobs.map(async (job) => (await walk(store, job)).outcomes));
    const stored = walks.map((outcomes) => outcomes.filter((one) => one.outcome === "uploaded"));
    expect(stored.map(({ length }) => length)).toEqual([wanted, wanted, wanted]);
    const filenames = new Set(stored.flat().map(({ filename }) => filename));
    expect(filenames.size).toBe(wanted);
    expect(stored.flat().filter(({ duplicate }) => !duplicate)).toHaveLength(wanted);
    const { signal } = new AbortController();
    expect((await list_photos(store, "cleo", "", signal)).photos.map(({ filename }) => filename)).toEqual(
      [...filenames].toSorted(),
    );
  });
});
