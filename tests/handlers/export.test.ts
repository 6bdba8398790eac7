import type { SQSEvent } from "aws-lambda";
import { afterAll, describe, expect, it } from "vitest";
import { export_task_key } from "../../layer/export_keys.ts";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { event_key } from "../../local/s3/notifications.ts";
import { start_export_queue } from "../support/export_queue.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { lambda_context } from "../support/http_event.ts";
import { function_environment } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { unpacked } from "../support/zip_readers.ts";

const queue = await start_export_queue();
const { url, put, close } = queue.storage;
Object.assign(process.env, function_environment(url));
const { handler } = await import("../../handlers/export.ts");

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
      eventSourceARN: "arn:aws:sqs:eu-central-1:123456789012:exports",
      awsRegion: "eu-central-1",
    },
  ],
});

const worked = (key: string) => handler(event(key), lambda_context(120_000));

describe("the worker", () => {
  it("plans the export and writes its archive, for a user of any name, and logs none of it", async () => {
    const user = "ü+mölly@canary";
    const filename = photo_filename(new Date(), "canary.jpg");
    await put(photo_key(user, filename), jpeg_of(700));
    const job = await queue.ask_for(user, { all: true });
    expect(await worked(export_task_key({ job, part: "plan" }))).toEqual({ batchItemFailures: [] });
    expect(await queue.progress(job)).toMatchObject({ state: "done" });
    expect(await unpacked(await queue.archive(job))).toMatchObject([{ name: "canary.jpg", size: 700 }]);
    expect(output().text()).not.toMatch(/canary/);
  });

  it("has the message come again where there is no time left", async () => {
    const job = { user: "ann", id: new_upload_id() };
    const context = { ...lambda_context(60_000), getRemainingTimeInMillis: () => 0 };
    expect(await handler(event(export_task_key({ job, part: "plan" })), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: "message-1" }],
    });
  });

  it("takes an object that is no task for a mistake that somebody should see", async () => {
    expect(await worked(".export_tasks/ann/x")).toEqual({
      batchItemFailures: [{ itemIdentifier: "message-1" }],
    });
  });
});
