import { createHash } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { event_key, type Notification } from "../../../local/s3/notifications.ts";
import { CREDENTIALS, REGION } from "../aws/signing.ts";
import { BUCKET, type StrictS3, start_strict_s3 } from "./strict_s3.ts";

const running: StrictS3[] = [];
afterEach(async () => {
  for (const s3 of running.splice(0)) await s3.close();
});

const event_schema = z.object({
  Records: z.tuple([
    z.looseObject({
      eventName: z.string(),
      s3: z.looseObject({
        object: z.strictObject({
          key: z.string(),
          size: z.number(),
          eTag: z.string(),
          sequencer: z.string().regex(/^[\dA-F]{18}$/),
        }),
      }),
    }),
  ]),
});

/** An S3 that tells of what is written below `.in/`; the messages but for the test event. */
async function start_told(more: readonly Notification[] = []) {
  const messages: string[] = [];
  const notification = { id: "arrivals", bucket: BUCKET, prefix: ".in/" };
  const s3 = await start_strict_s3({
    notifications: [{ ...notification, send: (body) => messages.push(body) }, ...more],
  });
  running.push(s3);
  messages.length = 0;
  const events = () => messages.map((message) => event_schema.parse(JSON.parse(message)).Records[0]);
  return { s3, messages, events };
}

const md5_of = (text: string) => createHash("md5").update(text).digest("hex");

describe("an object below the prefix", () => {
  it("is told of by the event that S3 documents", async () => {
    const { s3, messages } = await start_told();
    const put = await s3.send({ method: "PUT", path: `/${BUCKET}/.in/a%20b`, body: "four" });
    expect(messages.map((message) => JSON.parse(message))).toEqual([
      {
        Records: [
          {
            eventVersion: "2.1",
            eventSource: "aws:s3",
            awsRegion: REGION,
            eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
            eventName: "ObjectCreated:Put",
            userIdentity: { principalId: `AWS:${CREDENTIALS.accessKeyId}` },
            requestParameters: { sourceIPAddress: "127.0.0.1" },
            responseElements: {
              "x-amz-request-id": put.headers["x-amz-request-id"],
              "x-amz-id-2": put.headers["x-amz-id-2"],
            },
            s3: {
              s3SchemaVersion: "1.0",
              configurationId: "arrivals",
              bucket: {
                name: BUCKET,
                ownerIdentity: { principalId: expect.any(String) },
                arn: `arn:aws:s3:::${BUCKET}`,
              },
              object: { key: ".in/a+b", size: 4, eTag: md5_of("four"), sequencer: expect.any(String) },
            },
          },
        ],
      },
    ]);
  });

  it("is told of however it has come to be", async () => {
    const { s3, events } = await start_told();
    const object = { Bucket: BUCKET, Key: ".in/a" };
    await s3.client.send(new PutObjectCommand({ ...object, Body: "put" }));
    await s3.client.send(
      new CopyObjectCommand({ Bucket: BUCKET, Key: ".in/copy", CopySource: `${BUCKET}/.in/a` }),
    );
    const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand(object));
    const part = { ...object, UploadId, PartNumber: 1 };
    const { ETag } = await s3.client.send(new UploadPartCommand({ ...part, Body: "parts" }));
    const { ETag: whole } = await s3.client.send(
      new CompleteMultipartUploadCommand({
        ...object,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
      }),
    );
    const told = events().map(({ eventName, s3: { object } }) => [
      eventName,
      object.key,
      object.size,
      object.eTag,
    ]);
    expect(told).toEqual([
      ["ObjectCreated:Put", ".in/a", 3, md5_of("put")],
      ["ObjectCreated:Copy", ".in/copy", 3, md5_of("put")],
      ["ObjectCreated:CompleteMultipartUpload", ".in/a", 5, whole?.replaceAll('"', "")],
    ]);
    const sequencers = events().map(({ s3: { object } }) => object.sequencer);
    expect(sequencers.toSorted()).toEqual(sequencers);
    expect(new Set(sequencers).size).toBe(3);
  });

  it("is not told of when it is deleted, or was not written", async () => {
    const { s3, messages } = await start_told();
    const object = { Bucket: BUCKET, Key: ".in/a" };
    await s3.client.send(new PutObjectCommand({ ...object, Body: "first" }));
    const again = new PutObjectCommand({ ...object, Body: "second", IfNoneMatch: "*" });
    await expect(s3.client.send(again)).rejects.toHaveProperty("name", "PreconditionFailed");
    await s3.client.send(new DeleteObjectCommand(object));
    expect(messages).toHaveLength(1);
  });

  it("is not written when its message is not taken", async () => {
    const send = (body: string) => {
      if (!body.includes("s3:TestEvent")) throw new Error("The queue is full.");
    };
    const s3 = await start_strict_s3({ notifications: [{ id: "full", bucket: BUCKET, prefix: "", send }] });
    running.push(s3);
    expect((await s3.send({ method: "PUT", path: `/${BUCKET}/a`, body: "a" })).status).toBe(500);
    expect((await s3.send({ method: "GET", path: `/${BUCKET}/a` })).status).toBe(404);
    expect(s3.blobs()).toEqual([]);
  });
});

describe("an object elsewhere", () => {
  it("is not told of", async () => {
    const { s3, messages } = await start_told();
    for (const Key of ["in/a", ".inside", ".in", "x/.in/a"]) {
      await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "a" }));
    }
    expect(messages).toEqual([]);
  });

  it("is told of to whoever has asked for its prefix", async () => {
    const others: string[] = [];
    const other = { id: "other", bucket: BUCKET, prefix: ".out/", send: (body: string) => others.push(body) };
    const { s3, messages } = await start_told([other]);
    others.length = 0;
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: ".out/a", Body: "a" }));
    expect(messages).toEqual([]);
    expect(others).toHaveLength(1);
    expect(JSON.parse(others[0] ?? "")).toMatchObject({ Records: [{ s3: { configurationId: "other" } }] });
  });
});

describe("the key of an event", () => {
  it.each([
    [".quarantine/a b/c", ".quarantine/a+b/c"],
    ["a+b", "a%2Bb"],
    ["a%20b", "a%2520b"],
    ["a=b&c", "a%3Db%26c"],
    ["ü/日本.jpg", "%C3%BC/%E6%97%A5%E6%9C%AC.jpg"],
    ["a//b/", "a//b/"],
    ["(1)'!~*", "%281%29%27%21%7E*"],
  ])("%s is %s", (key, encoded) => {
    expect(event_key(key)).toBe(encoded);
    expect(decodeURIComponent(encoded.replaceAll("+", " "))).toBe(key);
  });
});

describe("the test event", () => {
  it("is sent once for each notification that is configured", async () => {
    const messages: string[] = [];
    const notification = { id: "arrivals", bucket: BUCKET, prefix: ".in/" };
    const s3 = await start_strict_s3({
      notifications: [{ ...notification, send: (body) => messages.push(body) }],
    });
    running.push(s3);
    await s3.restart();
    expect(messages.map((message) => JSON.parse(message))).toEqual([
      {
        Service: "Amazon S3",
        Event: "s3:TestEvent",
        Time: expect.any(String),
        Bucket: BUCKET,
        RequestId: expect.any(String),
        HostId: expect.any(String),
      },
    ]);
  });
});
