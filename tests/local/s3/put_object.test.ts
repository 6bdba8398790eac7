import { createHash } from "node:crypto";
import { connect } from "node:net";
import { Readable } from "node:stream";
import {
  type ChecksumAlgorithm,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CREDENTIALS, REGION } from "../aws/signing.ts";
import { BUCKET, type RawRequest, type StrictS3, sign_raw, start_strict_s3 } from "./strict_s3.ts";

let s3: StrictS3;
beforeAll(async () => {
  s3 = await start_strict_s3();
});
afterAll(() => s3.close());

const put = (overrides: Partial<RawRequest>): Promise<Awaited<ReturnType<StrictS3["send"]>>> =>
  s3.send({ method: "PUT", path: `/${BUCKET}/raw`, body: "hello", ...overrides });

async function bytes_of(key: string): Promise<Buffer> {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function exists(key: string): Promise<boolean> {
  const { status } = await s3.send({ method: "HEAD", path: `/${BUCKET}/${key}` });
  return status === 200;
}

describe("keys", () => {
  it.each([
    "a/../b",
    "../../etc/passwd",
    "..",
    ".",
    "//x",
    "/leading",
    "trailing/",
    "%2F",
    "%252F",
    "a b+c",
    "é/😀.jpg",
    "q?x=1#y&z",
    "'()*!~,;:@$",
    "tab\there",
    "line\nbreak\r",
    "\u0001",
    "a\u0000b",
    "\u{10FFFF}\uFFEE",
    "k".repeat(1024),
  ])("%o is an ordinary key", async (key) => {
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: key }));
    expect((await bytes_of(key)).toString()).toBe(key);
    await s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }));
    await expect(bytes_of(key)).rejects.toHaveProperty("name", "NoSuchKey");
  });

  it("are at most 1,024 bytes of UTF-8", async () => {
    const answer = await put({ path: `/${BUCKET}/${"%C3%A9".repeat(513)}` });
    expect(answer).toMatchObject({ status: 400, code: "KeyTooLongError" });
  });

  it.each(["%ff", "%C3", "%", "%zz"])("%s is not UTF-8", async (raw) => {
    const answer = await put({ path: `/${BUCKET}/${raw}`, signed: false });
    expect(answer).toMatchObject({ status: 400, code: "InvalidURI" });
  });
});

describe("bodies", () => {
  it("come back byte for byte", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        const body = Buffer.from(bytes);
        await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: "any", Body: body }));
        expect((await bytes_of("any")).equals(body)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("come as a stream of the SDK's, in aws-chunked with a trailer", async () => {
    const body = Buffer.concat([Buffer.alloc(70_000, 1), Buffer.alloc(70_000, 2), Buffer.alloc(3, 3)]);
    const stream = Readable.from([body.subarray(0, 70_000), body.subarray(70_000)]);
    const answer = await s3.client.send(
      new PutObjectCommand({
        Bucket: BUCKET,
        Key: "stream",
        Body: stream,
        ContentLength: body.length,
        ContentEncoding: "gzip",
      }),
    );
    expect(answer.ETag).toBe(`"${createHash("md5").update(body).digest("hex")}"`);
    expect((await bytes_of("stream")).equals(body)).toBe(true);
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: "stream" }));
    expect(head.ContentEncoding).toBe("gzip");
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] satisfies ChecksumAlgorithm[])(
    "are checked by %s, which is stored",
    async (algorithm) => {
      const answer = await s3.client.send(
        new PutObjectCommand({
          Bucket: BUCKET,
          Key: algorithm,
          Body: "123456789",
          ChecksumAlgorithm: algorithm,
        }),
      );
      const value = answer[`Checksum${algorithm}`];
      expect(value).toMatch(/^[A-Za-z\d+/]+=*$/);
      const head = await s3.client.send(
        new HeadObjectCommand({ Bucket: BUCKET, Key: algorithm, ChecksumMode: "ENABLED" }),
      );
      expect(head).toMatchObject({ [`Checksum${algorithm}`]: value, ChecksumType: "FULL_OBJECT" });
    },
  );

  it("get a CRC-64/NVME when the client names no checksum", async () => {
    expect((await put({ body: "123456789" })).headers).toMatchObject({
      "x-amz-checksum-crc64nvme": "rosUhgp5mIg=",
      "x-amz-checksum-type": "FULL_OBJECT",
    });
  });

  it("have their default type, unless the client says another", async () => {
    await put({ path: `/${BUCKET}/untyped` });
    const head = await s3.send({ method: "HEAD", path: `/${BUCKET}/untyped` });
    expect(head.headers["content-type"]).toBe("binary/octet-stream");
  });

  it("keep their headers and metadata", async () => {
    const stored = {
      "cache-control": "no-store",
      "content-disposition": 'attachment; filename="x"',
      "content-language": "de",
      "content-type": "image/png",
      expires: "Wed, 21 Oct 2026 07:28:00 GMT",
      "x-amz-meta-file-name": "%C3%A9.png",
    };
    await put({ path: `/${BUCKET}/with-headers`, headers: stored });
    expect((await s3.send({ method: "GET", path: `/${BUCKET}/with-headers` })).headers).toMatchObject(stored);
  });
});

describe("a claim that does not hold is refused, and nothing is stored", () => {
  const crc32_of_hello = "NhCmhg==";

  it.each<[string, Partial<RawRequest>, number, string]>([
    ["the payload's SHA-256", { payload: "0".repeat(64) }, 400, "XAmzContentSHA256Mismatch"],
    ["a payload hash that is none", { payload: "hello" }, 400, "InvalidArgument"],
    ["Content-MD5", { headers: { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" } }, 400, "BadDigest"],
    ["a Content-MD5 that is none", { headers: { "content-md5": "hello" } }, 400, "InvalidDigest"],
    ["CRC-32", { headers: { "x-amz-checksum-crc32": "AAAAAA==" } }, 400, "BadDigest"],
    ["CRC-64", { headers: { "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=" } }, 400, "BadDigest"],
    ["a CRC-32 that is none", { headers: { "x-amz-checksum-crc32": "AAAA" } }, 400, "InvalidRequest"],
    [
      "two checksums",
      { headers: { "x-amz-checksum-crc32": crc32_of_hello, "x-amz-checksum-crc32c": "mnG7TA==" } },
      400,
      "InvalidRequest",
    ],
    [
      "an algorithm that is not the checksum's",
      { headers: { "x-amz-checksum-crc32": crc32_of_hello, "x-amz-sdk-checksum-algorithm": "SHA256" } },
      400,
      "InvalidRequest",
    ],
    [
      "an algorithm without a checksum",
      { headers: { "x-amz-sdk-checksum-algorithm": "CRC32" } },
      400,
      "InvalidRequest",
    ],
    ["a checksum that is unknown", { headers: { "x-amz-checksum-md5": "AAAA" } }, 501, "NotImplemented"],
    ["aws-chunked that is not", { headers: { "content-encoding": "aws-chunked" } }, 400, "InvalidRequest"],
    [
      "metadata of more than 2 KB",
      { headers: { "x-amz-meta-a": "x".repeat(2048) } },
      400,
      "MetadataTooLarge",
    ],
    [
      "more than 5 GiB",
      {
        payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        headers: { "x-amz-trailer": "x-amz-checksum-crc32", "x-amz-decoded-content-length": "5368709121" },
      },
      400,
      "EntityTooLarge",
    ],
  ])("%s", async (_, request, status, code) => {
    const before = s3.blobs().length;
    const answer = await put({ path: `/${BUCKET}/refused`, ...request });
    expect(answer).toMatchObject({ status, code });
    expect(await exists("refused")).toBe(false);
    expect(s3.blobs()).toHaveLength(before);
  });

  it.each([
    ["a trailer's checksum", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "5", "BadDigest"],
    ["a trailer that is none", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:no\r\n\r\n", "5", "InvalidRequest"],
    ["a missing trailer", "5\r\nhello\r\n0\r\n\r\n", "5", "MalformedTrailerError"],
    ["too few bytes", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "6", "IncompleteBody"],
    ["too many bytes", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "4", "IncompleteBody"],
    ["no framing", "hello", "5", "IncompleteBody"],
  ])("aws-chunked: %s", async (_, body, length, code) => {
    const before = s3.blobs().length;
    const answer = await put({
      path: `/${BUCKET}/refused`,
      body,
      payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      headers: { "x-amz-trailer": "x-amz-checksum-crc32", "x-amz-decoded-content-length": length },
    });
    expect(answer).toMatchObject({ status: 400, code });
    expect(await exists("refused")).toBe(false);
    expect(s3.blobs()).toHaveLength(before);
  });

  it("aws-chunked needs the decoded length", async () => {
    const answer = await put({
      payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      headers: { "x-amz-trailer": "x-amz-checksum-crc32" },
    });
    expect(answer).toMatchObject({ status: 411, code: "MissingContentLength" });
  });
});

describe("a body that does not come whole", () => {
  it.each([
    ["no length", { "content-length": undefined }, "411", "MissingContentLength"],
    ["a chunked transfer instead", { "transfer-encoding": "chunked" }, "501", "NotImplemented"],
  ])("%s is refused", async (_, change, status, code) => {
    const signed = await sign_raw(s3.port, { method: "PUT", path: `/${BUCKET}/lengthless`, body: "" });
    const answer = await over_a_socket({ ...signed, headers: { ...signed.headers, ...defined(change) } }, "");
    expect(answer).toContain(` ${status} `);
    expect(answer).toContain(`<Code>${code}</Code>`);
  });

  it("leaves nothing when the connection is cut", async () => {
    const before = s3.blobs().length;
    const body = Buffer.alloc(1000, 1);
    const signed = await sign_raw(s3.port, { method: "PUT", path: `/${BUCKET}/cut`, body });
    const headers = { ...signed.headers, "content-length": "1000" };
    await over_a_socket({ ...signed, headers }, body.subarray(0, 999), { end: true });
    await expect.poll(() => s3.log.some((line) => line.includes("/cut"))).toBe(true);
    expect(await exists("cut")).toBe(false);
    expect(s3.blobs()).toHaveLength(before);
  });
});

function defined(headers: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Writes a request by hand; resolves with what was answered when the server closes, or when it is cut. */
function over_a_socket(request: RawRequest, body: Buffer | string, { end = false } = {}): Promise<string> {
  const lines = Object.entries({ ...request.headers, connection: "close" }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return new Promise((resolve, reject) => {
    const socket = connect(s3.port, "127.0.0.1", () => {
      socket.write(`${request.method} ${request.path} HTTP/1.1\r\n${lines.join("")}\r\n`);
      socket.write(body, () => {
        if (end) socket.destroy();
      });
    });
    let answer = "";
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString();
    });
    socket.once("error", reject);
    socket.once("close", () => resolve(answer));
  });
}

describe("conditional writes", () => {
  const conditional = (key: string, condition: { IfNoneMatch?: string; IfMatch?: string }, body = "x") =>
    s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body, ...condition }));

  it("If-None-Match: * writes once", async () => {
    await conditional("once", { IfNoneMatch: "*" }, "first");
    await expect(conditional("once", { IfNoneMatch: "*" }, "second")).rejects.toMatchObject({
      name: "PreconditionFailed",
      $metadata: { httpStatusCode: 412 },
    });
    expect((await bytes_of("once")).toString()).toBe("first");
  });

  it("of 20 at once, exactly one wins, and nothing of the others is left", async () => {
    const before = s3.blobs().length;
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => conditional("race", { IfNoneMatch: "*" }, `${index}`)),
    );
    const won = attempts.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
    expect(won).toHaveLength(1);
    expect((await bytes_of("race")).toString()).toBe(String(won[0]));
    expect(s3.blobs()).toHaveLength(before + 1);
    for (const attempt of attempts) {
      if (attempt.status === "rejected") expect(attempt.reason).toHaveProperty("name", "PreconditionFailed");
    }
  });

  it("two whose bodies overlap: the one that ends first wins, whichever began first", async () => {
    const slow = await begin_put("overlap", { "if-none-match": "*" });
    await conditional("overlap", { IfNoneMatch: "*" }, "fast");
    expect(await slow.finish()).toContain(" 412 ");
    expect((await bytes_of("overlap")).toString()).toBe("fast");
  });

  it("a deletion meanwhile gives 409", async () => {
    const slow = await begin_put("conflict", { "if-none-match": "*" });
    await conditional("conflict", {});
    await s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "conflict" }));
    const answer = await slow.finish();
    expect(answer).toContain(" 409 ");
    expect(answer).toContain("ConditionalRequestConflict");
  });

  it("If-Match writes over the object that it names, and no other", async () => {
    const { ETag = "" } = await conditional("cas", {}, "1");
    await conditional("cas", { IfMatch: ETag }, "2");
    await expect(conditional("cas", { IfMatch: ETag }, "3")).rejects.toHaveProperty(
      "name",
      "PreconditionFailed",
    );
    await expect(conditional("nothing", { IfMatch: ETag })).rejects.toHaveProperty("name", "NoSuchKey");
    expect((await bytes_of("cas")).toString()).toBe("2");
  });

  it.each([
    { "if-none-match": '"abc"' },
    { "if-match": "*" },
    { "if-modified-since": "today" },
    { range: "x" },
  ])("%o is not one of S3's", async (headers) => {
    expect(await put({ headers })).toMatchObject({ status: 501, code: "NotImplemented" });
  });

  /** Sends all of a PUT but its last byte. */
  async function begin_put(
    key: string,
    headers: Record<string, string>,
  ): Promise<{ finish(): Promise<string> }> {
    const body = Buffer.from("slow");
    const signed = await sign_raw(s3.port, { method: "PUT", path: `/${BUCKET}/${key}`, headers, body });
    const lines = Object.entries({ ...signed.headers, "content-length": "4", expect: "100-continue" });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const socket = connect(s3.port, "127.0.0.1");
    const text: string[] = [];
    socket.on("data", (chunk: Buffer) => text.push(chunk.toString()));
    socket.write(`PUT ${signed.path} HTTP/1.1\r\n${head}\r\n`);
    // The server has judged the headers once it asks for the body.
    await expect.poll(() => text.join("")).toContain("100 Continue");
    socket.write(body.subarray(0, 3));
    return {
      finish: async () => {
        socket.write(body.subarray(3));
        await expect.poll(() => text.join("")).toMatch(/HTTP\/1\.1 [2-5]\d\d /);
        socket.destroy();
        return text.join("");
      },
    };
  }
});

describe("Expect: 100-continue", () => {
  it("is answered with the error where the headers tell, before a byte of the body", async () => {
    await put({ path: `/${BUCKET}/taken` });
    const signed = await sign_raw(s3.port, {
      method: "PUT",
      path: `/${BUCKET}/taken`,
      headers: { "if-none-match": "*" },
      payload: "UNSIGNED-PAYLOAD",
    });
    const headers = { ...signed.headers, "content-length": "1000000000", expect: "100-continue" };
    const answer = await over_a_socket({ ...signed, headers }, "");
    expect(answer).toMatch(/^HTTP\/1\.1 412 /);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  });
});

describe("presigned", () => {
  const presigning = (): S3Client =>
    new S3Client({
      endpoint: s3.url,
      region: REGION,
      credentials: CREDENTIALS,
      requestChecksumCalculation: "WHEN_REQUIRED",
    });

  it("a PUT is bound to what is signed", async () => {
    const command = new PutObjectCommand({ Bucket: BUCKET, Key: "pre signed+1", ContentType: "image/png" });
    const url = await getSignedUrl(presigning(), command, { signableHeaders: new Set(["content-type"]) });
    const wrong = await fetch(url, { method: "PUT", body: "x", headers: { "content-type": "text/html" } });
    expect(wrong.status).toBe(403);
    const right = await fetch(url, { method: "PUT", body: "x", headers: { "content-type": "image/png" } });
    expect(right.status).toBe(200);
    expect((await bytes_of("pre signed+1")).toString()).toBe("x");
    const unsigned = { "content-type": "image/png", "x-amz-meta-a": "b" };
    expect(await (await fetch(url, { method: "PUT", body: "x", headers: unsigned })).text()).toContain(
      "<HeadersNotSigned>x-amz-meta-a</HeadersNotSigned>",
    );
  });

  it("a PUT with the SDK's defaults bakes the CRC-32 of an empty body in, and takes no other", async () => {
    const url = await getSignedUrl(s3.client, new PutObjectCommand({ Bucket: BUCKET, Key: "baked" }));
    const answer = await fetch(url, { method: "PUT", body: "x" });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("<Code>BadDigest</Code>");
    expect((await fetch(url, { method: "PUT", body: "" })).status).toBe(200);
  });

  it("a GET carries headers of the answer, and holds for GET only", async () => {
    await put({ path: `/${BUCKET}/shared`, body: "shared" });
    const command = new GetObjectCommand({
      Bucket: BUCKET,
      Key: "shared",
      ResponseContentDisposition: "attachment; filename*=UTF-8''%C3%A9.png",
    });
    const url = await getSignedUrl(s3.client, command, { expiresIn: 60 });
    const answer = await fetch(url);
    expect(answer.headers.get("content-disposition")).toBe("attachment; filename*=UTF-8''%C3%A9.png");
    expect(await answer.text()).toBe("shared");
    expect((await fetch(url, { method: "DELETE" })).status).toBe(403);
    expect((await fetch(`${url}&response-content-type=text/html`)).status).toBe(403);
  });
});
