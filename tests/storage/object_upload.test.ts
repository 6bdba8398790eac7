import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import {
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PART_BYTES, part_bytes, upload_object } from "../../storage/object_upload.ts";
import { BUCKET, client_for, type PhotoStorage, start_photo_storage } from "../support/photo_storage.ts";

let storage: PhotoStorage;

beforeAll(async () => {
  storage = await start_photo_storage();
});

afterAll(() => storage.close());

const never = new AbortController().signal;
const uploads_left = async () =>
  (await storage.store.s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads ?? [];

describe.each([
  ["in one part", PART_BYTES - 1],
  ["in several parts", 2 * PART_BYTES + 1],
])("an upload %s", (_, size) => {
  const write = (key: string, signal = never, s3 = storage.store.s3) =>
    upload_object(
      s3,
      { Bucket: BUCKET, Key: key, Body: Readable.from([Buffer.alloc(size)]), IfNoneMatch: "*" },
      size,
      signal,
    );

  it("is there when it has ended", async () => {
    await write(`new/${size}`);
    expect(await storage.keys()).toContain(`new/${size}`);
  });

  it("is refused where the key is taken, and leaves no parts", async () => {
    await write(`taken/${size}`);
    await expect(write(`taken/${size}`)).rejects.toMatchObject({ name: "PreconditionFailed" });
    expect(await uploads_left()).toEqual([]);
  });

  it("is not begun where it has been called off before", async () => {
    await expect(write(`early/${size}`, AbortSignal.abort())).rejects.toThrow();
    expect(await storage.keys()).not.toContain(`early/${size}`);
    expect(await uploads_left()).toEqual([]);
  });

  it("leaves nothing when it is called off at any of its requests", async () => {
    for (let last = 1; last <= 5; last += 1) {
      const abort = new AbortController();
      const s3 = client_for(storage.url, { maxAttempts: 1 });
      let sent = 0;
      s3.middlewareStack.add(
        (next, { commandName }) =>
          async (args) => {
            const answer = await next(args);
            sent += 1;
            // The last request of all is what makes the object; it has been answered then.
            if (sent === last && !/^(PutObject|CompleteMultipart|Abort)/.test(String(commandName)))
              abort.abort();
            return answer;
          },
        { step: "initialize" },
      );
      const key = `off/${size}/${last}`;
      const done = await write(key, abort.signal, s3).then(
        () => true,
        () => false,
      );
      expect(done).toBe(!abort.signal.aborted);
      expect((await storage.keys()).includes(key)).toBe(done);
      expect(await uploads_left()).toEqual([]);
      s3.destroy();
    }
  });
});

it("is there when the answer to its completion was lost, and the SDK has asked again", async () => {
  const s3 = client_for(storage.url, { maxAttempts: 2 });
  let lost = false;
  s3.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const answer = await next(args);
        if (lost || commandName !== "CompleteMultipartUploadCommand") return answer;
        lost = true;
        throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET", name: "TimeoutError" });
      },
    // Within the SDK's retries.
    { step: "finalizeRequest", priority: "low" },
  );
  const Body = Readable.from([Buffer.alloc(PART_BYTES + 1)]);
  await upload_object(s3, { Bucket: BUCKET, Key: "lost", Body }, PART_BYTES + 1, never);
  expect(lost).toBe(true);
  expect(await storage.keys()).toContain("lost");
  s3.destroy();
});

it("leaves other uploads alone", async () => {
  const { s3 } = storage.store;
  await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: "other" }));
  await expect(
    upload_object(
      s3,
      { Bucket: BUCKET, Key: "x", Body: Readable.from([Buffer.alloc(PART_BYTES + 1)]) },
      PART_BYTES + 1,
      AbortSignal.abort(),
    ),
  ).rejects.toThrow();
  expect(await uploads_left()).toMatchObject([{ Key: "other" }]);
});

describe.each([
  ["whole", 6 * 1024 * 1024, (bytes: Buffer) => bytes],
  ["streamed in one part", 70_000, (bytes: Buffer) => Readable.from([bytes])],
  ["streamed in several parts", 11 * 1024 * 1024, (bytes: Buffer) => Readable.from([bytes])],
])("the checksum of an object, %s", (how, size, body_of) => {
  const bytes = Buffer.alloc(size, "photo ");
  const write = (key: string, checksum: number) => {
    const value = Buffer.alloc(4);
    value.writeUInt32BE(checksum);
    const params = {
      Bucket: BUCKET,
      Key: key,
      Body: body_of(bytes),
      ChecksumAlgorithm: "CRC32",
      ChecksumType: "FULL_OBJECT",
      ChecksumCRC32: value.toString("base64"),
    } as const;
    return upload_object(storage.store.s3, params, size, never);
  };

  it("is kept by S3 as the whole object's", async () => {
    const key = `sum/${how}`;
    await write(key, crc32(bytes));
    const get = new HeadObjectCommand({ Bucket: BUCKET, Key: key, ChecksumMode: "ENABLED" });
    const head = await storage.store.s3.send(get);
    expect(head).toMatchObject({ ContentLength: size, ChecksumType: "FULL_OBJECT" });
    expect(Buffer.from(head.ChecksumCRC32 ?? "", "base64").readUInt32BE()).toBe(crc32(bytes));
  });

  it("has S3 refuse other bytes, of which nothing is left", async () => {
    const key = `wrong/${how}`;
    await expect(write(key, (crc32(bytes) ^ 1) >>> 0)).rejects.toMatchObject({ name: "BadDigest" });
    expect(await storage.keys()).not.toContain(key);
    expect(await uploads_left()).not.toContainEqual(expect.objectContaining({ Key: key }));
  });
});

it("takes larger parts for what would have more than 10,000", () => {
  expect(part_bytes(0)).toBe(PART_BYTES);
  expect(part_bytes(10_000 * PART_BYTES)).toBe(PART_BYTES);
  expect(part_bytes(10_000 * PART_BYTES + 1)).toBe(PART_BYTES + 1);
  expect(Math.ceil((5 * 1024 ** 4) / part_bytes(5 * 1024 ** 4))).toBeLessThanOrEqual(10_000);
});
