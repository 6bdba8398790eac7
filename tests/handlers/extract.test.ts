import { GetObjectCommand } from "@aws-sdk/client-s3";
import type { SQSEvent } from "aws-lambda";
import { afterAll, describe, expect, it } from "vitest";
import { task_key } from "../../layer/job_keys.ts";
import { new_upload_id, quarantine_key } from "../../layer/upload_keys.ts";
import { event_key } from "../../local/s3/notifications.ts";
import { lambda_context } from "../support/http_event.ts";
import { watched } from "../support/interrupted.ts";
import { expect_done, mixed_entries, zip_of } from "../support/job_archive.ts";
import { start_job_queue } from "../support/job_queue.ts";
import { function_environment } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";
import { quiet } from "../support/quiet.ts";

const queue = await start_job_queue();
const { store, url, close } = queue.storage;
Object.assign(process.env, function_environment(url));
const { extract, handler } = await import("../../handlers/extract.ts");

const output = quiet();
afterAll(close);

const event = (key: string): SQSEvent => ({
  Records: [
    {
      messageId: "message-1",
      receiptHandle: "r",
      body: JSON.stringify({
        Records: [{ eventName: "ObjectCreated:Put", s3: { object: { key: event_key(key) } } }],
      }),
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: "0",
        SenderId: "s3",
        ApproximateFirstReceiveTimestamp: "0",
      },
      messageAttributes: {},
      md5OfBody: "",
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:eu-central-1:123456789012:extractions",
      awsRegion: "eu-central-1",
    },
  ],
});

const worked = (key: string) => handler(event(key), lambda_context(60_000));

describe("the worker", () => {
  it("plans the job and extracts its shards, for a user of any name, and logs none of it", async () => {
    const entries = mixed_entries(12);
    const job = await quarantined(store, zip_of(entries), { kind: "archive", user: "ü+mölly@canary" });
    for (const part of ["plan", 0] as const) {
      expect(await worked(task_key({ job, part }))).toEqual({ batchItemFailures: [] });
    }
    await expect_done(store, job, entries);
    expect(output().text()).not.toMatch(/canary|IMG_0001|notes/);
  });

  it("reads the directory once, and of each shard no more than its bytes", async () => {
    // So many bytes that the end of the archive, which is read first, has hardly more than the directory.
    const entries = mixed_entries(400);
    const zip = zip_of(entries);
    const directory = zip.readUInt32LE(zip.byteLength - 22 + 16);
    const job = await quarantined(store, zip, { kind: "archive", user: "mia" });
    let ends: number[] = [];
    const s3 = watched(store.s3, (command, send) => {
      if (command instanceof GetObjectCommand && command.input.Key === quarantine_key(job)) {
        ends.push(Number(command.input.Range?.split("-")[1]));
      }
      return send();
    });
    const work = extract({ ...store, s3 });
    const reads: { readonly of: string | number; readonly all: number; readonly of_directory: number }[] = [];
    for (const of of ["plan", ...Array.from({ length: 16 }, (_, shard) => shard)] as const) {
      ends = [];
      const { signal } = new AbortController();
      const part = typeof of === "number" ? of : "plan";
      await work({ key: task_key({ job, part }), receives: 1, deadline: Date.now() + 60_000, signal });
      const of_directory = ends.filter((end) => end >= directory).length;
      reads.push({ of, all: ends.length, of_directory });
    }
    await expect_done(store, job, entries);
    const [plan, ...shards] = reads;
    expect(plan?.of_directory).toBeGreaterThan(0);
    expect(shards).toEqual(shards.map(({ of }) => ({ of, all: 1, of_directory: 0 })));
  });

  it("has the message come again where there is no time left", async () => {
    const job = { user: "ann", id: new_upload_id() };
    const context = { ...lambda_context(60_000), getRemainingTimeInMillis: () => 0 };
    expect(await handler(event(task_key({ job, part: "plan" })), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: "message-1" }],
    });
  });

  it("takes an object that is no task for a mistake that somebody should see", async () => {
    expect(await worked(".tasks/ann/x")).toEqual({ batchItemFailures: [{ itemIdentifier: "message-1" }] });
  });

  it("does nothing for a shard of a job that is gone", async () => {
    const job = { user: "ann", id: new_upload_id() };
    expect(await worked(task_key({ job, part: 3 }))).toEqual({ batchItemFailures: [] });
  });
});
