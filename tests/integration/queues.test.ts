/** What is uploaded straight to S3 is dealt with by itself: S3's events invoke functions, whoever asks or does not. */
import { setTimeout as sleep } from "node:timers/promises";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { MAX_RECEIVE_COUNT } from "../../local/queues.ts";
import { job_response } from "../../schemas/job.ts";
import { request_upload_response } from "../../schemas/request_upload.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { json_of, post, read } from "./client.ts";
import { dead_letters, queues_are_empty } from "./queues.ts";
import { new_session, type Session } from "./session.ts";
import { crashes, start_test_stack, type TestStack, written_by } from "./stack.ts";
import { type Storage, storage_of } from "./storage.ts";

/** Asks for an upload and sends the form; what is to become of it is nobody's concern. Returns the upload's id. */
async function upload_and_leave(
  session: Session,
  bytes: Uint8Array,
  name: string,
  [kind, contentType] = ["photo", "image/jpeg"],
): Promise<string> {
  const request = { name, size: bytes.length, contentType, kind };
  const answer = read(await session.json("/request_upload", request), 201, request_upload_response);
  if (answer.method !== "POST") throw new Error("A small file is not uploaded in parts.");
  const form = new FormData();
  for (const [field, value] of Object.entries(answer.fields)) form.append(field, value);
  form.append("file", new Blob([Buffer.from(bytes)]));
  const { status } = await post(answer.url, form);
  expect(status).toBeLessThan(300);
  return answer.uploadId;
}

async function start(config: Parameters<typeof start_test_stack>[0] = {}) {
  const stack = await start_test_stack(config);
  return { stack, storage: storage_of(stack) };
}

describe("an upload whose client never asks", () => {
  let stack: TestStack;
  let storage: Storage;
  beforeAll(async () => {
    ({ stack, storage } = await start({ config: { queue_retry_s: 0 } }));
  });
  afterAll(async () => {
    storage.close();
    await stack.close();
  });

  it("becomes a photo all the same, by the function behind the queue", async () => {
    const session = await new_session(stack, "silent");
    const bytes = jpeg_of(20_000);
    await upload_and_leave(session, bytes, "a photo.jpg");
    await queues_are_empty(stack);
    const { photos } = await session.list();
    expect(photos).toHaveLength(1);
    const downloaded = await session.download(photos[0]?.filename ?? "");
    expect(downloaded.bytes.equals(bytes)).toBe(true);
    expect(await storage.keys(".quarantine/")).toEqual([]);
    const copies = stack.calls.filter(({ operation }) => operation === "CopyObject");
    expect(copies).toMatchObject([{ caller: "admit", status: 200 }]);
    expect(dead_letters(stack)).toBe(0);
    expect(crashes(stack)).toEqual([]);
  });

  it("that is none of ours is tried and given up, aloud, and no other has to wait for it", async () => {
    const session = await new_session(stack, "beside");
    await storage.put(".quarantine/a stranger's");
    await upload_and_leave(session, jpeg_of(1_000), "beside.jpg");
    await queues_are_empty(stack);
    expect((await session.list()).photos).toHaveLength(1);
    expect(stack.queues.admissions?.dead_letters()).toMatchObject([{ received: 5 }]);
    expect(written_by(stack, "admissions")).toContain("1 dead letter more");
  });
});

describe("messages that come twice and in no order", () => {
  let stack: TestStack;
  let storage: Storage;
  beforeAll(async () => {
    ({ stack, storage } = await start({ config: { queue_chaos: true, queue_retry_s: 0 } }));
  });
  afterAll(async () => {
    storage.close();
    await stack.close();
  });

  it("make each upload one photo", async () => {
    const session = await new_session(stack, "twice");
    const names = ["a.jpg", "b.jpg", "b.jpg", "c.jpg", "d.jpg"];
    await Promise.all(names.map((name, at) => upload_and_leave(session, jpeg_of(1_000 + at), name)));
    await queues_are_empty(stack);
    const photos = await session.list_all();
    expect(photos.map(({ name }) => name).toSorted()).toEqual(names);
    expect(new Set(photos.map(({ size }) => size)).size).toBe(names.length);
    expect(await storage.keys(".quarantine/")).toEqual([]);
    expect(dead_letters(stack)).toBe(0);
    expect(crashes(stack)).toEqual([]);
  });

  it("make an archive exactly its photos, while the workers are killed", async () => {
    // As many as no message can be given up by.
    const max_kills = MAX_RECEIVE_COUNT - 1;
    const session = await new_session(stack, "killed");
    const names = Array.from({ length: 600 }, (_, at) => `${String(at).padStart(3, "0")}.jpg`);
    const archive = zipSync(Object.fromEntries(names.map((name, at) => [name, jpeg_of(1_000 + at)])));
    const uploadId = await upload_and_leave(session, archive, "a.zip", ["archive", "application/zip"]);

    let kills = 0;
    const empty = queues_are_empty(stack).then(() => true);
    while (kills < max_kills && !(await Promise.race([empty, sleep(Math.random() * 200, false)]))) {
      if (await stack.functions.extract?.kill_one()) kills += 1;
    }
    await empty;

    expect(kills).toBeGreaterThan(0);
    expect((await session.list_all()).map(({ name }) => name).toSorted()).toEqual(names);
    const completed = json_of(await session.json("/complete_upload", { uploadId }));
    const { jobId } = z.parse(z.object({ jobId: z.string() }), completed);
    const job = read(await session.json("/job", { jobId }), 200, job_response);
    const total = names.length;
    expect(job).toMatchObject({ state: "done", entries: { done: total, total }, uploaded: total });
    expect(dead_letters(stack)).toBe(0);
  });
});
