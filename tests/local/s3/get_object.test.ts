import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse_range } from "../../../local/s3/get_object.ts";
import { holds } from "../../support/holds.ts";
import { BUCKET, type RawAnswer, type StrictS3, start_strict_s3 } from "./strict_s3.ts";

const FAR_FUTURE = "Thu, 01 Jan 2099 00:00:00 GMT";
const PAST = "Tue, 03 Feb 2015 04:05:05 GMT";
const ETAG = '"781e5e245d69b566979b86e28d23f2c7"';

let s3: StrictS3;
beforeAll(async () => {
  s3 = await start_strict_s3();
  await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: "digits", Body: "0123456789" }));
});
afterAll(() => s3.close());

const get = (headers: Record<string, string> = {}, method = "GET"): Promise<RawAnswer> =>
  s3.send({ method, path: `/${BUCKET}/digits`, headers });

describe("ranges", () => {
  it.each([
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=3-5", "345", "bytes 3-5/10"],
    ["bytes=8-", "89", "bytes 8-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-99", "0123456789", "bytes 0-9/10"],
  ])("%s", async (range, text, content_range) => {
    const answer = await get({ range, "x-amz-checksum-mode": "ENABLED" });
    expect(answer).toMatchObject({ status: 206, text });
    expect(answer.headers).toMatchObject({
      "content-range": content_range,
      "content-length": String(text.length),
      etag: ETAG,
    });
    expect(answer.headers).not.toHaveProperty("x-amz-checksum-crc32");
    expect(await get({ range }, "HEAD")).toMatchObject({ status: 206, text: "" });
  });

  it.each(["bytes=10-", "bytes=10-20", "bytes=-0"])("%s cannot be satisfied", async (range) => {
    const answer = await get({ range });
    expect(answer).toMatchObject({ status: 416, code: "InvalidRange" });
    expect(answer.text).toContain("<ActualObjectSize>10</ActualObjectSize>");
  });

  it.each(["bytes=5-3", "bytes=0-1,3-4", "bytes=-", "lines=0-1", "bytes=a-b"])(
    "%s is passed over",
    async (range) => {
      expect(await get({ range })).toMatchObject({ status: 200, text: "0123456789" });
    },
  );

  it("apply only to the state that If-Range names", async () => {
    expect(await get({ range: "bytes=0-0", "if-range": ETAG })).toMatchObject({ status: 206 });
    expect(await get({ range: "bytes=0-0", "if-range": '"other"' })).toMatchObject({ status: 200 });
  });

  it("lie within the object, whatever they are", () => {
    holds(
      fc.property(fc.nat(20), fc.nat(20), fc.integer({ min: 1, max: 20 }), (first, last, size) => {
        fc.pre(first < size && first <= last);
        expect(parse_range(`bytes=${first}-${last}`, size)).toEqual({
          start: first,
          end: Math.min(last, size - 1),
        });
      }),
    );
  });
});

describe("conditions", () => {
  it.each<[Record<string, string>, number]>([
    [{ "if-match": ETAG }, 200],
    [{ "if-match": `"a", ${ETAG}` }, 200],
    [{ "if-match": "*" }, 200],
    [{ "if-match": '"a"' }, 412],
    [{ "if-none-match": ETAG }, 304],
    [{ "if-none-match": `W/${ETAG}` }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"a"' }, 200],
    [{ "if-modified-since": FAR_FUTURE }, 304],
    [{ "if-modified-since": PAST }, 200],
    [{ "if-modified-since": "nonsense" }, 200],
    [{ "if-unmodified-since": FAR_FUTURE }, 200],
    [{ "if-unmodified-since": PAST }, 412],
    // The table of S3's GetObject page: an entity tag outweighs a date.
    [{ "if-match": ETAG, "if-unmodified-since": PAST }, 200],
    [{ "if-none-match": ETAG, "if-modified-since": FAR_FUTURE }, 304],
    [{ "if-none-match": '"a"', "if-modified-since": FAR_FUTURE }, 200],
  ])("%o gives %i", async (headers, status) => {
    const answer = await get(headers);
    expect(answer.status).toBe(status);
    expect(answer.code).toBe(status === 412 ? "PreconditionFailed" : undefined);
    expect((await get(headers, "HEAD")).status).toBe(status);
    if (status === 304) expect(answer).toMatchObject({ text: "", headers: { etag: ETAG } });
  });
});

describe("answers", () => {
  it("have the checksum when it is asked for", async () => {
    expect((await get()).headers).not.toHaveProperty("x-amz-checksum-crc32");
    expect((await get({ "x-amz-checksum-mode": "ENABLED" })).headers).toMatchObject({
      "x-amz-checksum-crc32": "poTHxg==",
      "x-amz-checksum-type": "FULL_OBJECT",
    });
    expect(await get({ "x-amz-checksum-mode": "yes" })).toMatchObject({ status: 400 });
  });

  it("say what is not there, and HEAD says it without a body", async () => {
    const missing = { method: "GET", path: `/${BUCKET}/missing` };
    expect(await s3.send(missing)).toMatchObject({ status: 404, code: "NoSuchKey" });
    expect(await s3.send({ ...missing, method: "HEAD" })).toMatchObject({ status: 404, text: "" });
    expect(await s3.send({ method: "GET", path: "/no-such-bucket/x" })).toMatchObject({
      status: 404,
      code: "NoSuchBucket",
    });
  });

  it("go on when the object is deleted or written over meanwhile, and its bytes go after that", async () => {
    const body = Buffer.alloc(8 * 1024 ** 2, 7);
    const key = { Bucket: BUCKET, Key: "large" };
    await s3.client.send(new PutObjectCommand({ ...key, Body: body }));
    const before = s3.blobs().length;
    const first = await s3.client.send(new GetObjectCommand(key));
    const second = await s3.client.send(new GetObjectCommand(key));
    await s3.client.send(new DeleteObjectCommand(key));
    expect(Buffer.from((await first.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
    expect(Buffer.from((await second.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
    await expect.poll(() => s3.blobs().length).toBe(before - 1);
  });
});

describe("a key that is not there", () => {
  it.each(["GET", "HEAD"])("is denied to a %s of someone who may not list", async (method) => {
    const blind = await start_strict_s3({ may_list: (access_key_id) => access_key_id !== "local" });
    const missing = await blind.send({ method, path: `/${BUCKET}/missing` });
    const code = method === "HEAD" ? undefined : "AccessDenied";
    expect(missing).toMatchObject({ status: 403, code });
    await blind.send({ method: "PUT", path: `/${BUCKET}/there`, body: "there" });
    expect(await blind.send({ method, path: `/${BUCKET}/there` })).toMatchObject({ status: 200 });
    await blind.close();
  });

  it("is missing to anyone else", async () => {
    const answer = await s3.send({ method: "GET", path: `/${BUCKET}/missing` });
    expect(answer).toMatchObject({ status: 404, code: "NoSuchKey" });
  });
});
