import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check_bucket_name } from "../../../local/s3/buckets.ts";
import { REGION } from "../aws/signing.ts";
import { BUCKET, type StrictS3, start_strict_s3 } from "./strict_s3.ts";

let s3: StrictS3;
beforeAll(async () => {
  s3 = await start_strict_s3();
});
afterAll(() => s3.close());

describe("a bucket", () => {
  it("is made, found, listed and removed", async () => {
    const Bucket = "another-bucket-1";
    await s3.client.send(new CreateBucketCommand({ Bucket }));
    const head = await s3.client.send(new HeadBucketCommand({ Bucket }));
    expect(head.BucketRegion).toBe(REGION);
    const location = await s3.client.send(new GetBucketLocationCommand({ Bucket }));
    expect(location.LocationConstraint).toBe(REGION);
    const names = async () =>
      (await s3.client.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name);
    expect(await names()).toEqual([Bucket, BUCKET]);
    await s3.client.send(new DeleteBucketCommand({ Bucket }));
    expect(await names()).toEqual([BUCKET]);
    await expect(s3.client.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    });
    await expect(s3.client.send(new DeleteBucketCommand({ Bucket }))).rejects.toHaveProperty(
      "name",
      "NoSuchBucket",
    );
  });

  it("is made once, and removed only when it is empty", async () => {
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: "x", Body: "x" }));
    await expect(s3.client.send(new CreateBucketCommand({ Bucket: BUCKET }))).rejects.toHaveProperty(
      "name",
      "BucketAlreadyOwnedByYou",
    );
    await expect(s3.client.send(new DeleteBucketCommand({ Bucket: BUCKET }))).rejects.toHaveProperty(
      "name",
      "BucketNotEmpty",
    );
  });

  it.each([
    ["", "IllegalLocationConstraintException"],
    [
      "<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>",
      "IllegalLocationConstraintException",
    ],
    [
      "<CreateBucketConfiguration><Bucket><Type>Directory</Type></Bucket></CreateBucketConfiguration>",
      "NotImplemented",
    ],
    ["<Something/>", "MalformedXML"],
  ])("is not made of %o", async (body, code) => {
    expect(await s3.send({ method: "PUT", path: "/new-bucket", body })).toMatchObject({ code });
  });

  it.each([
    "ab",
    "a".repeat(64),
    "Upper",
    "under_score",
    "-dash",
    "dash-",
    "two..dots",
    "127.0.0.1",
    "xn--a",
    "a-s3alias",
    "..",
  ])("is not called %o", (name) => {
    expect(() => check_bucket_name(name)).toThrow(expect.objectContaining({ code: "InvalidBucketName" }));
  });

  it.each(["abc", "a.b-c", "a".repeat(63), "1.2.3"])("may be called %o", (name) => {
    expect(() => check_bucket_name(name)).not.toThrow();
  });
});
