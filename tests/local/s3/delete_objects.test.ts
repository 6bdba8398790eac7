import { createHash } from "node:crypto";
import { DeleteObjectCommand, DeleteObjectsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUCKET, type RawAnswer, type StrictS3, start_strict_s3 } from "./strict_s3.ts";

let s3: StrictS3;
beforeAll(async () => {
  s3 = await start_strict_s3();
});
afterAll(() => s3.close());

const put = (Key: string) => s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }));

async function exists(key: string): Promise<boolean> {
  return (await s3.send({ method: "HEAD", path: `/${BUCKET}/${key}` })).status === 200;
}

describe("DeleteObject", () => {
  it("takes the bytes with it, and is a success without an object too", async () => {
    const before = s3.blobs().length;
    await put("gone");
    const deletion = new DeleteObjectCommand({ Bucket: BUCKET, Key: "gone" });
    expect((await s3.client.send(deletion)).$metadata.httpStatusCode).toBe(204);
    expect((await s3.client.send(deletion)).$metadata.httpStatusCode).toBe(204);
    expect(s3.blobs()).toHaveLength(before);
  });

  it("If-Match deletes only what it names", async () => {
    const { ETag } = await put("kept");
    const deletion = (IfMatch: string, Key = "kept") =>
      s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key, IfMatch }));
    await expect(deletion('"other"')).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    await expect(deletion("*", "missing")).rejects.toMatchObject({
      name: "NoSuchKey",
      $metadata: { httpStatusCode: 404 },
    });
    expect(await exists("kept")).toBe(true);
    await deletion(ETag ?? "");
    expect(await exists("kept")).toBe(false);
  });

  it.each<Record<string, string>>([
    { "if-none-match": "*" },
    { "x-amz-if-match-size": "1" },
    { "x-amz-bypass-governance-retention": "true" },
  ])("%o is refused, and nothing deleted", async (headers) => {
    await put("safe");
    const answer = await s3.send({ method: "DELETE", path: `/${BUCKET}/safe`, headers });
    expect(answer).toMatchObject({ status: 501, code: "NotImplemented" });
    expect(await exists("safe")).toBe(true);
  });
});

describe("DeleteObjects", () => {
  const KEYS = ["a&b", "<c>", " d ", "e\"f'", "g\r\nh", "😀", "missing"];

  it("deletes any keys, those that are not there included", async () => {
    for (const key of KEYS.slice(0, -1)) await put(key);
    const answer = await s3.client.send(
      new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: KEYS.map((Key) => ({ Key })) } }),
    );
    expect(answer.Deleted?.map(({ Key }) => Key)).toEqual(KEYS);
    expect(answer.Errors).toBeUndefined();
    for (const key of KEYS) expect(await exists(encodeURIComponent(key))).toBe(false);
  });

  it("says nothing of successes when it is to be quiet, and judges each condition", async () => {
    await put("one");
    await put("two");
    const answer = await s3.client.send(
      new DeleteObjectsCommand({
        Bucket: BUCKET,
        Delete: { Quiet: true, Objects: [{ Key: "one" }, { Key: "two", ETag: "other" }] },
      }),
    );
    expect(answer.Deleted).toBeUndefined();
    expect(answer.Errors).toMatchObject([{ Key: "two", Code: "PreconditionFailed" }]);
    expect(await exists("two")).toBe(true);
  });

  function post(body: string, headers?: Record<string, string>): Promise<RawAnswer> {
    const md5 = createHash("md5").update(body).digest("base64");
    return s3.send({
      method: "POST",
      path: `/${BUCKET}`,
      query: { delete: "" },
      headers: headers ?? { "content-md5": md5 },
      body,
    });
  }
  const document = (count: number): string =>
    `<Delete>${Array.from({ length: count }, (_, index) => `<Object><Key>${index}</Key></Object>`).join("")}</Delete>`;

  it("takes 1,000 keys and no more", async () => {
    expect((await post(document(1000))).text.match(/<Deleted>/g)).toHaveLength(1000);
    expect(await post(document(1001))).toMatchObject({ status: 400, code: "MalformedXML" });
  });

  it.each([
    "",
    "<Delete/>",
    "<Delete><Object></Object></Delete>",
    "<Delete><Object><Key></Key></Object></Delete>",
    "<Delete><Object><Key>a",
    "<Other><Object><Key>a</Key></Object></Other>",
    "<Delete><Object><Key>a&#1;</Key></Object></Delete>",
    "<Delete><Object><Key>a</Key></Object><Quiet>maybe</Quiet></Delete>",
  ])("%o is malformed", async (body) => {
    expect(await post(body)).toMatchObject({ status: 400, code: "MalformedXML" });
  });

  it("of a version is not to be had", async () => {
    const body = "<Delete><Object><Key>a</Key><VersionId>1</VersionId></Object></Delete>";
    expect(await post(body)).toMatchObject({ status: 501, code: "NotImplemented" });
  });

  it("must be secured by a checksum that holds", async () => {
    expect(await post(document(1), {})).toMatchObject({ status: 400, code: "InvalidRequest" });
    expect(await post(document(1), { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" })).toMatchObject({
      status: 400,
      code: "BadDigest",
    });
  });
});
