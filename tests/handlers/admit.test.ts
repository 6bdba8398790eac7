import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { afterAll, describe, expect, it } from "vitest";
import { new_upload_id, outcome_key, plan_task_key, quarantine_key } from "../../layer/upload_keys.ts";
import { new_objects } from "../../middleware/new_objects.ts";
import { declared_metadata } from "../../storage/upload_form.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { lambda_context } from "../support/http_event.ts";
import { BUCKET, client_for, function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { s3_error, scripted_server } from "../support/scripted_server.ts";

const { url, store, keys, close } = await start_photo_storage({ may_list: () => false });
Object.assign(process.env, function_environment(url));
const { admit_new, handler } = await import("../../handlers/admit.ts");

const output = quiet();
afterAll(close);

interface Sent {
  readonly user: string;
  readonly id: string;
}

interface Options {
  readonly user?: string;
  readonly kind?: "photo" | "archive";
  /** As declared. */
  readonly size?: number;
}

async function arrived(
  bytes: Uint8Array,
  { user = "ann", kind = "photo", size = bytes.byteLength }: Options = {},
): Promise<Sent> {
  const upload: Sent = { user, id: new_upload_id() };
  const declaration = { name: "my canary.jpg", kind, size, content_type: "image/jpeg" };
  const object = { Bucket: BUCKET, Key: quarantine_key(upload), Body: bytes };
  await store.s3.send(new PutObjectCommand({ ...object, Metadata: declared_metadata(declaration) }));
  return upload;
}

/** As S3 writes keys into its events. */
const event_key = (key: string): string =>
  key.split("/").map(encodeURIComponent).join("/").replaceAll("%20", "+");

const told_of = (key: string): string =>
  JSON.stringify({ Records: [{ eventName: "ObjectCreated:Post", s3: { object: { key: event_key(key) } } }] });

let messages = 0;
function message(body: string, deliveries = 1): SQSRecord {
  messages += 1;
  return {
    messageId: `message-${messages}`,
    receiptHandle: "r",
    body,
    attributes: {
      ApproximateReceiveCount: String(deliveries),
      SentTimestamp: "0",
      SenderId: "s3",
      ApproximateFirstReceiveTimestamp: "0",
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-central-1:123456789012:admissions",
    awsRegion: "eu-central-1",
  };
}

const batch = (...Records: SQSRecord[]): SQSEvent => ({ Records });

const failures = async (...records: SQSRecord[]): Promise<string[]> =>
  (await handler(batch(...records), lambda_context())).batchItemFailures.map(
    ({ itemIdentifier }) => itemIdentifier,
  );

const photos_of = async (user: string): Promise<string[]> =>
  (await keys()).filter((key) => key.startsWith(`${user}/`));

const outcome_of = async (upload: Sent): Promise<unknown> => {
  const get = new GetObjectCommand({ Bucket: BUCKET, Key: outcome_key(upload) });
  const { Body } = await store.s3.send(get);
  return JSON.parse((await Body?.transformToString()) ?? "");
};

describe("the queue of admissions", () => {
  it("publishes what nobody asks for, and records it", async () => {
    const upload = await arrived(jpeg_of(900), { user: "a%b+é" });
    expect(await failures(message(told_of(quarantine_key(upload))))).toEqual([]);
    expect(await outcome_of(upload)).toMatchObject({
      outcome: "photo",
      size: 900,
      content_type: "image/jpeg",
    });
    expect((await keys()).filter((key) => key.includes(upload.id))).toEqual([outcome_key(upload)]);
  });

  it("makes one photo of one message that comes again and again, at once and later", async () => {
    const upload = await arrived(jpeg_of(900), { user: "again" });
    const body = told_of(quarantine_key(upload));
    const at_once = Array.from({ length: 4 }, () => failures(message(body), message(body)));
    expect((await Promise.all(at_once)).flat()).toEqual([]);
    expect(await failures(message(body, 9))).toEqual([]);
    expect(await photos_of("again")).toHaveLength(1);
  });

  it("records why it refuses, and asks for the extraction of an archive", async () => {
    const text = await arrived(Buffer.from("Dear diary"), { user: "writer" });
    const zip = build_zip({ entries: [{ name: "a.jpg", data: jpeg_of(9) }] });
    const archive = await arrived(zip, { kind: "archive" });
    const bodies = [text, archive].map((upload) => message(told_of(quarantine_key(upload))));
    expect(await failures(...bodies)).toEqual([]);
    expect(await outcome_of(text)).toEqual({ outcome: "refused", reason: "not_an_image" });
    expect(await outcome_of(archive)).toEqual({ outcome: "archive" });
    expect(await keys()).toContain(plan_task_key(archive));
    expect(output().records()).toContainEqual(
      expect.objectContaining({ message: "upload admitted", outcome: "refused", reason: "not_an_image" }),
    );
  });

  it("is content where the file was cancelled meanwhile", async () => {
    expect(await failures(message(told_of(quarantine_key({ user: "gone", id: new_upload_id() }))))).toEqual(
      [],
    );
  });

  it("is content with S3's test of its setting", async () => {
    const body = JSON.stringify({ Service: "Amazon S3", Event: "s3:TestEvent", Bucket: BUCKET });
    expect(await failures(message(body))).toEqual([]);
  });

  it("reports each message that it cannot read, and does the others", async () => {
    const upload = await arrived(jpeg_of(900), { user: "between" });
    const bad = [
      "",
      "canary",
      "null",
      "[]",
      '{"Records":[{}]}',
      '{"canary":1}',
      told_of(".quarantine/canary"),
    ];
    const unread = bad.map((body) => message(body));
    const good = message(told_of(quarantine_key(upload)));
    const [first, ...rest] = unread;
    if (first === undefined) throw new Error("There is no message.");
    expect(await failures(first, good, ...rest)).toEqual(unread.map(({ messageId }) => messageId));
    expect(await photos_of("between")).toHaveLength(1);
    expect(output().text()).not.toContain("canary");
    expect(
      output()
        .text()
        .match(/message failed/g),
    ).toHaveLength(bad.length);
  });

  it("names neither user nor key nor file in its log, whatever becomes of a message", async () => {
    const upload = await arrived(jpeg_of(900), { user: "canary" });
    await failures(message(told_of(quarantine_key(upload))));
    const broken = await arrived(jpeg_of(900), { user: "canary", size: 5 });
    await failures(message(told_of(quarantine_key(broken))));
    expect(output().records().length).toBeGreaterThan(1);
    expect(output().text()).not.toContain("canary");
    for (const { id } of [upload, broken]) expect(output().text()).not.toContain(id);
  });
});

describe("while S3 fails", () => {
  it("every message comes again", async () => {
    const server = await scripted_server(() => s3_error(500, "InternalError"));
    const s3 = client_for(server.url, { maxAttempts: 1 });
    const failing = new_objects(admit_new({ s3, patient_s3: s3, bucket: BUCKET }));
    const records = [0, 1].map(() => message(told_of(quarantine_key({ user: "ann", id: new_upload_id() }))));
    const answer = await failing(batch(...records), lambda_context());
    expect(answer.batchItemFailures).toHaveLength(2);
    await server.close();
  });
});
