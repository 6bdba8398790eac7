import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUCKET, type StrictS3, start_strict_s3 } from "./strict_s3.ts";

const SOURCE = "from/é +%.txt";
const COPY_SOURCE = `${BUCKET}/${encodeURIComponent(SOURCE)}`;

let s3: StrictS3;
let etag: string;
beforeAll(async () => {
  s3 = await start_strict_s3();
  const { ETag = "" } = await s3.client.send(
    new PutObjectCommand({
      Bucket: BUCKET,
      Key: SOURCE,
      Body: "123456789",
      ContentType: "text/plain",
      Metadata: { a: "b" },
    }),
  );
  etag = ETag;
});
afterAll(() => s3.close());

const copy = (Key: string, input: Partial<CopyObjectCommandInput> = {}) =>
  s3.client.send(new CopyObjectCommand({ Bucket: BUCKET, Key, CopySource: COPY_SOURCE, ...input }));

describe("CopyObject", () => {
  it("copies bytes, headers, metadata and the kind of checksum", async () => {
    const { CopyObjectResult } = await copy("to");
    expect(CopyObjectResult).toMatchObject({ ETag: etag, ChecksumCRC32: "y/Q5Jg==" });
    const object = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: "to" }));
    expect(object).toMatchObject({ ContentType: "text/plain", Metadata: { a: "b" } });
    expect(await object.Body?.transformToString()).toBe("123456789");
  });

  it("replaces headers and metadata, and may then be onto itself", async () => {
    await copy("self");
    await copy("self", {
      CopySource: `${BUCKET}/self`,
      MetadataDirective: "REPLACE",
      ContentType: "image/png",
      ChecksumAlgorithm: "SHA256",
    });
    const head = await s3.client.send(
      new HeadObjectCommand({ Bucket: BUCKET, Key: "self", ChecksumMode: "ENABLED" }),
    );
    expect(head).toMatchObject({
      ContentType: "image/png",
      Metadata: {},
      ChecksumSHA256: "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
    });
    await expect(copy("self", { CopySource: `${BUCKET}/self` })).rejects.toHaveProperty(
      "name",
      "InvalidRequest",
    );
  });

  it.each<[Partial<CopyObjectCommandInput>, string]>([
    [{ IfNoneMatch: "*" }, "PreconditionFailed"],
    [{ IfMatch: '"other"' }, "PreconditionFailed"],
    [{ CopySourceIfMatch: '"other"' }, "PreconditionFailed"],
    [{ CopySourceIfNoneMatch: "*" }, "PreconditionFailed"],
    [{ CopySourceIfUnmodifiedSince: new Date(0) }, "PreconditionFailed"],
    [{ CopySourceIfModifiedSince: new Date("2099-01-01") }, "PreconditionFailed"],
    [{ CopySource: `${BUCKET}/missing` }, "NoSuchKey"],
    [{ CopySource: "no-such-bucket/x" }, "NoSuchBucket"],
    [{ CopySource: "nothing" }, "InvalidArgument"],
    [{ CopySource: `${COPY_SOURCE}?versionId=1` }, "InvalidArgument"],
    [{ CopySource: `${COPY_SOURCE}?versionId=${"x".repeat(32)}` }, "NoSuchVersion"],
    [{ CopySource: `${COPY_SOURCE}?version=1` }, "NotImplemented"],
    [{ Tagging: "a=b" }, "NotImplemented"],
    [{ ACL: "public-read" }, "NotImplemented"],
    [{ StorageClass: "GLACIER" }, "NotImplemented"],
  ])("%o is refused with %s", async (input, name) => {
    await copy("there");
    await expect(copy("there", input)).rejects.toHaveProperty("name", name);
  });

  it.each<Partial<CopyObjectCommandInput>>([
    { CopySource: `/${COPY_SOURCE}` },
    { CopySource: encodeURIComponent(`${BUCKET}/${SOURCE}`) },
    { CopySourceIfUnmodifiedSince: new Date("2099-01-01") },
    { CopySourceIfNoneMatch: '"other"' },
    { ACL: "private", StorageClass: "STANDARD" },
  ])("%o is accepted", async (input) => {
    expect((await copy("accepted", input)).CopyObjectResult?.ETag).toBe(etag);
  });
});
