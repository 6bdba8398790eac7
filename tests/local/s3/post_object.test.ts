import { createHmac } from "node:crypto";
import { crc32 } from "node:zlib";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AwsCall } from "../../../local/aws/call.ts";
import { CREDENTIALS, REGION } from "../aws/signing.ts";
import { BUCKET, type StrictS3, start_strict_s3 } from "./strict_s3.ts";

let s3: StrictS3;
const calls: AwsCall[] = [];
beforeAll(async () => {
  s3 = await start_strict_s3({ on_call: (call) => calls.push(call) });
});
afterAll(() => s3.close());

type Conditions = (Record<string, string> | (string | number)[])[];
type Fields = Record<string, string>;

/** The fields of a form whose policy covers them, and further conditions. */
function signed_fields(fields: Fields, conditions: Conditions = [], expires_in = 60): Fields {
  const now = new Date();
  const timestamp = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${timestamp.slice(0, 8)}/${REGION}/s3/aws4_request`;
  const signing_fields = {
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": `${CREDENTIALS.accessKeyId}/${scope}`,
    "x-amz-date": timestamp,
  };
  const policy = Buffer.from(
    JSON.stringify({
      expiration: new Date(now.getTime() + expires_in * 1000).toISOString(),
      conditions: [
        { bucket: BUCKET },
        ...Object.entries(signing_fields).map(([name, value]) => ({ [name]: value })),
        ...conditions,
      ],
    }),
  ).toString("base64");
  const key = scope
    .split("/")
    .reduce<Buffer>(
      (secret, part) => createHmac("sha256", secret).update(part).digest(),
      Buffer.from(`AWS4${CREDENTIALS.secretAccessKey}`),
    );
  const signature = createHmac("sha256", key).update(policy).digest("hex");
  return { ...fields, ...signing_fields, policy, "x-amz-signature": signature };
}

async function post(fields: Fields, file = "hello", options: { name?: string; url?: string } = {}) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob([file], { type: "text/html" }), options.name ?? "photo.png");
  const url = options.url ?? `${s3.url}/${BUCKET}`;
  const response = await fetch(url, { method: "POST", body: form, redirect: "manual" });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    code: /<Code>(.*?)<\/Code>/.exec(text)?.[1],
    message: /<Message>(.*?)<\/Message>/.exec(text)?.[1],
  };
}

async function stored(key: string) {
  const object = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return { object, text: await object.Body?.transformToString() };
}

describe("a form that abides by its policy", () => {
  it("is stored with the form's type and metadata, not with the file's", async () => {
    const fields = { key: "posted", "Content-Type": "image/png", "x-amz-meta-who": "me", acl: "private" };
    const conditions = Object.entries(fields).map(([name, value]) => ({ [name]: value }));
    const answer = await post(signed_fields(fields, [...conditions, ["content-length-range", 1, 5]]));
    expect(answer).toMatchObject({ status: 204, text: "" });
    expect(answer.headers.get("etag")).toBe('"5d41402abc4b2a76b9719d911017c592"');
    const { object, text } = await stored("posted");
    expect(text).toBe("hello");
    expect(object).toMatchObject({ ContentType: "image/png", Metadata: { who: "me" } });
  });

  it("is a call of whoever signed the policy, however it is answered", async () => {
    const fields = signed_fields({ key: "told" }, [{ key: "told" }, ["content-length-range", 1, 5]]);
    calls.length = 0;
    await post(fields);
    await post(fields, "too long");
    await post({ ...fields, "x-amz-signature": "0".repeat(64) });
    const call = { operation: "PostObject", bucket: BUCKET, key: "told", access_key_id: "local" };
    expect(calls).toMatchObject([
      { ...call, status: 204 },
      { ...call, status: 400 },
    ]);
  });

  it("names its object by the file, without a path", async () => {
    const fields = signed_fields({ key: "up/\u0024{filename}" }, [["starts-with", "$key", "up/"]]);
    expect(await post(fields, "x", { name: "C:\\a\\é $& ü.png" })).toMatchObject({ status: 204 });
    expect((await stored("up/é $& ü.png")).text).toBe("x");
  });

  it("is answered as it asks", async () => {
    const ask = (field: Fields) =>
      post(signed_fields({ key: "answered", ...field }, [{ key: "answered" }, field]));
    expect(await ask({ success_action_status: "200" })).toMatchObject({ status: 200, text: "" });
    const created = await ask({ success_action_status: "201" });
    expect(created.status).toBe(201);
    expect(created.text).toContain("<Bucket>yourplace</Bucket><Key>answered</Key>");
    expect(await ask({ success_action_status: "404" })).toMatchObject({ status: 204 });
    const redirected = await ask({ success_action_redirect: "http://example.com/done?a=1" });
    expect(redirected.status).toBe(303);
    expect(redirected.headers.get("location")).toBe(
      "http://example.com/done?a=1&bucket=yourplace&key=answered&etag=%225d41402abc4b2a76b9719d911017c592%22",
    );
  });

  it("may carry a checksum, which must hold", async () => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32("hello"));
    const sum = (value: string) => ({ "x-amz-checksum-crc32": value });
    const ask = (value: string) =>
      post(signed_fields({ key: "summed", ...sum(value) }, [{ key: "summed" }, sum(value)]));
    expect(await ask("AAAAAA==")).toMatchObject({ status: 400, code: "BadDigest" });
    expect(await ask("AAAA")).toMatchObject({ status: 400, code: "InvalidRequest" });
    await expect(stored("summed")).rejects.toHaveProperty("name", "NoSuchKey");
    expect((await ask(bytes.toString("base64"))).status).toBe(204);
  });
});

describe("a form is refused, and nothing stored,", () => {
  const KEY = { key: "refused" };
  const key_condition: Conditions = [KEY];

  it.each<[string, Fields, number, string, string?]>([
    ["without a policy", KEY, 403, "AccessDenied"],
    [
      "with a policy that has expired",
      signed_fields(KEY, key_condition, -1),
      403,
      "AccessDenied",
      "Invalid according to Policy: Policy expired.",
    ],
    [
      "with another key",
      { ...signed_fields(KEY, key_condition), key: "other" },
      403,
      "AccessDenied",
      "Invalid according to Policy: Policy Condition failed: [&quot;eq&quot;,&quot;$key&quot;,&quot;refused&quot;]",
    ],
    ["outside a prefix", signed_fields(KEY, [["starts-with", "$key", "user/"]]), 403, "AccessDenied"],
    ["with a key that nothing covers", signed_fields(KEY), 403, "AccessDenied"],
    [
      "with a field that nothing covers",
      { ...signed_fields(KEY, key_condition), "x-amz-meta-a": "b" },
      403,
      "AccessDenied",
      "Invalid according to Policy: Extra input fields: x-amz-meta-a",
    ],
    ["without a field that it must have", signed_fields(KEY, [KEY, { acl: "private" }]), 403, "AccessDenied"],
    ["for another bucket", signed_fields(KEY, [KEY, { bucket: "other" }]), 403, "AccessDenied"],
    [
      "with a type outside the condition",
      signed_fields({ ...KEY, "Content-Type": "text/html" }, [
        KEY,
        ["starts-with", "$Content-Type", "image/"],
      ]),
      403,
      "AccessDenied",
    ],
    [
      "with one type of several outside the condition",
      signed_fields({ ...KEY, "Content-Type": "image/png,text/html" }, [
        KEY,
        ["starts-with", "$Content-Type", "image/"],
      ]),
      403,
      "AccessDenied",
    ],
    [
      "when its file is too large",
      signed_fields(KEY, [KEY, ["content-length-range", 0, 4]]),
      400,
      "EntityTooLarge",
    ],
    [
      "when its file is too small",
      signed_fields(KEY, [KEY, ["content-length-range", 6, 9]]),
      400,
      "EntityTooSmall",
    ],
    [
      "with another signature",
      { ...signed_fields(KEY, key_condition), "x-amz-signature": "0" },
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "with another policy",
      { ...signed_fields(KEY, key_condition), policy: signed_fields(KEY).policy ?? "" },
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "of another user",
      { ...signed_fields(KEY, key_condition), "x-amz-credential": "nobody/x" },
      400,
      "InvalidArgument",
    ],
    ["without a key", signed_fields({}), 400, "InvalidArgument"],
    [
      "with a condition that is unknown",
      signed_fields(KEY, [KEY, ["ends-with", "$key", "x"]]),
      400,
      "InvalidPolicyDocument",
    ],
    [
      "with a condition that is malformed",
      signed_fields(KEY, [KEY, ["eq", "$key"]]),
      400,
      "InvalidPolicyDocument",
    ],
    [
      "with a public ACL",
      signed_fields({ ...KEY, acl: "public-read" }, [KEY, { acl: "public-read" }]),
      501,
      "NotImplemented",
    ],
    ["with tags", signed_fields({ ...KEY, tagging: "x" }, [KEY, { tagging: "x" }]), 501, "NotImplemented"],
    [
      "with a key of more than 1,024 bytes",
      signed_fields({ key: "k".repeat(1025) }, [["starts-with", "$key", ""]]),
      400,
      "KeyTooLongError",
    ],
  ])("%s", async (_, fields, status, code, message) => {
    const before = s3.blobs().length;
    const answer = await post(fields);
    expect(answer).toMatchObject({ status, code, ...(message ? { message } : {}) });
    await expect(stored("refused")).rejects.toHaveProperty("name", "NoSuchKey");
    expect(s3.blobs()).toHaveLength(before);
  });

  it("when it has the wrong address", async () => {
    const fields = signed_fields(KEY, key_condition);
    expect(await post(fields, "x", { url: `${s3.url}/no-such-bucket` })).toMatchObject({
      code: "AccessDenied",
    });
    expect(await post(fields, "x", { url: `${s3.url}/${BUCKET}?versionId=1` })).toMatchObject({
      code: "NotImplemented",
    });
    expect(await post(fields, "x", { url: `${s3.url}/${BUCKET}/key` })).toMatchObject({
      code: "AccessDenied",
    });
  });

  it("whatever its length is not", async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("--x--\r\n"));
        controller.close();
      },
    });
    const response = await fetch(`${s3.url}/${BUCKET}`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body,
      duplex: "half",
    });
    expect(response.status).toBe(411);
  });
});
