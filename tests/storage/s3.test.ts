import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  patient_s3_client,
  presigning_s3_client,
  s3_answer,
  s3_client,
  storage_problem,
} from "../../storage/s3.ts";

/** An error as the SDK throws it. */
const s3_error = (name: string, httpStatusCode?: number): Error =>
  Object.assign(new Error(`${name} with a key in it`), { name, $metadata: { httpStatusCode } });

describe("storage_problem", () => {
  it.each([
    [s3_error("InternalError", 500)],
    [s3_error("SlowDown", 503)],
    [s3_error("RequestTimeout", 400)],
    [s3_error("ConditionalRequestConflict", 409)],
    [s3_error("TimeoutError")],
    // A success that broke off while its body was read.
    [s3_error("Error", 200)],
    [new Error("connect ECONNREFUSED")],
  ])("%s may pass: try again", (error) => {
    const { code, statusCode, retry_after, details, cause } = storage_problem(error);
    expect({ code, statusCode, retry_after }).toEqual({
      code: "storage_unavailable",
      statusCode: 503,
      retry_after: 2,
    });
    expect(JSON.stringify(details)).not.toContain("key");
    expect(cause).toBe(error);
  });

  it.each([
    [s3_error("AccessDenied", 403)],
    [s3_error("NoSuchBucket", 404)],
    [s3_error("InvalidAccessKeyId", 403)],
  ])("%s will not pass: tell the operator", (error) => {
    const { code, statusCode, retry_after, details } = storage_problem(error);
    expect({ code, statusCode, retry_after }).toEqual({
      code: "storage_refused",
      statusCode: 502,
      retry_after: undefined,
    });
    expect(JSON.stringify(details)).not.toContain("with a key");
  });
});

describe("s3_answer", () => {
  it("is the answer, or a problem", async () => {
    expect(await s3_answer(Promise.resolve(1))).toBe(1);
    await expect(s3_answer(Promise.reject(s3_error("SlowDown", 503)))).rejects.toMatchObject({
      code: "storage_unavailable",
    });
  });
});

describe("the clients", () => {
  afterEach(() => vi.unstubAllEnvs());

  const clients = { s3_client, patient_s3_client };
  type Expectation = [string, keyof typeof clients, "WHEN_SUPPORTED" | "WHEN_REQUIRED", string | RegExp];
  it.each<Expectation>([
    ["is not hashed again where its CRC-32 is sent", "s3_client", "WHEN_SUPPORTED", "UNSIGNED-PAYLOAD"],
    [
      "is not hashed again where its CRC-32 is sent",
      "patient_s3_client",
      "WHEN_SUPPORTED",
      "UNSIGNED-PAYLOAD",
    ],
    ["is hashed where it is not", "s3_client", "WHEN_REQUIRED", /^[0-9a-f]{64}$/],
    ["is hashed where it is not", "patient_s3_client", "WHEN_REQUIRED", /^[0-9a-f]{64}$/],
  ])("a body %s (%s)", async (_, client, requestChecksumCalculation, expected) => {
    const sent: unknown[] = [];
    const s3 = clients[client]({
      region: "eu-central-1",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      requestHandler: {
        handle: async (request: { headers: Record<string, string> }) => {
          sent.push(request.headers["x-amz-content-sha256"]);
          throw new Error("not sent");
        },
      },
      maxAttempts: 1,
      requestChecksumCalculation,
    });
    const put = new PutObjectCommand({ Bucket: "yourplace", Key: "a", Body: "x" });
    await expect(s3.send(put)).rejects.toThrow("not sent");
    expect(sent).toEqual([expect.stringMatching(expected)]);
  });

  it("put no checksum into presigned URLs, and check all else", async () => {
    vi.stubEnv("AWS_REGION", "eu-central-1");
    expect(await presigning_s3_client().config.requestChecksumCalculation()).toBe("WHEN_REQUIRED");
    for (const client of [s3_client(), patient_s3_client()]) {
      expect(await client.config.requestChecksumCalculation()).toBe("WHEN_SUPPORTED");
    }
  });
});
