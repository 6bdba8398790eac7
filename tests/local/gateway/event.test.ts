import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { make_toys } from "../lambda/toy_function.ts";
import { make_gateways, raw, returning } from "./toy_gateway.ts";

const gateways = make_gateways();
const toys = make_toys();
afterAll(async () => {
  await gateways.close();
  await toys.remove();
});

const answered_event = z.looseObject({
  headers: z.record(z.string(), z.string()),
  requestContext: z.looseObject({}),
});

/** A gateway whose one function answers with the event that it was given. */
async function echo_gateway() {
  return gateways.start({
    "POST /echo": { invoke: returning((event) => event), authorized: true },
    "POST /open": returning((event) => event),
  });
}

async function event_of(response: Promise<Response>) {
  return answered_event.parse(await (await response).json());
}

describe("the event of payload format 2.0", () => {
  it("has every field of the format, through a real function", async () => {
    const echo = toys.create("echo", "exports.handler = async (event) => event;");
    const gateway = await gateways.start({ "POST /echo": { invoke: echo.invoke, authorized: true } });
    const response = await fetch(`${gateway.url}/echo?a=1&b=%C3%BC&a=2`, {
      method: "POST",
      headers: {
        JWT: "token",
        "Content-Type": "application/json",
        Cookie: "x=1; y=2",
        "User-Agent": "tests",
      },
      body: '{"kept":"as text"}',
    });
    const event = await response.json();

    expect(event).toEqual({
      version: "2.0",
      routeKey: "POST /echo",
      rawPath: "/echo",
      rawQueryString: "a=1&b=%C3%BC&a=2",
      cookies: ["x=1", "y=2"],
      headers: expect.objectContaining({
        "content-length": "18",
        "content-type": "application/json",
        host: `127.0.0.1:${gateway.port}`,
        jwt: "token",
        "user-agent": "tests",
        "x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-port": String(gateway.port),
        "x-forwarded-proto": "http",
      }),
      queryStringParameters: { a: "1,2", b: "ü" },
      requestContext: {
        accountId: "000000000000",
        apiId: "local",
        authorizer: { lambda: { username: "ada" } },
        domainName: "127.0.0.1",
        domainPrefix: "127",
        http: {
          method: "POST",
          path: "/echo",
          protocol: "HTTP/1.1",
          sourceIp: "127.0.0.1",
          userAgent: "tests",
        },
        requestId: response.headers.get("apigw-requestid"),
        routeKey: "POST /echo",
        stage: "$default",
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        timeEpoch: expect.any(Number),
      },
      body: '{"kept":"as text"}',
      isBase64Encoded: false,
    });
  });

  it("leaves out what is not there: body, cookies, query, authorizer", async () => {
    const gateway = await echo_gateway();
    const event = await event_of(fetch(`${gateway.url}/open`, { method: "POST" }));
    expect(Object.keys(event).toSorted()).toEqual([
      "headers",
      "isBase64Encoded",
      "rawPath",
      "rawQueryString",
      "requestContext",
      "routeKey",
      "version",
    ]);
    expect(event).toMatchObject({ isBase64Encoded: false, rawQueryString: "" });
    expect(event.requestContext).not.toHaveProperty("authorizer");
  });

  it("has lower-case header names, joins repeated ones, and drops those of the hop", async () => {
    const gateway = await echo_gateway();
    const answer = await raw(
      gateway.port,
      [
        "POST /open HTTP/1.1",
        "Host: api.example.com:3000",
        "X-MiXeD: one",
        "x-mixed: two",
        "Content-Type: text/plain",
        "Content-Type: text/html",
        "__proto__: own",
        "X-Forwarded-For: 10.0.0.1",
        "Cookie: a=1",
        "X-Hop: 1",
        "TE: trailers",
        "Transfer-Encoding: chunked",
        "Connection: close, X-Hop",
        "",
        "2",
        "hi",
        "0",
        "",
        "",
      ].join("\r\n"),
    );
    const event: unknown = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n")));
    const { headers, requestContext, ...rest } = answered_event.parse(event);
    expect(rest).toMatchObject({ body: "hi", cookies: ["a=1"] });
    // Read from the text, since zod leaves this name out of what it parses.
    expect(answer).toContain('"__proto__":"own"');
    expect(Object.entries(headers)).toEqual([
      ["host", "api.example.com:3000"],
      ["x-mixed", "one,two"],
      ["content-type", "text/plain,text/html"],
      ["x-forwarded-for", "10.0.0.1, 127.0.0.1"],
      ["content-length", "2"],
      ["x-forwarded-port", String(gateway.port)],
      ["x-forwarded-proto", "http"],
      ["x-amzn-trace-id", expect.any(String)],
    ]);
    expect(requestContext).toMatchObject({ domainName: "api.example.com", domainPrefix: "api" });
  });
});

describe("the body", () => {
  const bytes = Buffer.from("grüße");

  it.each([
    "application/json",
    "Application/JSON; charset=utf-8",
    "application/javascript",
    "application/xml",
    "text/plain",
    "text/x-anything",
  ])("of %s is text", async (type) => {
    const gateway = await echo_gateway();
    const request = fetch(`${gateway.url}/open`, {
      method: "POST",
      headers: { "content-type": type },
      body: bytes,
    });
    expect(await event_of(request)).toMatchObject({ body: "grüße", isBase64Encoded: false });
  });

  it.each([
    "application/x-www-form-urlencoded",
    "application/problem+json",
    "application/zip",
    "image/svg+xml",
    "multipart/form-data; boundary=x",
    "",
  ])("of '%s' is base64", async (type) => {
    const gateway = await echo_gateway();
    const headers = new Headers(type === "" ? {} : { "content-type": type });
    const event = await event_of(fetch(`${gateway.url}/open`, { method: "POST", headers, body: bytes }));
    expect(event).toMatchObject({ body: bytes.toString("base64"), isBase64Encoded: true });
  });

  it("keeps every byte value", async () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const gateway = await echo_gateway();
    const headers = { "content-type": "application/octet-stream" };
    const event = await event_of(fetch(`${gateway.url}/open`, { method: "POST", headers, body: every }));
    expect(event).toMatchObject({ body: every.toString("base64"), isBase64Encoded: true });
  });
});

describe("the event of the authorizer", () => {
  it("is the REQUEST format 2.0, without the body", async () => {
    const events: unknown[] = [];
    const gateway = await gateways.start(
      { "POST /echo": { invoke: returning(() => "ok"), authorized: true } },
      {
        authorizer: returning((event) => {
          events.push(event);
          return { isAuthorized: true };
        }),
      },
    );
    await fetch(`${gateway.url}/echo?q=1`, { method: "POST", headers: { jwt: "token" }, body: "secret" });
    expect(events).toEqual([
      {
        version: "2.0",
        type: "REQUEST",
        routeArn: "arn:aws:execute-api:eu-central-1:000000000000:local/$default/POST/echo",
        identitySource: ["token"],
        routeKey: "POST /echo",
        rawPath: "/echo",
        rawQueryString: "q=1",
        headers: expect.objectContaining({ jwt: "token" }),
        queryStringParameters: { q: "1" },
        requestContext: expect.objectContaining({ routeKey: "POST /echo", stage: "$default" }),
      },
    ]);
  });
});
