import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { make_export_plan } from "../../jobs/export_choice.ts";
import { settle_export_plan } from "../../jobs/export_plan.ts";
import { settle_export_result } from "../../jobs/export_result.ts";
import { run_export } from "../../jobs/export_task.ts";
import { export_archive_key, export_task_key } from "../../layer/export_keys.ts";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { job_response } from "../../schemas/job.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { mixed_entries, zip_of } from "../support/job_archive.ts";
import { start_job_queue } from "../support/job_queue.ts";
import { function_environment } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";
import { quiet } from "../support/quiet.ts";
import { unpacked } from "../support/zip_readers.ts";

const queue = await start_job_queue();
const { store, url, close } = queue.storage;
Object.assign(process.env, function_environment(url));
const { handler } = await import("../../handlers/job.ts");

quiet();
afterAll(close);

const answer = (body: unknown, username = "ann") =>
  handler(json_event(body, { route: "POST /job", username }), lambda_context());
const job_of = async (body: unknown, username?: string) =>
  read_answer(job_response, await answer(body, username));

const entries = mixed_entries(60);
const archive = zip_of(entries);

describe("a job", () => {
  it("is queued, then running, then done, and its outcomes come with the cursor in the archive's order", async () => {
    const { id: jobId } = await quarantined(store, archive, { kind: "archive" });
    await queue.ask_for({ user: "ann", id: jobId });
    const nothing = { done: 0, total: 0 };
    expect(await job_of({ jobId })).toEqual({
      kind: "extraction",
      state: "queued",
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      entries: nothing,
      bytes: nothing,
      uploaded: 0,
      skipped: 0,
      failed: 0,
      outcomes: [],
    });

    // The plan, and then one shard after the other; the middle one first.
    await queue.run({ workers: 1, turns: 1 });
    const running = await job_of({ jobId });
    expect(running).toMatchObject({
      state: "running",
      entries: { done: 0, total: 60 },
      outcomes: [],
      cursor: "0",
    });
    await queue.run({ workers: 1, turns: 1, random: () => 0.5 });
    expect(await job_of({ jobId, cursor: running.cursor })).toMatchObject({
      state: "running",
      entries: { done: 25, total: 60 },
      uploaded: 17,
      outcomes: [],
      cursor: "0",
    });
    await queue.run({ workers: 1, turns: 1 });
    const first = await job_of({ jobId, cursor: "0" });
    expect(first).toMatchObject({ state: "running", entries: { done: 50 }, cursor: "1" });
    expect(first.outcomes.map(({ name }) => name)).toEqual(
      entries.slice(0, 25).map(({ parts }) => parts.name),
    );
    expect(await job_of({ jobId, cursor: "1" })).toMatchObject({ state: "running", cursor: "2" });
    expect(await job_of({ jobId, cursor: "2" })).toMatchObject({ outcomes: [], cursor: "2" });
    await queue.run({ workers: 1 });
    const last = await job_of({ jobId, cursor: "2" });
    expect(last.cursor).toBeUndefined();
    expect(last.outcomes).toHaveLength(10);
    const { bytes, ...counts } = last;
    expect(counts).toMatchObject({
      state: "done",
      entries: { done: 60, total: 60 },
      uploaded: 42,
      skipped: 12,
      failed: 6,
    });
    expect(bytes.done).toBe(bytes.total);
    const sizes = entries.flatMap(({ parts, outcome }) =>
      outcome === "unsafe_path" ? [] : [parts.data?.byteLength ?? 0],
    );
    expect(bytes.total).toBe(sizes.reduce((sum, size) => sum + size));
  });

  it.each([
    ["no archive", Buffer.from("Dear diary, this is no archive."), "not_a_zip"],
    ["an archive that is cut", archive.subarray(0, 10_000), "truncated"],
    ["an archive of nothing", zip_of([]), "empty_archive"],
  ])("whose upload is %s is refused with the reason", async (_, bytes, reason) => {
    const { id: jobId } = await quarantined(store, bytes, { kind: "archive" });
    await queue.ask_for({ user: "ann", id: jobId });
    expect(await queue.run()).toBe(0);
    const refused = await job_of({ jobId });
    expect(refused).toMatchObject({ state: "refused", reason, outcomes: [] });
    expect(refused.cursor).toBeUndefined();
  });
});

describe("an export", () => {
  const export_job = { user: "ann", id: new_upload_id() };
  const jobId = export_job.id;
  const { signal } = new AbortController();
  const nothing = { kind: "export", uploaded: 0, skipped: 0, failed: 0, outcomes: [] };

  it("is queued, then running, then done, with a URL that works by itself", async () => {
    const task = export_task_key({ job: export_job, part: "plan" });
    const filename = photo_filename(new Date(), "a.jpg");
    await queue.storage.put(photo_key("ann", filename), "0123456789");
    await queue.storage.put(task, JSON.stringify({ filenames: [filename, "none"] }));
    expect(await job_of({ jobId })).toMatchObject({ ...nothing, state: "queued" });
    const plan = await make_export_plan(store, export_job, { filenames: [filename, "none"] }, signal);
    await settle_export_plan(store, export_job, plan, signal);
    expect(await job_of({ jobId })).toMatchObject({
      ...nothing,
      state: "running",
      entries: { done: 0, total: 2 },
      bytes: { done: 0, total: 10 },
      cursor: "0",
    });
    await run_export(store, { job: export_job, part: "plan" }, { receives: 1, deadline: Infinity, signal });
    const done = await job_of({ jobId, cursor: "0" });
    expect(done).toMatchObject({
      ...nothing,
      state: "done",
      entries: { done: 2, total: 2 },
      bytes: { done: 10, total: 10 },
      failed: 1,
      outcomes: [{ name: "none", outcome: "failed", reason: "photo_missing" }],
      archive: { expiresIn: 3_600 },
    });
    expect(done.cursor).toBeUndefined();
    const archive = await fetch(done.archive?.url ?? "");
    expect(archive.headers.get("content-disposition")).toMatch(
      /^attachment; filename="photos-\d{4}-\d\d-\d\d\.zip"$/,
    );
    const bytes = Buffer.from(await archive.arrayBuffer());
    expect(bytes.byteLength).toBe(done.archive?.size);
    expect(await unpacked(bytes)).toMatchObject([{ name: "a.jpg", size: 10 }]);
  });

  it("is not found any more when its archive has expired, whatever is still known of it", async () => {
    const job = { user: "ann", id: new_upload_id() };
    await queue.storage.put(export_archive_key(job), "archive");
    await settle_export_result(store, job, { photos: 0, bytes: 0, missing: [] }, signal);
    expect(await job_of({ jobId: job.id })).toMatchObject({ state: "done", archive: { size: 7 } });
    await store.s3.send(new DeleteObjectCommand({ Bucket: store.bucket, Key: export_archive_key(job) }));
    expect(read_problem(await answer({ jobId: job.id }))).toMatchObject({
      status: 404,
      code: "job_not_found",
    });
  });

  it("is refused with the reason", async () => {
    const job = { user: "ann", id: new_upload_id() };
    await settle_export_plan(store, job, { refused: "export_too_large" }, signal);
    expect(await job_of({ jobId: job.id })).toMatchObject({
      ...nothing,
      state: "refused",
      reason: "export_too_large",
    });
  });

  it("is nobody else's, and takes no cursor that was not given", async () => {
    expect(read_problem(await answer({ jobId }, "eve"))).toMatchObject({
      status: 404,
      code: "job_not_found",
    });
    expect(read_problem(await answer({ jobId, cursor: "7" }))).toMatchObject({
      status: 400,
      code: "invalid_cursor",
    });
  });
});

describe("bad input", () => {
  it("is the same 404 for another user's job, an upload that is no archive, one made up, and one of no form", async () => {
    const { id: jobId } = await quarantined(store, archive, { kind: "archive" });
    await queue.ask_for({ user: "ann", id: jobId });
    await queue.run();
    const { id: photo } = await quarantined(store, Buffer.from("x"));
    const answers = [
      await answer({ jobId }, "eve"),
      await answer({ jobId }, "ann/"),
      await answer({ jobId: photo }),
      await answer({ jobId: new_upload_id() }),
      await answer({ jobId: "../ann" }),
      await answer({ jobId: `${jobId}/plan` }),
      await answer({ jobId: jobId.toUpperCase() }),
    ];
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    for (const one of answers)
      expect(read_problem(one)).toMatchObject({ status: 404, code: "job_not_found" });
    expect(await job_of({ jobId })).toMatchObject({ state: "done" });
  });

  it.each(["x", "-1", "4", "1.0", "999999999", "0x1"])("is a 400 for the cursor %s", async (cursor) => {
    const { id: jobId } = await quarantined(store, archive, { kind: "archive" });
    await queue.ask_for({ user: "ann", id: jobId });
    await queue.run();
    expect(read_problem(await answer({ jobId, cursor }))).toMatchObject({
      status: 400,
      code: "invalid_cursor",
    });
  });

  it.each([{}, { jobId: "" }, { jobId: 7 }, { jobId: "x".repeat(101) }, { jobId: "x", job: 1 }])(
    "is a 400 for %j",
    async (body) => {
      expect(read_problem(await answer(body))).toMatchObject({ status: 400, code: "invalid_request" });
    },
  );
});
