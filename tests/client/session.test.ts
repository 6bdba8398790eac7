/** Tokens are renewed before they expire or once they are refused, by one refresh for all, and never in circles. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  ConnectionError,
  createClient,
  memoryTokens,
  ProblemError,
  type TokenStore,
  type Tokens,
} from "../../client/index.ts";
import { rejection } from "../support/caught.ts";
import {
  type Asked,
  BASE,
  type FakeServer,
  fake_server,
  gateway,
  json,
  no_answer,
  problem,
} from "./fake_server.ts";

const NOW = Date.UTC(2026, 10, 23);
const HOUR_MS = 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const signed_in = (more: Partial<Tokens> = {}): TokenStore => {
  const store = memoryTokens();
  void store.set({
    username: "ann@example.com",
    jwt: "jwt-0",
    refreshToken: "refresh-0",
    expiresAt: NOW + HOUR_MS,
    ...more,
  });
  return store;
};

/** A pool that rotates: each refresh token is good once. Only the newest access token is taken. */
function rotating_pool(): FakeServer & { readonly refused: Asked[] } {
  let newest = 0;
  const refused: Asked[] = [];
  const server = fake_server(async (asked) => {
    await Promise.resolve();
    if (asked.path === "/refresh") {
      if (JSON.stringify(asked.body) !== JSON.stringify({ refreshToken: `refresh-${newest}` })) {
        refused.push(asked);
        return problem(401, "invalid_refresh_token");
      }
      newest += 1;
      return json({ jwt: `jwt-${newest}`, expiresIn: 3600, refreshToken: `refresh-${newest}` });
    }
    return asked.token === `jwt-${newest}` ? json({ photos: [] }) : gateway(403, "Forbidden");
  });
  return { ...server, refused };
}

const client_of = ({ fetch }: FakeServer, tokens: TokenStore) =>
  createClient({ baseUrl: BASE, tokens, fetch });

describe("an access token", () => {
  it("is used as it is while it is good for more than a minute", async () => {
    const server = rotating_pool();
    await client_of(server, signed_in({ expiresAt: NOW + 61_000 })).listPage();
    expect(server.paths()).toEqual(["/list"]);
  });

  it("is renewed before it expires, once for all calls that wait, and what comes replaces both tokens", async () => {
    const server = rotating_pool();
    const tokens = signed_in({ expiresAt: NOW + 59_000 });
    const client = client_of(server, tokens);
    await Promise.all(Array.from({ length: 20 }, () => client.listPage()));
    expect(server.paths().filter((path) => path === "/refresh")).toHaveLength(1);
    expect(server.refused).toEqual([]);
    expect(await tokens.get()).toEqual({
      username: "ann@example.com",
      jwt: "jwt-1",
      refreshToken: "refresh-1",
      expiresAt: NOW + HOUR_MS,
    });
  });

  it("that the gateway refuses is renewed, once for all calls that it was refused to", async () => {
    const server = rotating_pool();
    const client = client_of(server, signed_in({ jwt: "revoked" }));
    await Promise.all(Array.from({ length: 20 }, () => client.listPage()));
    expect(server.paths().filter((path) => path === "/refresh")).toHaveLength(1);
    expect(server.refused).toEqual([]);
  });

  it("is rotated again and again", async () => {
    const server = rotating_pool();
    const client = client_of(server, signed_in());
    for (let hour = 0; hour < 5; hour += 1) {
      await client.listPage();
      vi.setSystemTime(Date.now() + HOUR_MS);
    }
    expect(server.paths().filter((path) => path === "/refresh")).toHaveLength(4);
    expect(server.refused).toEqual([]);
  });

  it("that is refused when it is new is the caller's matter: no circle", async () => {
    const server = fake_server(({ path }) =>
      path === "/refresh"
        ? json({ jwt: "jwt-new", expiresIn: 3600, refreshToken: "refresh-0" })
        : gateway(403, "Forbidden"),
    );
    const error = await rejection(client_of(server, signed_in()).listPage(), ProblemError);
    expect(error).toMatchObject({ status: 403, code: "gateway_403", detail: "Forbidden" });
    expect(server.paths()).toEqual(["/list", "/refresh", "/list"]);
  });

  it("is not renewed for a problem of a function that has the same status", async () => {
    const server = fake_server(() => problem(401, "unauthenticated"));
    const error = await rejection(client_of(server, signed_in()).listPage(), ProblemError);
    expect(error.code).toBe("unauthenticated");
    expect(server.paths()).toEqual(["/list"]);
  });
});

describe("a refresh", () => {
  it("that is refused ends the sign-in", async () => {
    const server = fake_server(() => problem(401, "invalid_refresh_token"));
    const tokens = signed_in({ expiresAt: NOW });
    const client = client_of(server, tokens);
    expect(await rejection(client.listPage(), ProblemError)).toMatchObject({
      status: 401,
      code: "invalid_refresh_token",
    });
    expect(await tokens.get()).toBeUndefined();
    expect(await rejection(client.listPage(), ProblemError)).toMatchObject({ code: "not_signed_in" });
    expect(server.paths()).toEqual(["/refresh"]);
  });

  it("that finds no answer is tried a few times, and leaves the sign-in", async () => {
    const server = fake_server(no_answer);
    const tokens = signed_in({ expiresAt: NOW });
    const failed = rejection(client_of(server, tokens).listPage(), ConnectionError);
    await vi.runAllTimersAsync();
    await failed;
    expect(server.paths()).toEqual(["/refresh", "/refresh", "/refresh", "/refresh"]);
    expect(await tokens.get()).toMatchObject({ refreshToken: "refresh-0" });
  });

  it("of another page that shares the store, which came first, is taken over", async () => {
    const tokens = signed_in({ expiresAt: NOW });
    const others = {
      username: "ann@example.com",
      jwt: "jwt-9",
      refreshToken: "refresh-9",
      expiresAt: NOW + HOUR_MS,
    };
    const server = fake_server(async ({ path, token }) => {
      if (path === "/list") return token === "jwt-9" ? json({ photos: [] }) : gateway(403, "Forbidden");
      await tokens.set(others);
      return problem(401, "invalid_refresh_token");
    });
    await client_of(server, tokens).listPage();
    expect(await tokens.get()).toEqual(others);
  });

  it("does not bring back who has signed out meanwhile", async () => {
    const tokens = signed_in({ expiresAt: NOW });
    const server = fake_server(async () => {
      await tokens.set(undefined);
      return json({ jwt: "jwt-1", expiresIn: 3600, refreshToken: "refresh-1" });
    });
    expect(await rejection(client_of(server, tokens).listPage(), ProblemError)).toMatchObject({
      code: "not_signed_in",
    });
    expect(await tokens.get()).toBeUndefined();
  });

  it("goes on for others when one who waits is aborted", async () => {
    const answer = Promise.withResolvers<Response>();
    const server = fake_server(({ path }) => (path === "/refresh" ? answer.promise : json({ photos: [] })));
    const client = client_of(server, signed_in({ expiresAt: NOW }));
    const stop = new AbortController();
    const stopped = rejection(client.listPage({ signal: stop.signal }), Error);
    const other = client.listPage();
    await Promise.resolve();
    stop.abort(new Error("enough"));
    expect((await stopped).message).toBe("enough");
    answer.resolve(json({ jwt: "jwt-1", expiresIn: 3600, refreshToken: "refresh-1" }));
    expect(await other).toEqual({ photos: [] });
    expect(server.paths()).toEqual(["/refresh", "/list"]);
  });
});

describe("signing in and out", () => {
  it("keeps the tokens where it is told, and sends none to /login", async () => {
    const server = fake_server(() =>
      json({ jwt: "jwt-1", credentials: "ann@example.com", expiresIn: 3600, refreshToken: "refresh-1" }),
    );
    const tokens = memoryTokens();
    const client = client_of(server, tokens);
    await client.signIn({ username: "ann@example.com", password: "secret" });
    expect(await client.signedIn()).toBe("ann@example.com");
    expect(server.asked).toEqual([
      { path: "/login", token: null, body: { username: "ann@example.com", password: "secret" } },
    ]);
  });

  it("is not repeated, since attempts are counted", async () => {
    const server = fake_server(() => problem(503, "identity_unavailable"));
    const client = client_of(server, memoryTokens());
    const failed = await rejection(client.signIn({ username: "ann", password: "secret" }), ProblemError);
    expect(failed.code).toBe("identity_unavailable");
    expect(server.paths()).toEqual(["/login"]);
  });

  it("revokes what a refresh that is under way brings", async () => {
    const server = fake_server(({ path }) =>
      path === "/logout"
        ? new Response(null, { status: 204 })
        : path === "/refresh"
          ? json({ jwt: "jwt-1", expiresIn: 3600, refreshToken: "refresh-1" })
          : json({ photos: [] }),
    );
    const tokens = signed_in({ expiresAt: NOW });
    const client = client_of(server, tokens);
    const listed = client.listPage();
    await Promise.resolve();
    await client.signOut();
    await listed;
    expect(server.asked.find(({ path }) => path === "/logout")?.body).toEqual({ refreshToken: "refresh-1" });
    expect(await tokens.get()).toBeUndefined();
  });

  it("of nobody asks nothing", async () => {
    const server = fake_server(no_answer);
    await client_of(server, memoryTokens()).signOut();
    expect(server.paths()).toEqual([]);
  });

  it("puts no secret into what may be logged", async () => {
    const server = fake_server(({ path }) => (path === "/refresh" ? no_answer() : gateway(403, "Forbidden")));
    const failed = rejection(client_of(server, signed_in()).listPage(), ConnectionError);
    await vi.runAllTimersAsync();
    const { inspect } = await import("node:util");
    expect(inspect(await failed, { depth: 10 })).not.toMatch(/jwt-0|refresh-0/);
  });
});
