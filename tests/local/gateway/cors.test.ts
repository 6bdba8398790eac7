import { afterAll, describe, expect, it } from "vitest";
import { default_cors } from "../../../local/gateway/cors.ts";
import { make_gateways, returning } from "./toy_gateway.ts";

const gateways = make_gateways();
afterAll(() => gateways.close());

const ORIGIN = { Origin: "https://app.example.com" };
const PREFLIGHT = {
  ...ORIGIN,
  "Access-Control-Request-Method": "POST",
  "Access-Control-Request-Headers": "jwt",
};

function cors_headers(response: Response): Record<string, string> {
  return Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("access-control-")));
}

const ROUTES = {
  "POST /open": returning(() => ({
    statusCode: 200,
    headers: { "Access-Control-Allow-Origin": "mine", etag: "e" },
  })),
  "POST /guarded": { invoke: returning(() => "ok"), authorized: true },
};

describe("a preflight", () => {
  it.each(["/guarded", "/no-such-route"])("of %s is answered without the authorizer", async (path) => {
    const gateway = await gateways.start(ROUTES, {
      authorizer: () => Promise.reject(new Error("must not be asked")),
    });
    const response = await fetch(gateway.url + path, { method: "OPTIONS", headers: PREFLIGHT });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
    expect(cors_headers(response)).toEqual({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "POST,OPTIONS",
      "access-control-allow-headers": "jwt,content-type",
      "access-control-expose-headers": "ETag,Location,Content-Disposition,Retry-After",
      "access-control-max-age": "3600",
    });
  });

  it("without an Origin allows nothing", async () => {
    const gateway = await gateways.start(ROUTES);
    const response = await fetch(`${gateway.url}/open`, { method: "OPTIONS" });
    expect(response.status).toBe(204);
    expect(cors_headers(response)).toEqual({});
  });
});

describe("an answer to a request with an Origin", () => {
  const ADDED = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag,Location,Content-Disposition,Retry-After",
  };

  it("has the configured headers and not the function's own", async () => {
    const gateway = await gateways.start(ROUTES);
    const response = await fetch(`${gateway.url}/open`, { method: "POST", headers: ORIGIN });
    expect(cors_headers(response)).toEqual(ADDED);
    expect(response.headers.get("etag")).toBe("e");
  });

  it.each([
    ["/guarded", 401],
    ["/no-such-route", 404],
  ])("has them too when the gateway itself answers %s with %i", async (path, status) => {
    const gateway = await gateways.start(ROUTES);
    const response = await fetch(gateway.url + path, { method: "POST", headers: ORIGIN });
    expect(response.status).toBe(status);
    expect(cors_headers(response)).toEqual(ADDED);
  });

  it("has none when its origin is not listed, and its own when it is", async () => {
    const cors = { ...default_cors("JWT"), allow_origins: ["https://app.example.com"] };
    const gateway = await gateways.start(ROUTES, { cors });
    const listed = await fetch(`${gateway.url}/open`, { method: "POST", headers: ORIGIN });
    expect(cors_headers(listed)).toMatchObject({ "access-control-allow-origin": "https://app.example.com" });
    const other = await fetch(`${gateway.url}/open`, {
      method: "POST",
      headers: { Origin: "https://evil.example" },
    });
    expect(cors_headers(other)).toEqual({});
  });
});

describe("a request without an Origin, or an API without CORS", () => {
  it("has no CORS headers", async () => {
    const gateway = await gateways.start(ROUTES);
    expect(cors_headers(await fetch(`${gateway.url}/open`, { method: "POST" }))).toEqual({});
  });

  it("leaves a function's headers alone, and OPTIONS is no route", async () => {
    const gateway = await gateways.start(ROUTES, { cors: undefined });
    const response = await fetch(`${gateway.url}/open`, { method: "POST", headers: ORIGIN });
    expect(cors_headers(response)).toEqual({ "access-control-allow-origin": "mine" });
    expect((await fetch(`${gateway.url}/open`, { method: "OPTIONS", headers: PREFLIGHT })).status).toBe(404);
  });
});
