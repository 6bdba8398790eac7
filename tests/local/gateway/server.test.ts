import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { MAX_BODY_BYTES, MAX_HEADER_BYTES } from "../../../local/gateway/limits.ts";
import { start_gateway } from "../../../local/gateway/server.ts";
import type { Invoke } from "../../../local/lambda/function.ts";
import { make_toys } from "../lambda/toy_function.ts";
import { make_gateways, raw, returning } from "./toy_gateway.ts";

const gateways = make_gateways();
const toys = make_toys();
afterAll(async () => {
  await gateways.close();
  await toys.remove();
});

const curl = promisify(execFile);
const TOO_LONG = '{"message":"Request Too Long"}';

/** Answers with how many bytes of body the function was given. */
const body_length = returning((event) => {
  const { body, isBase64Encoded } = z
    .object({ body: z.string().default(""), isBase64Encoded: z.boolean() })
    .parse(event);
  return Buffer.from(body, isBase64Encoded ? "base64" : "utf8").length;
});

describe("routes", () => {
  it.each([
    ["GET", "/known"],
    ["PUT", "/known"],
    ["POST", "/known/"],
    ["POST", "/KNOWN"],
    ["POST", "/"],
    ["POST", "/known/../known2"],
    ["DELETE", "/unknown"],
  ])("do not have %s %s", async (method, url) => {
    const gateway = await gateways.start({ "POST /known": returning(() => "ok") });
    const response = await fetch(gateway.url + url, { method });
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe('{"message":"Not Found"}');
  });

  it("are found whatever the query is", async () => {
    const gateway = await gateways.start({ "POST /known": returning(() => "ok") });
    expect((await fetch(`${gateway.url}/known?a=b?c`, { method: "POST" })).status).toBe(200);
  });
});

describe("functions that fail", () => {
  it("are a 500 that tells the client nothing", async () => {
    const toy = toys.create("fails", `exports.handler = async () => { throw new Error("SECRET_CANARY"); };`);
    const gateway = await gateways.start({ "POST /": toy.invoke });
    const response = await fetch(gateway.url, { method: "POST" });
    expect(response.status).toBe(500);
    expect(await response.text()).toBe('{"message":"Internal Server Error"}');
    expect(gateway.log).toMatchObject([{ status: 500, integrationError: "The function failed: Error" }]);
  });

  it("by running out of their own time are a 500", async () => {
    const toy = toys.create("hangs", "exports.handler = () => new Promise((r) => setTimeout(r, 60000));", {
      timeout_s: 0.2,
    });
    const gateway = await gateways.start({ "POST /": toy.invoke });
    expect((await fetch(gateway.url, { method: "POST" })).status).toBe(500);
  });

  it("by taking longer than the gateway waits are a 503", async () => {
    const gateway = await gateways.start(
      { "POST /": () => new Promise(() => undefined) },
      { integration_timeout_ms: 20 },
    );
    const response = await fetch(gateway.url, { method: "POST" });
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('{"message":"Service Unavailable"}');
  });

  it("by being too busy are a 503", async () => {
    const gateway = await gateways.start({ "POST /": async () => ({ refused: "TooManyRequests" }) });
    expect((await fetch(gateway.url, { method: "POST" })).status).toBe(503);
  });

  it("by a fault of the runner itself are a 500, and the gateway goes on", async () => {
    let calls = 0;
    const broken: Invoke = async () => {
      calls += 1;
      if (calls === 1) throw new Error("broken");
      return { payload: "ok" };
    };
    const gateway = await gateways.start({ "POST /": broken });
    expect((await fetch(gateway.url, { method: "POST" })).status).toBe(500);
    expect((await fetch(gateway.url, { method: "POST" })).status).toBe(200);
  });
});

describe("the limit of 10 MB", () => {
  it("refuses by the announced length, whatever the route and without the authorizer", async () => {
    const gateway = await gateways.start({ "POST /": { invoke: body_length, authorized: true } });
    const response = await fetch(gateway.url, { method: "POST", body: Buffer.alloc(MAX_BODY_BYTES + 1) });
    expect(response.status).toBe(413);
    expect(await response.text()).toBe(TOO_LONG);
  });

  it("refuses without the body: the answer comes while the client has sent only its headers", async () => {
    const gateway = await gateways.start({ "POST /": body_length });
    const head = `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n\r\n`;
    expect(await raw(gateway.port, head, TOO_LONG)).toMatch(/^HTTP\/1.1 413 /);
  });

  it("counts a body that announces nothing", async () => {
    const gateway = await gateways.start({ "POST /": body_length });
    const chunks = Array.from({ length: 11 }, () => new Uint8Array(1024 * 1024));
    const body = ReadableStream.from(chunks);
    const response = await fetch(gateway.url, { method: "POST", body, duplex: "half" });
    expect(response.status).toBe(413);
    expect(await response.text()).toBe(TOO_LONG);
  });

  it.each([
    ["waits to be told to go on", []],
    ["sends at once", ["-H", "Expect:"]],
    ["sends in chunks", ["-H", "Transfer-Encoding: chunked", "-H", "Expect:"]],
  ])("is told to a curl that %s", async (_name, options) => {
    const gateway = await gateways.start({ "POST /": body_length });
    const dir = mkdtempSync(path.join(tmpdir(), "photo-uploader-upload-"));
    const file = path.join(dir, "large");
    writeFileSync(file, Buffer.alloc(MAX_BODY_BYTES + 1024 * 1024));
    const args = ["-sS", "-w", "%{http_code}", ...options, "--data-binary", `@${file}`, gateway.url];
    const { stdout } = await curl("curl", args);
    rmSync(dir, { recursive: true });
    expect(stdout).toBe(`${TOO_LONG}413`);
  });

  it("lets 10 MB through to Lambda's own limit, and a connection can be used again after a refusal", async () => {
    const invoke: Invoke = async () => ({ refused: "RequestTooLarge" });
    const gateway = await gateways.start({ "POST /": invoke, "POST /small": body_length });
    const response = await fetch(gateway.url, { method: "POST", body: Buffer.alloc(MAX_BODY_BYTES) });
    expect([response.status, await response.text()]).toEqual([413, TOO_LONG]);
    expect(await (await fetch(`${gateway.url}/small`, { method: "POST", body: "abc" })).text()).toBe("3");
  });
});

describe("a refusal before the body has been read", () => {
  it.each([
    ["/guarded", 401],
    ["/unknown", 404],
  ])("reaches a client that sends 9 MB to %s", async (url, status) => {
    const gateway = await gateways.start({ "POST /guarded": { invoke: body_length, authorized: true } });
    const body = Buffer.alloc(9 * 1024 * 1024);
    expect((await fetch(gateway.url + url, { method: "POST", body })).status).toBe(status);
    const from_curl = [
      "-sS",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code}",
      "-H",
      "Expect:",
      "--data-binary",
      "@-",
    ];
    const sending = execFile("curl", [...from_curl, gateway.url + url]);
    sending.stdin?.end(body);
    let printed = "";
    for await (const text of sending.stdout ?? []) printed += text;
    expect(printed).toBe(String(status));
  });
});

describe("Lambda's limit of 6 MB", () => {
  it("counts the event, where a binary body is a third longer: 4.4 MB pass, 4.8 MB do not", async () => {
    const toy = toys.create(
      "lengths",
      "exports.handler = async (event) => Buffer.from(event.body, 'base64').length;",
    );
    const gateway = await gateways.start({ "POST /": toy.invoke });
    const headers = { "content-type": "image/jpeg" };
    const passes = await fetch(gateway.url, { method: "POST", headers, body: Buffer.alloc(4_400_000) });
    expect([passes.status, await passes.text()]).toEqual([200, "4400000"]);
    const refused = await fetch(gateway.url, { method: "POST", headers, body: Buffer.alloc(4_800_000) });
    expect([refused.status, await refused.text()]).toEqual([413, TOO_LONG]);
  });
});

describe("the limit on headers", () => {
  /** A request whose request line and headers have exactly so many bytes. */
  function request_of(bytes: number): string {
    const start = "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Long: ";
    return `${start}${"x".repeat(bytes - start.length - "\r\n".length)}\r\n\r\n`;
  }

  it.each([
    [MAX_HEADER_BYTES, 200],
    [MAX_HEADER_BYTES + 1, 431],
    [200_000, 431],
  ])("answers %i bytes with %i", async (bytes, status) => {
    const gateway = await gateways.start({ "POST /": returning(() => "ok") });
    expect(await raw(gateway.port, request_of(bytes), "\r\n\r\n")).toMatch(
      new RegExp(`^HTTP/1.1 ${status} `),
    );
  });
});

describe("connections", () => {
  it("that speak something else than HTTP are told so and closed", async () => {
    const gateway = await gateways.start({ "POST /": returning(() => "ok") });
    expect(await raw(gateway.port, "HELO mail\r\n\r\n")).toMatch(
      /^HTTP\/1.1 400 .*\{"message":"Bad Request"\}$/s,
    );
  });

  it("are kept alive, also after a refusal", async () => {
    const gateway = await gateways.start({ "POST /": returning(() => "last") });
    const refused = "POST /unknown HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
    const answers = await raw(gateway.port, `${refused}POST / HTTP/1.1\r\nHost: h\r\n\r\n`, "last");
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 404", "HTTP/1.1 200"]);
  });

  it("that end in the middle of a body call no function and disturb nobody", async () => {
    let calls = 0;
    const gateway = await gateways.start({ "POST /": returning(() => ++calls) });
    const socket = await open(gateway.port, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nfirst");
    socket.destroy();
    await vi.waitFor(() => expect(gateway.log).toMatchObject([{ status: 499 }]));
    expect(await (await fetch(gateway.url, { method: "POST" })).text()).toBe("1");
  });

  it("that end while the authorizer is asked call no function", async () => {
    let calls = 0;
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const gateway = await gateways.start(
      { "POST /": { invoke: returning(() => ++calls), authorized: true } },
      {
        authorizer: async () => {
          asked.resolve();
          await answer.promise;
          return { payload: { isAuthorized: true } };
        },
      },
    );
    const socket = await open(
      gateway.port,
      "POST / HTTP/1.1\r\nHost: h\r\nJWT: t\r\nContent-Length: 9\r\n\r\n",
    );
    await asked.promise;
    socket.destroy();
    const next = await fetch(`${gateway.url}/unknown`, { method: "POST" });
    expect(next.status).toBe(404);
    answer.resolve();
    await vi.waitFor(() => expect(gateway.log.map(({ status }) => status).toSorted()).toEqual([404, 499]));
    expect(calls).toBe(0);
  });

  it("are cut by close, and the port is free", async () => {
    const gateway = await gateways.start({ "POST /": () => new Promise(() => undefined) });
    const under_way = fetch(gateway.url, { method: "POST" });
    const failed = expect(under_way).rejects.toThrow();
    await open(gateway.port, "");
    await gateway.close();
    await failed;
    const again = await gateways.start({ "POST /": returning(() => "again") }, { port: gateway.port });
    expect(await (await fetch(again.url, { method: "POST" })).text()).toBe("again");
  });
});

describe("the port", () => {
  it("that is taken is an error of the start", async () => {
    const gateway = await gateways.start({});
    await expect(gateways.start({}, { port: gateway.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("is on the loopback interface alone", async () => {
    const gateway = await gateways.start({});
    expect(gateway.url).toBe(`http://127.0.0.1:${gateway.port}`);
  });
});

describe("the access log", () => {
  it("has one line for each request, and nothing that the client sent", async () => {
    const lines: string[] = [];
    const gateway = await start_gateway({
      port: 0,
      region: "eu-central-1",
      routes: new Map([["POST /known", { invoke: returning(() => "ok"), authorized: true }]]),
      authorizer: returning(() => ({ isAuthorized: true })),
      token_header: "JWT",
      authorizer_ttl_s: 60,
      log: (line) => lines.push(line),
    });
    const headers = { JWT: "CANARY", "user-agent": "CANARY" };
    await fetch(`${gateway.url}/known?CANARY`, { method: "POST", headers, body: "CANARY" });
    await fetch(`${gateway.url}/CANARY`, { method: "POST", headers, body: "CANARY" });
    await gateway.close();
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        requestId: expect.any(String),
        routeKey: "POST /known",
        status: 200,
        responseLength: 2,
        latencyMs: expect.any(Number),
        integrationError: "-",
      },
      expect.objectContaining({ routeKey: "-", status: 404 }),
    ]);
    expect(lines.join()).not.toContain("CANARY");
  });
});

/** A socket that has sent these bytes and stays open. */
function open(port: number, bytes: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes, () => resolve(socket)));
    socket.on("error", reject);
  });
}
