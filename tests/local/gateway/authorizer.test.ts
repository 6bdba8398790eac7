import { afterAll, describe, expect, it } from "vitest";
import { create_authorizer } from "../../../local/gateway/authorizer.ts";
import type { Invoke } from "../../../local/lambda/function.ts";
import { make_toys } from "../lambda/toy_function.ts";
import { make_gateways, returning } from "./toy_gateway.ts";

const gateways = make_gateways();
const toys = make_toys();
afterAll(async () => {
  await gateways.close();
  await toys.remove();
});

/** Counts what the authorizer and the function behind it are asked. */
async function guarded(authorizer: Invoke, settings = {}) {
  const calls = { authorizer: 0, function: 0 };
  const counted: Invoke = (event) => {
    calls.authorizer += 1;
    return authorizer(event);
  };
  const gateway = await gateways.start(
    {
      "POST /one": { invoke: returning(() => ++calls.function), authorized: true },
      "POST /two": { invoke: returning(() => ++calls.function), authorized: true },
    },
    { authorizer: counted, ...settings },
  );
  const ask = async (headers: Record<string, string>, path = "/one") => {
    const response = await fetch(gateway.url + path, { method: "POST", headers });
    return [response.status, await response.text()];
  };
  return { calls, ask, gateway };
}

const DENY = returning(() => ({ isAuthorized: false }));
const ALLOW = returning(() => ({ isAuthorized: true }));

describe("the identity source", () => {
  it.each([
    ["missing", {}],
    ["empty", { JWT: "" }],
    ["blank", { JWT: "  " }],
    ["in another header", { Authorization: "token" }],
  ])("that is %s is a 401 that calls nothing", async (_name, headers) => {
    const { ask, calls } = await guarded(ALLOW);
    expect(await ask(headers)).toEqual([401, '{"message":"Unauthorized"}']);
    expect(calls).toEqual({ authorizer: 0, function: 0 });
  });

  it("is found whatever the case of the header's name, and may be another header", async () => {
    const { ask } = await guarded(ALLOW, { token_header: "Authorization" });
    expect(await ask({ AUTHORIZATION: "token" })).toEqual([200, "1"]);
    expect(await ask({ JWT: "token" })).toEqual([401, '{"message":"Unauthorized"}']);
  });
});

describe("a verdict", () => {
  it("that denies is a 403, and the function is not called", async () => {
    const { ask, calls } = await guarded(DENY);
    expect(await ask({ jwt: "token" })).toEqual([403, '{"message":"Forbidden"}']);
    expect(calls.function).toBe(0);
  });

  it.each([
    ["allows", ALLOW, 200],
    ["denies", DENY, 403],
  ])("that %s is kept for the same token, on every route", async (_name, authorizer, status) => {
    const { ask, calls } = await guarded(authorizer);
    expect(await ask({ jwt: "a" })).toContain(status);
    expect(await ask({ jwt: "a" }, "/two")).toContain(status);
    expect(calls.authorizer).toBe(1);
    await ask({ jwt: "b" });
    expect(calls.authorizer).toBe(2);
  });

  it("is asked for each time with a TTL of 0", async () => {
    const { ask, calls } = await guarded(ALLOW, { authorizer_ttl_s: 0 });
    await ask({ jwt: "a" });
    await ask({ jwt: "a" });
    expect(calls.authorizer).toBe(2);
  });

  it.each([
    ["an answer of another form", returning(() => ({ allowed: true }))],
    ["a word for the boolean", returning(() => ({ isAuthorized: "true" }))],
    ["no answer", returning(() => null)],
    ["a failure", async () => ({ function_error: { errorType: "Error", errorMessage: "TOKEN_CANARY" } })],
    ["a refused invocation", async () => ({ refused: "TooManyRequests" })],
    ["a thrown error", () => Promise.reject(new Error("broken"))],
  ] satisfies [string, Invoke][])("that is %s is a 500 which is not kept", async (_name, authorizer) => {
    const { ask, calls, gateway } = await guarded(authorizer);
    expect(await ask({ jwt: "a" })).toEqual([500, '{"message":"Internal Server Error"}']);
    expect(await ask({ jwt: "a" })).toEqual([500, '{"message":"Internal Server Error"}']);
    expect(calls).toEqual({ authorizer: 2, function: 0 });
    expect(JSON.stringify(gateway.log)).not.toContain("TOKEN_CANARY");
  });

  it("of a real function that throws is a 500, and works again when the function does", async () => {
    const source = `let calls = 0; exports.handler = async () => {
      calls += 1; if (calls === 1) throw new Error("no keys"); return { isAuthorized: true }; };`;
    const { ask } = await guarded(toys.create("authorizer", source).invoke);
    expect(await ask({ jwt: "a" })).toContain(500);
    expect(await ask({ jwt: "a" })).toContain(200);
  });
});

describe("the cache of verdicts", () => {
  function cached(settings: { ttl_s: number; max_cached?: number }) {
    const state = { now: 0, calls: 0 };
    const authorizer = create_authorizer({
      invoke: returning(() => ({ isAuthorized: true, context: { call: ++state.calls } })),
      token_header: "JWT",
      timeout_ms: 1000,
      now: () => state.now,
      ...settings,
    });
    const ask = (token: string) => authorizer.authorize(new Map([["jwt", token]]), () => ({}));
    return { state, ask };
  }

  it("holds a verdict for its TTL and not longer", async () => {
    const { state, ask } = cached({ ttl_s: 60 });
    const first = await ask("a");
    state.now = 59_999;
    expect(await ask("a")).toEqual(first);
    state.now = 60_000;
    expect(await ask("a")).toEqual({ allowed: true, context: { call: 2 } });
  });

  it("is bounded: the oldest verdict makes room", async () => {
    const { state, ask } = cached({ ttl_s: 60, max_cached: 2 });
    for (const token of ["a", "b", "c"]) await ask(token);
    await ask("c");
    await ask("b");
    expect(state.calls).toBe(3);
    await ask("a");
    expect(state.calls).toBe(4);
  });

  it("gives up on an authorizer that does not answer", async () => {
    const authorizer = create_authorizer({
      invoke: () => new Promise(() => undefined),
      token_header: "JWT",
      ttl_s: 60,
      timeout_ms: 5,
    });
    expect(await authorizer.authorize(new Map([["jwt", "a"]]), () => ({}))).toMatchObject({ status: 500 });
  });
});
