import type { SQSEvent } from "aws-lambda";
import { describe, expect, it, vi } from "vitest";
import { event_key, test_event } from "../../local/s3/notifications.ts";
import { type NewObject, new_objects } from "../../middleware/new_objects.ts";
import { lambda_context } from "../support/http_event.ts";
import { quiet } from "../support/quiet.ts";

const output = quiet();

const created = (...keys: string[]): string =>
  JSON.stringify({
    Records: keys.map((key) => ({
      eventName: "ObjectCreated:CompleteMultipartUpload",
      s3: { object: { key: event_key(key) } },
    })),
  });

/** Messages with the ids `0`, `1`, … */
const batch = (bodies: readonly string[], receives = 1): SQSEvent => ({
  Records: bodies.map((body, index) => ({
    messageId: String(index),
    receiptHandle: "r",
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: "0",
      SenderId: "s3",
      ApproximateFirstReceiveTimestamp: "0",
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-central-1:123456789012:queue",
    awsRegion: "eu-central-1",
  })),
});

const nothing = async (_: NewObject): Promise<void> => {};

describe("a batch of messages", () => {
  it("is handled object by object, with the keys as they are", async () => {
    const keys = [".in/a b", ".in/ü+%2B/ö", ".in/%", ".in/🏖"];
    const handle = vi.fn(nothing);
    const event = batch([created(...keys.slice(0, 2)), created(...keys.slice(2))], 3);
    expect(await new_objects(handle)(event, lambda_context())).toEqual({ batchItemFailures: [] });
    expect(handle.mock.calls.map(([{ key }]) => key)).toEqual(keys);
    expect(handle.mock.calls.map(([{ receives }]) => receives)).toEqual([3, 3, 3, 3]);
  });

  it("fails message by message", async () => {
    const handle = vi.fn(async ({ key }: NewObject) => {
      if (key.includes("bad")) throw new Error("the storage is not there");
    });
    const event = batch([created("good"), created("good", "bad"), created("bad"), created("good")]);
    expect(await new_objects(handle)(event, lambda_context())).toEqual({
      batchItemFailures: [{ itemIdentifier: "1" }, { itemIdentifier: "2" }],
    });
  });

  it("takes the event by which S3 tries whether it may send, and events of other kinds, for done", async () => {
    const handle = vi.fn(nothing);
    const time = new Date();
    const deleted = created("x").replace("ObjectCreated:CompleteMultipartUpload", "ObjectRemoved:Delete");
    const event = batch([test_event("photos", { request_id: "r", host_id: "h", time }), deleted]);
    expect(await new_objects(handle)(event, lambda_context())).toEqual({ batchItemFailures: [] });
    expect(handle).not.toHaveBeenCalled();
  });

  it.each([
    "",
    "x",
    "null",
    "{}",
    '{"Records":[{}]}',
    '{"Records":[{"eventName":"ObjectCreated:Put","s3":{}}]}',
  ])("has the message %j fail, which is of no form that S3 has", async (body) => {
    const handle = vi.fn(nothing);
    expect(await new_objects(handle)(batch([body, created("x")]), lambda_context())).toEqual({
      batchItemFailures: [{ itemIdentifier: "0" }],
    });
    expect(handle).toHaveBeenCalledOnce();
  });

  it("begins nothing when the time is up, and says until when there is any", async () => {
    const handle = vi.fn(nothing);
    expect(await new_objects(handle)(batch([created("x"), created("y")]), lambda_context(0))).toEqual({
      batchItemFailures: [{ itemIdentifier: "0" }, { itemIdentifier: "1" }],
    });
    expect(handle).not.toHaveBeenCalled();
    const before = Date.now();
    await new_objects(handle)(batch([created("x")]), lambda_context(20_000));
    expect(handle.mock.calls[0]?.[0].deadline).toBeGreaterThanOrEqual(before + 20_000);
    expect(handle.mock.calls[0]?.[0].signal.aborted).toBe(false);
  });

  it("logs how it went, and no key", async () => {
    const handle = async ({ key }: NewObject) => {
      if (key === "canary/2") throw new Error("the storage is not there");
    };
    await new_objects(handle)(batch([created("canary/1"), created("canary/2")], 2), lambda_context());
    const lines = output().records();
    expect(lines).toMatchObject([
      { level: "INFO", message: "message", receives: 2, requestId: lambda_context().awsRequestId },
      {
        level: "ERROR",
        message: "message failed",
        receives: 2,
        error: { message: "the storage is not there" },
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain("canary");
  });
});
