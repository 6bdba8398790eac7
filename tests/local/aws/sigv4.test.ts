import { createHmac } from "node:crypto";
import type { HttpRequest } from "@smithy/types";
import { describe, expect, it } from "vitest";
import {
  type Expectation,
  parse_query,
  type SignedRequest,
  uri_encode,
  verify_header,
  verify_policy,
  verify_query,
} from "../../../local/aws/sigv4.ts";
import { CREDENTIALS, REGION, signer } from "./signing.ts";

const NOW = new Date("2026-02-03T04:05:06Z");
const EXPECTATION: Expectation = { credentials: [CREDENTIALS], region: REGION, service: "s3", now: NOW };
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function http_request(overrides: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: "GET",
    protocol: "http:",
    hostname: "127.0.0.1",
    port: 9000,
    path: "/bucket/a%20b/%C3%A9%2B..//x",
    query: { prefix: "a b+c/*'", "list-type": "2", empty: "" },
    headers: {
      host: "127.0.0.1:9000",
      "x-amz-content-sha256": EMPTY_SHA256,
      "X-Amz-Meta-A": "  two  spaces ",
    },
    ...overrides,
  };
}

/** The signed request as the server would read it off the wire. */
function on_the_wire(request: HttpRequest): SignedRequest {
  return {
    method: request.method,
    path: request.path,
    query: Object.entries(request.query ?? {})
      .map(([name, value]) => `${uri_encode(name)}=${uri_encode(String(value))}`)
      .join("&"),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
  };
}

async function signed(options: Parameters<typeof signer>[0] = {}, at = NOW): Promise<SignedRequest> {
  return on_the_wire(await signer(options).sign(http_request(), { signingDate: at }));
}

async function presigned(options: { expiresIn?: number; at?: Date } = {}): Promise<SignedRequest> {
  const { expiresIn = 60, at = NOW } = options;
  // As the presigner of S3 does it: the header becomes a parameter.
  const headers = { host: "127.0.0.1:9000", "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD" };
  const request = http_request({ headers });
  return on_the_wire(await signer().presign(request, { expiresIn, signingDate: at }));
}

function seconds_later(seconds: number): Expectation {
  return { ...EXPECTATION, now: new Date(NOW.getTime() + seconds * 1000) };
}

describe("the Authorization header", () => {
  it("is accepted as AWS's signer makes it, and yields what chunk signatures go on from", async () => {
    const verified = verify_header(await signed(), EXPECTATION);
    expect(verified.scope).toBe("20260203/eu-central-1/s3/aws4_request");
    expect(verified.timestamp).toBe("20260203T040506Z");
    expect(verified.payload_hash).toBe(EMPTY_SHA256);
    expect(verified.signature).toMatch(/^[\da-f]{64}$/);
    expect(verified.signed_headers).toContain("x-amz-meta-a");
  });

  it("is of one of several signers, and says of which", async () => {
    const other = { accessKeyId: "other", secretAccessKey: "other-secret" };
    const expectation = { ...EXPECTATION, credentials: [CREDENTIALS, other] };
    const theirs = await signed({ key_id: other.accessKeyId, secret: other.secretAccessKey });
    expect(verify_header(theirs, expectation).access_key_id).toBe("other");
    expect(verify_header(await signed(), expectation).access_key_id).toBe("local");
    const mixed = await signed({ key_id: other.accessKeyId, secret: CREDENTIALS.secretAccessKey });
    expect(() => verify_header(mixed, expectation)).toThrow(
      expect.objectContaining({ code: "SignatureDoesNotMatch" }),
    );
  });

  it("signs the hash that the caller computed when the service has no x-amz-content-sha256", async () => {
    const service = "cognito-idp";
    const request = http_request({ method: "POST", path: "/", query: {}, body: "{}" });
    const headers = { host: "127.0.0.1:9229", "x-amz-target": "X.ListUsers" };
    const wire = on_the_wire(await signer({ service }).sign({ ...request, headers }, { signingDate: NOW }));
    const body_hash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    const expectation = { ...EXPECTATION, service };
    expect(verify_header(wire, expectation, body_hash).payload_hash).toBe(body_hash);
    expect(() => verify_header(wire, expectation, EMPTY_SHA256)).toThrow(
      expect.objectContaining({ code: "SignatureDoesNotMatch" }),
    );
    expect(() => verify_header(wire, expectation)).toThrow(
      expect.objectContaining({ code: "InvalidRequest" }),
    );
  });

  it.each([
    ["another method", (request: SignedRequest) => ({ ...request, method: "DELETE" })],
    ["another path", (request: SignedRequest) => ({ ...request, path: "/bucket/other" })],
    ["another parameter", (request: SignedRequest) => ({ ...request, query: `${request.query}&a=b` })],
    [
      "another header",
      (request: SignedRequest) => ({ ...request, headers: { ...request.headers, "x-amz-meta-a": "other" } }),
    ],
  ])("does not hold for %s", async (_, change) => {
    const request = change(await signed());
    expect(() => verify_header(request, EXPECTATION)).toThrow(
      expect.objectContaining({ code: "SignatureDoesNotMatch", statusCode: 403 }),
    );
  });

  it.each([
    [{ secret: "wrong" }, "SignatureDoesNotMatch", 403],
    [{ key_id: "nobody" }, "InvalidAccessKeyId", 403],
    [{ region: "us-east-1" }, "AuthorizationHeaderMalformed", 400],
    [{ service: "cognito-idp" }, "AuthorizationHeaderMalformed", 400],
  ])("of %o is refused with %s", async (options, code, statusCode) => {
    const request = await signed(options);
    expect(() => verify_header(request, EXPECTATION)).toThrow(expect.objectContaining({ code, statusCode }));
  });

  it("names the region that it should have been", async () => {
    const request = await signed({ region: "us-east-1" });
    expect(() => verify_header(request, EXPECTATION)).toThrow(
      expect.objectContaining({ details: { Region: REGION } }),
    );
  });

  it.each([-901, 901])("is refused when the clocks are %i seconds apart", async (seconds) => {
    const request = await signed();
    expect(() => verify_header(request, seconds_later(seconds))).toThrow(
      expect.objectContaining({ code: "RequestTimeTooSkewed", statusCode: 403 }),
    );
  });

  it.each([-900, 900])("is accepted when the clocks are %i seconds apart", async (seconds) => {
    const request = await signed();
    expect(verify_header(request, seconds_later(seconds)).timestamp).toBe("20260203T040506Z");
  });

  it.each([
    ["AWS local:c2lnbmF0dXJl", "InvalidRequest"],
    ["AWS4-HMAC-SHA256", "AuthorizationHeaderMalformed"],
    [
      "AWS4-HMAC-SHA256 Credential=local/20260203/eu-central-1/s3/aws4_request",
      "AuthorizationHeaderMalformed",
    ],
    ["AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=0", "AuthorizationHeaderMalformed"],
    ["Bearer abc", "InvalidRequest"],
  ])("%s is refused", async (authorization, code) => {
    const request = await signed();
    const headers = { ...request.headers, authorization };
    expect(() => verify_header({ ...request, headers }, EXPECTATION)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it("must be of the day that x-amz-date says", async () => {
    const request = await signed();
    const headers = { ...request.headers, "x-amz-date": "20260204T040506Z" };
    expect(() => verify_header({ ...request, headers }, EXPECTATION)).toThrow(
      expect.objectContaining({ code: "AuthorizationHeaderMalformed" }),
    );
  });

  it.each(["", "20260231T000000Z", "2026-02-03T04:05:06Z"])("needs a date: not %o", async (date) => {
    const request = await signed();
    const headers = { ...request.headers, "x-amz-date": date };
    expect(() => verify_header({ ...request, headers }, EXPECTATION)).toThrow(
      expect.objectContaining({ code: "AccessDenied" }),
    );
  });

  it("must cover the host", async () => {
    const request = await signed();
    const authorization = (request.headers.authorization ?? "").replace("host;", "");
    const headers = { ...request.headers, authorization };
    expect(() => verify_header({ ...request, headers }, EXPECTATION)).toThrow(
      expect.objectContaining({ code: "AccessDenied" }),
    );
  });
});

describe("a presigned URL", () => {
  it("is accepted until it expires, and not a second longer", async () => {
    const request = await presigned({ expiresIn: 60 });
    expect(verify_query(request, EXPECTATION).payload_hash).toBe("UNSIGNED-PAYLOAD");
    expect(verify_query(request, seconds_later(60)).payload_hash).toBe("UNSIGNED-PAYLOAD");
    expect(() => verify_query(request, seconds_later(61))).toThrow(
      expect.objectContaining({ code: "AccessDenied", message: "Request has expired" }),
    );
  });

  it("is not valid before its time", async () => {
    const request = await presigned();
    expect(() => verify_query(request, seconds_later(-901))).toThrow(
      expect.objectContaining({ code: "AccessDenied", message: "Request is not yet valid" }),
    );
  });

  it.each([
    ["X-Amz-Signature", "0".repeat(64), "SignatureDoesNotMatch"],
    ["X-Amz-Expires", "61", "SignatureDoesNotMatch"],
    ["X-Amz-Expires", "604801", "AuthorizationQueryParametersError"],
    ["X-Amz-Expires", "0", "AuthorizationQueryParametersError"],
    ["X-Amz-Expires", "soon", "AuthorizationQueryParametersError"],
    ["X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256", "AuthorizationQueryParametersError"],
    ["X-Amz-Date", "yesterday", "AuthorizationQueryParametersError"],
    ["X-Amz-Credential", "local", "AuthorizationQueryParametersError"],
    ["X-Amz-SignedHeaders", "", "AuthorizationQueryParametersError"],
    ["prefix", "other", "SignatureDoesNotMatch"],
  ])("with %s changed to %o is refused with %s", async (name, value, code) => {
    const request = await presigned();
    const query = parse_query(request.query)
      .map(([key, old]) => `${uri_encode(key)}=${uri_encode(key === name ? value : old)}`)
      .join("&");
    expect(() => verify_query({ ...request, query }, EXPECTATION)).toThrow(expect.objectContaining({ code }));
  });
});

describe("a POST policy", () => {
  const scope = "20260203/eu-central-1/s3/aws4_request";
  const policy = Buffer.from('{"expiration":"2026-02-03T05:00:00Z","conditions":[]}').toString("base64");
  const key = scope
    .split("/")
    .reduce<Buffer>(
      (secret, part) => createHmac("sha256", secret).update(part).digest(),
      Buffer.from(`AWS4${CREDENTIALS.secretAccessKey}`),
    );
  const form = {
    policy,
    algorithm: "AWS4-HMAC-SHA256",
    credential: `local/${scope}`,
    timestamp: "20260203T040506Z",
    signature: createHmac("sha256", key).update(policy).digest("hex"),
  };

  it("is accepted when its signature is that of its base64", () => {
    expect(() => verify_policy(form, EXPECTATION)).not.toThrow();
  });

  it.each([
    ["another policy", { policy: Buffer.from("{}").toString("base64") }, "SignatureDoesNotMatch"],
    ["another signature", { signature: "0".repeat(64) }, "SignatureDoesNotMatch"],
    ["a short signature", { signature: "0" }, "SignatureDoesNotMatch"],
    ["another key", { credential: `nobody/${scope}` }, "InvalidAccessKeyId"],
    ["another day", { timestamp: "20260204T040506Z" }, "InvalidArgument"],
    ["another algorithm", { algorithm: "AWS4-HMAC-SHA1" }, "InvalidArgument"],
  ])("with %s is refused", (_, change, code) => {
    expect(() => verify_policy({ ...form, ...change }, EXPECTATION)).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
