import { afterAll, describe, expect, it } from "vitest";
import { make_gateways, raw, returning } from "./toy_gateway.ts";

const gateways = make_gateways();
afterAll(() => gateways.close());

async function answer_to(payload: unknown, settings = {}) {
  const gateway = await gateways.start({ "POST /": returning(() => payload) }, settings);
  const response = await fetch(gateway.url, { method: "POST", redirect: "manual" });
  return { response, body: Buffer.from(await response.arrayBuffer()), log: gateway.log };
}

describe("an answer without a status code", () => {
  it.each([
    ["an object", { photos: [] }, '{"photos":[]}'],
    ["a string", "hello", "hello"],
    ["null", null, "null"],
    ["a number", 7, "7"],
    ["a list", [1, 2], "[1,2]"],
  ])("that is %s becomes the JSON body of a 200", async (_name, payload, expected) => {
    const { response, body } = await answer_to(payload);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(body.toString()).toBe(expected);
  });
});

describe("an answer with a status code", () => {
  it("passes status, headers, cookies and body", async () => {
    const { response, body } = await answer_to({
      statusCode: 201,
      headers: { "Content-Type": "application/json", "X-Number": 5, "X-True": true },
      cookies: ["a=1; HttpOnly", "b=2"],
      body: '{"ü":1}',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("x-number")).toBe("5");
    expect(response.headers.get("x-true")).toBe("true");
    expect(response.headers.getSetCookie()).toEqual(["a=1; HttpOnly", "b=2"]);
    expect(response.headers.get("content-length")).toBe("8");
    expect(body.toString()).toBe('{"ü":1}');
  });

  it("decodes base64, byte for byte", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const payload = { statusCode: 200, body: bytes.toString("base64"), isBase64Encoded: true };
    const { body } = await answer_to({ ...payload, headers: { "content-type": "image/png" } });
    expect(body.equals(bytes)).toBe(true);
  });

  it("decodes as much base64 as a function may answer", async () => {
    const bytes = Buffer.alloc(4_600_000, 7);
    const { response, body } = await answer_to({
      statusCode: 200,
      body: bytes.toString("base64"),
      isBase64Encoded: true,
    });
    expect(response.status).toBe(200);
    expect(body.equals(bytes)).toBe(true);
  });

  it("is text unless it says otherwise", async () => {
    const { response } = await answer_to({ statusCode: 200, body: "x" });
    expect(response.headers.get("content-type")).toBe("text/plain;charset=UTF-8");
  });

  it("may have no body", async () => {
    const { response, body } = await answer_to({
      statusCode: 303,
      headers: { Location: "http://127.0.0.1/x" },
    });
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe("http://127.0.0.1/x");
    expect(response.headers.get("content-length")).toBe("0");
    expect(body).toHaveLength(0);
  });

  it("does not speak for the connection, nor of another length", async () => {
    const gateway = await gateways.start({
      "POST /": returning(() => ({
        statusCode: 200,
        headers: {
          "Content-Length": "999",
          "Transfer-Encoding": "chunked",
          Connection: "close",
          "Keep-Alive": "x",
        },
        body: "four",
      })),
    });
    const answer = await raw(gateway.port, "POST / HTTP/1.1\r\nHost: h\r\n\r\n", "four");
    expect(answer).toContain("content-length: 4\r\n");
    expect(answer).toMatch(/connection: keep-alive/i);
    expect(answer).not.toMatch(/transfer-encoding/i);
    expect(answer).not.toContain("999");
  });

  it.each([
    ["a status code that is a word", { statusCode: "ok" }],
    ["a status code of 99", { statusCode: 99 }],
    ["a body that is an object", { statusCode: 200, body: { a: 1 } }],
    ["headers that are a list", { statusCode: 200, headers: ["a"] }],
    ["a header that is an object", { statusCode: 200, headers: { a: {} } }],
    ["a line break in a header", { statusCode: 200, headers: { a: "b\r\nset-cookie: c" } }],
    ["a header name with a space", { statusCode: 200, headers: { "a b": "c" } }],
    ["cookies that are a string", { statusCode: 200, cookies: "a=1" }],
    ["base64 with other characters", { statusCode: 200, body: "####", isBase64Encoded: true }],
    ["base64 cut short", { statusCode: 200, body: "QUJDR", isBase64Encoded: true }],
    ["base64 with padding inside", { statusCode: 200, body: "QQ==QQ==", isBase64Encoded: true }],
  ])("with %s is a 500, and the log says why", async (_name, payload) => {
    const { response, body, log } = await answer_to(payload);
    expect(response.status).toBe(500);
    expect(body.toString()).toBe('{"message":"Internal Server Error"}');
    expect(log).toMatchObject([{ status: 500, integrationError: expect.stringContaining("invalid") }]);
  });
});

describe("every answer", () => {
  it("has the request id that the log has", async () => {
    const { response, log } = await answer_to({ statusCode: 204 });
    expect(response.status).toBe(204);
    expect(log).toMatchObject([{ requestId: response.headers.get("apigw-requestid"), routeKey: "POST /" }]);
  });
});
