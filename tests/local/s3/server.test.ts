import { writeFileSync } from "node:fs";
import { Agent, request as http_request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AwsCall } from "../../../local/aws/call.ts";
import { type S3Options, start_s3 } from "../../../local/s3/server.ts";
import { CREDENTIALS, REGION, signer } from "../aws/signing.ts";
import { BUCKET, type RawRequest, type StrictS3, send_raw, sign_raw, start_strict_s3 } from "./strict_s3.ts";

let s3: StrictS3;
beforeAll(async () => {
  s3 = await start_strict_s3();
  await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: "there", Body: "there" }));
});
afterAll(() => s3.close());

const options = (port: number, data_dir: string): S3Options => ({
  port,
  data_dir,
  region: REGION,
  credentials: [CREDENTIALS],
  buckets: [BUCKET],
});

describe("starting", () => {
  it("rejects when the port is taken", async () => {
    await expect(start_s3(options(s3.port, join(s3.data_dir, "other")))).rejects.toHaveProperty(
      "code",
      "EADDRINUSE",
    );
  });

  it("rejects when another server has the folder open, whose files stay as they are", async () => {
    await expect(start_s3(options(0, s3.data_dir))).rejects.toThrow("Another server has");
    expect(await s3.send({ method: "GET", path: `/${BUCKET}/there` })).toMatchObject({ text: "there" });
  });

  it("finds everything again, and removes what a crash left behind", async () => {
    writeFileSync(join(s3.data_dir, "blobs", "left-over"), "half an object");
    const files = s3.blobs().filter((name) => name !== "left-over");
    await s3.restart();
    expect(s3.blobs()).toEqual(files);
    expect(await s3.send({ method: "GET", path: `/${BUCKET}/there` })).toMatchObject({ text: "there" });
  });

  it("rejects a bucket with a name that none can have", async () => {
    const wrong = { ...options(0, join(s3.data_dir, "wrong")), buckets: ["No"] };
    await expect(start_s3(wrong)).rejects.toHaveProperty("code", "InvalidBucketName");
  });
});

describe("closing", () => {
  it("cuts connections at rest and uploads under way, and leaves nothing half-written", async () => {
    const other = await start_strict_s3();
    const idle = connect(other.port, "127.0.0.1");
    const signed = await sign_raw(other.port, {
      method: "PUT",
      path: `/${BUCKET}/half`,
      payload: "UNSIGNED-PAYLOAD",
    });
    const headers = { ...signed.headers, "content-length": "1000", expect: "100-continue" };
    const upload = http_request({ port: other.port, method: "PUT", path: signed.path, headers });
    const cut = new Promise((resolve) => upload.once("error", resolve));
    await new Promise((resolve) => upload.once("continue", resolve));
    upload.write("half");
    await expect.poll(() => other.blobs().length).toBe(1);
    const ended = new Promise((resolve) => idle.once("close", resolve));
    await other.restart();
    await Promise.all([cut, ended]);
    expect(other.blobs()).toEqual([]);
    await other.close();
  });
});

describe("authentication", () => {
  it("is needed for everything", async () => {
    for (const method of ["GET", "HEAD", "PUT", "POST", "DELETE"]) {
      const answer = await s3.send({ method, path: `/${BUCKET}/there`, signed: false });
      expect(answer).toMatchObject({ status: 403, code: method === "HEAD" ? undefined : "AccessDenied" });
    }
  });

  it.each<[string, Parameters<typeof signer>[0], string]>([
    ["another key", { key_id: "nobody" }, "InvalidAccessKeyId"],
    ["another secret", { secret: "wrong" }, "SignatureDoesNotMatch"],
    ["another region", { region: "us-east-1" }, "AuthorizationHeaderMalformed"],
    ["another service", { service: "sqs" }, "AuthorizationHeaderMalformed"],
  ])("with %s is refused", async (_, signer_options, code) => {
    const target = { method: "GET", path: `/${BUCKET}/there` };
    const { headers } = await signer(signer_options).sign({
      ...target,
      protocol: "http:",
      hostname: "127.0.0.1",
      headers: { host: `127.0.0.1:${s3.port}`, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    });
    expect(await send_raw(s3.port, { ...target, headers })).toMatchObject({ code });
  });

  it.each<[string, (request: RawRequest) => RawRequest, string]>([
    [
      "a header of Amazon's that is not signed",
      (request) => ({ ...request, headers: { ...request.headers, "x-amz-meta-a": "b" } }),
      "AccessDenied",
    ],
    ["another path", (request) => ({ ...request, path: `/${BUCKET}/other` }), "SignatureDoesNotMatch"],
    ["a parameter more", (request) => ({ ...request, query: { "list-type": "2" } }), "SignatureDoesNotMatch"],
    [
      "a signature in the query too",
      (request) => ({ ...request, query: { "X-Amz-Algorithm": "AWS4-HMAC-SHA256" } }),
      "InvalidArgument",
    ],
  ])("does not hold for %s", async (_, change, code) => {
    const signed = await sign_raw(s3.port, { method: "GET", path: `/${BUCKET}/there` });
    expect(await send_raw(s3.port, change(signed))).toMatchObject({ code });
  });

  it.each<[Record<string, string>, string]>([
    [{ "x-amz-security-token": "token" }, "InvalidToken"],
    [{ "x-amz-content-sha256": "" }, "InvalidArgument"],
  ])("with %o is refused", async (headers, code) => {
    expect(await s3.send({ method: "PUT", path: `/${BUCKET}/x`, headers, body: "x" })).toMatchObject({
      code,
    });
  });

  it("of the second version is refused", async () => {
    const path = `/${BUCKET}/there`;
    const headers = { authorization: "AWS local:c2lnbmF0dXJl" };
    const query = { AWSAccessKeyId: "local", Signature: "x", Expires: "1" };
    for (const request of [{ headers }, { query }]) {
      expect(await s3.send({ method: "GET", path, signed: false, ...request })).toMatchObject({
        status: 400,
        code: "InvalidRequest",
      });
    }
  });
});

describe("what is not honoured is refused", () => {
  it.each<[string, string, Record<string, string>]>([
    ["GET", `/${BUCKET}/there`, { partNumber: "1" }],
    ["GET", `/${BUCKET}/there`, { acl: "" }],
    ["GET", `/${BUCKET}/there`, { attributes: "" }],
    ["GET", `/${BUCKET}/there`, { anything: "" }],
    ["PUT", `/${BUCKET}/there`, { tagging: "" }],
    ["POST", `/${BUCKET}/there`, { select: "", "select-type": "2" }],
    ["POST", `/${BUCKET}/there`, { restore: "" }],
    ["GET", `/${BUCKET}`, { versions: "", delimiter: "/" }],
    ["PUT", `/${BUCKET}`, { policy: "" }],
    ["PUT", `/${BUCKET}`, { cors: "" }],
    ["DELETE", `/${BUCKET}`, { lifecycle: "" }],
  ])("%s %s %o", async (method, path, query) => {
    expect(await s3.send({ method, path, query })).toMatchObject({ status: 501, code: "NotImplemented" });
  });

  it.each<Record<string, string>>([
    { "x-amz-acl": "public-read" },
    { "x-amz-grant-read": "id=x" },
    { "x-amz-storage-class": "GLACIER" },
    { "x-amz-server-side-encryption": "aws:kms" },
    { "x-amz-server-side-encryption-customer-algorithm": "AES256" },
    { "x-amz-tagging": "a=b" },
    { "x-amz-object-lock-mode": "GOVERNANCE" },
    { "x-amz-website-redirect-location": "/" },
    { "x-amz-expected-bucket-owner": "1" },
    { "x-amz-write-offset-bytes": "1" },
    { "x-amz-request-payer": "requester" },
  ])("PUT with %o", async (headers) => {
    const answer = await s3.send({ method: "PUT", path: `/${BUCKET}/not-honoured`, headers, body: "x" });
    expect(answer).toMatchObject({ status: 501, code: "NotImplemented" });
    expect(answer.text).toContain(`<Header>${Object.keys(headers)[0]}</Header>`);
    expect((await s3.send({ method: "HEAD", path: `/${BUCKET}/not-honoured` })).status).toBe(404);
  });

  it.each([
    ["POST", "/"],
    ["PATCH", `/${BUCKET}/there`],
    ["POST", `/${BUCKET}/there`],
    ["POST", `/${BUCKET}`],
  ])("%s %s is no operation", async (method, path) => {
    expect(await s3.send({ method, path })).toMatchObject({ status: 405, code: "MethodNotAllowed" });
  });
});

describe("answers", () => {
  it("have an id, and errors name the resource", async () => {
    const answer = await s3.send({ method: "GET", path: `/${BUCKET}/not%20there` });
    expect(answer.headers["x-amz-request-id"]).toMatch(/^[\dA-F]{16}$/);
    expect(answer.headers["content-type"]).toBe("application/xml");
    expect(answer.text).toContain(`<Resource>/${BUCKET}/not%20there</Resource>`);
    expect(answer.text).toContain(`<RequestId>${answer.headers["x-amz-request-id"]}</RequestId>`);
  });

  it("to another origin may be read by it", async () => {
    const headers = { origin: "http://localhost:5173" };
    const answer = await s3.send({ method: "GET", path: `/${BUCKET}/there`, headers });
    expect(answer.headers["access-control-allow-origin"]).toBe("*");
    expect(answer.headers["access-control-expose-headers"]).toContain("ETag");
    const refused = await s3.send({ method: "GET", path: `/${BUCKET}/there`, headers, signed: false });
    expect(refused).toMatchObject({ status: 403, headers: { "access-control-allow-origin": "*" } });
    expect((await s3.send({ method: "GET", path: `/${BUCKET}/there` })).headers).not.toHaveProperty(
      "access-control-allow-origin",
    );
  });

  it("to a preflight allow what is asked for", async () => {
    const preflight = (headers: Record<string, string>) =>
      s3.send({ method: "OPTIONS", path: `/${BUCKET}/there`, signed: false, headers });
    const answer = await preflight({
      origin: "http://localhost:5173",
      "access-control-request-method": "PUT",
      "access-control-request-headers": "content-type,x-amz-meta-a",
    });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "content-type,x-amz-meta-a",
    });
    expect(answer.headers["access-control-allow-methods"]).toContain("PUT");
    expect(await preflight({})).toMatchObject({ status: 400, code: "BadRequest" });
  });

  it("leave the connection fit for use, though a body was refused unread", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const statuses: (number | undefined)[] = [];
    let sockets = 0;
    for (const path of [`/${BUCKET}/x`, `/${BUCKET}/y`]) {
      const body = Buffer.alloc(2_000_000);
      const signed = await sign_raw(s3.port, {
        method: "PUT",
        path,
        headers: { "x-amz-tagging": "a" },
        body,
      });
      const headers = { ...signed.headers, "content-length": body.length };
      statuses.push(
        await new Promise((resolve, reject) => {
          const outgoing = http_request(
            { port: s3.port, method: "PUT", path, headers, agent },
            (incoming) => {
              incoming.resume().once("end", () => resolve(incoming.statusCode));
            },
          );
          outgoing.once("socket", (socket) => socket.once("connect", () => sockets++));
          outgoing.once("error", reject);
          outgoing.end(body);
        }),
      );
    }
    agent.destroy();
    expect(statuses).toEqual([501, 501]);
    expect(sockets).toBe(1);
  });

  it("the log has method, path, status and code, and no secret", async () => {
    await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: "there" }));
    await s3.send({ method: "GET", path: `/${BUCKET}/logged`, signed: false });
    expect(s3.log).toContain(`GET /${BUCKET}/logged 403 AccessDenied`);
    expect(s3.log.join("\n")).not.toMatch(/local-secret|Signature=|Credential=|X-Amz-/);
  });
});

describe("the calls that it tells of", () => {
  const start_told = async () => {
    const calls: AwsCall[] = [];
    const told = await start_strict_s3({
      client: { userAgentAppId: "an-app" },
      credentials: [CREDENTIALS, { ...CREDENTIALS, accessKeyId: "other" }],
      on_call: (call) => calls.push(call),
    });
    return { ...told, calls };
  };

  it("are those with a signature, by signer and operation, with what a policy can ask about", async () => {
    const { url, client, calls, close } = await start_told();
    const object = { Bucket: BUCKET, Key: "ann/a b.jpg" };
    await client.send(new PutObjectCommand({ ...object, Body: "a", IfNoneMatch: "*" }));
    await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: "ann/", MaxKeys: 3 }));
    await client.send(new DeleteObjectCommand({ ...object, IfMatch: "*" }));
    await expect(client.send(new GetObjectCommand(object))).rejects.toThrow();
    await fetch(`${url}/${BUCKET}`);
    const common = {
      service: "s3",
      access_key_id: CREDENTIALS.accessKeyId,
      app_id: "an-app",
      bucket: BUCKET,
      presigned: false,
    };
    const key = object.Key;
    expect(calls).toEqual([
      { ...common, operation: "PutObject", key, conditions: { "if-none-match": "*" }, status: 200 },
      {
        ...common,
        operation: "ListObjectsV2",
        key: "",
        conditions: { prefix: "ann/", "max-keys": "3" },
        status: 200,
      },
      { ...common, operation: "DeleteObject", key, conditions: { "if-match": "*" }, status: 204 },
      { ...common, operation: "GetObject", key, conditions: {}, status: 404 },
    ]);
    await close();
  });

  it("are those of a signed URL too, whoever has used it", async () => {
    const { url, calls, close } = await start_told();
    const credentials = { ...CREDENTIALS, accessKeyId: "other" };
    const signing = new S3Client({ endpoint: url, region: REGION, credentials });
    const signed = await getSignedUrl(signing, new GetObjectCommand({ Bucket: BUCKET, Key: "a" }));
    await fetch(signed);
    await fetch(signed.replace("a?", "b?"));
    expect(calls).toMatchObject([
      { operation: "GetObject", key: "a", access_key_id: "other", presigned: true, status: 404 },
    ]);
    signing.destroy();
    await close();
  });
});
