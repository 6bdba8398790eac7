import type { SQSEvent } from "aws-lambda";
import { afterAll, describe, expect, it } from "vitest";
import { task_key } from "../../layer/job_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { event_key } from "../../local/s3/notifications.ts";
import { lambda_context } from "../support/http_event.ts";
import { expect_done, mixed_entries, zip_of } from "../support/job_archive.ts";
import { start_job_queue } from "../support/job_queue.ts";
import { function_environment } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";
import { quiet } from "../support/quiet.ts";

const queue = await start_job_queue();
const { store, url, close } = queue.storage;
Object.assign(process.env, function_environment(url));
const { handler } = await import("../../handlers/extract.ts");

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
