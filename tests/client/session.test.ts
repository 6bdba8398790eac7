/** Tokens are renewed before they expire or once they are refused, by one refresh for all, and never in circles. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  ConnectionError,
  createClient,
  memoryTokens,
  ProblemError,
  storedTokens,
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

const ANN: Tokens = {
  username: "ann@example.com",
  jwt: "jwt-0",
  refreshToken: "refresh-0",
  expiresAt: NOW + HOUR_MS,
};
const BOB: Tokens = {
  username: "bob@example.com",
  jwt: "bobs",
  refreshToken: "bobs-refresh",
  expiresAt: NOW + HOUR_MS,
};

/** The timers stand still, and nothing but promises is on the way there. */
async function refresh_asked_for(server: FakeServer): Promise<void> {
  for (let turn = 0; turn < 1_000; turn += 1) {
    if (server.paths().includes("/refresh")) return;
    await Promise.resolve();
  }
  throw new Error("There was no refresh.");
}

/** Node looks for rejections that nobody handles once the tasks of a turn are done. */
async function next_turns(): Promise<void> {
  vi.useRealTimers();
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const signed_in = (more: Partial<Tokens> = {}): TokenStore => {
  const store = memoryTokens();
  void store.set({ ...ANN, ...more });
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
    const others = { ...ANN, jwt: "jwt-9", refreshToken: "refresh-9", expiresAt: NOW + HOUR_MS };
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

  it("of another page that came first is left in the store, whatever this one brings", async () => {
    const tokens = signed_in({ expiresAt: NOW });
    const others = { ...ANN, jwt: "jwt-9", refreshToken: "refresh-9", expiresAt: NOW + HOUR_MS };
    const server = fake_server(async ({ path }) => {
      if (path === "/list") return json({ photos: [] });
      await tokens.set(others);
      return json({ jwt: "jwt-1", expiresIn: 3600, refreshToken: "refresh-1" });
    });
    await client_of(server, tokens).listPage();
    expect(server.asked.at(-1)).toMatchObject({ path: "/list", token: "jwt-9" });
    expect(await tokens.get()).toEqual(others);
  });

  it("is not begun for a caller who is aborted already, or while the store is read", async () => {
    const server = fake_server(() => problem(400, "invalid_request"));
    const early = rejection(
      client_of(server, signed_in({ expiresAt: NOW })).listPage({ signal: AbortSignal.abort() }),
      DOMException,
    );
    expect((await early).name).toBe("AbortError");

    const stop = new AbortController();
    const kept = signed_in({ expiresAt: NOW });
    const get = async () => {
      await Promise.resolve();
      stop.abort();
      return kept.get();
    };
    const client = client_of(server, { get, set: (tokens) => kept.set(tokens) });
    const later = await rejection(client.listPage({ signal: stop.signal }), DOMException);
    expect(later.name).toBe("AbortError");
    await next_turns();
    expect(server.paths()).toEqual([]);
  });

  it("that fails when nobody waits for it any more does not end the process", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    try {
      const answer = Promise.withResolvers<Response>();
      const server = fake_server(() => answer.promise);
      const stop = new AbortController();
      const client = client_of(server, signed_in({ expiresAt: NOW }));
      const stopped = rejection(client.listPage({ signal: stop.signal }), DOMException);
      await refresh_asked_for(server);
      stop.abort();
      await stopped;
      answer.resolve(problem(400, "invalid_request"));
      await next_turns();
      expect(unhandled).toEqual([]);
    } finally {
      process.off("unhandledRejection", note);
    }
  });

  it("goes on for others when one who waits is aborted", async () => {
    const answer = Promise.withResolvers<Response>();
    const server = fake_server(({ path }) => (path === "/refresh" ? answer.promise : json({ photos: [] })));
    const client = client_of(server, signed_in({ expiresAt: NOW }));
    const stop = new AbortController();
    const stopped = rejection(client.listPage({ signal: stop.signal }), Error);
    const other = client.listPage();
    await refresh_asked_for(server);
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
    const refresh = Promise.withResolvers<Response>();
    const server = fake_server(({ path }) =>
      path === "/refresh" ? refresh.promise : new Response(null, { status: 204 }),
    );
    const tokens = signed_in({ expiresAt: NOW });
    const client = client_of(server, tokens);
    const listed = rejection(client.listPage(), ProblemError);
    await refresh_asked_for(server);
    const signed_out = client.signOut();
    refresh.resolve(json({ jwt: "jwt-1", expiresIn: 3600, refreshToken: "refresh-1" }));
    await signed_out;
    expect(await listed).toMatchObject({ code: "not_signed_in" });
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

describe("what one user has begun", () => {
  const CREDENTIALS = { username: BOB.username, password: "secret" };

  /** Signs Bob in; all else that it is asked for is told by `answer`. */
  const server_of = (answer: (asked: Asked) => Response | Promise<Response>) =>
    fake_server((asked) => {
      if (asked.path === "/logout") return new Response(null, { status: 204 });
      const { username: credentials, jwt, refreshToken } = BOB;
      return asked.path === "/login"
        ? json({ credentials, jwt, refreshToken, expiresIn: 3_600 })
        : answer(asked);
    });
  const of_bob = ({ asked }: FakeServer) => asked.filter(({ token }) => token === BOB.jwt);
  const refused = { code: "not_signed_in", status: 401 };

  /** A file that is being read until it is let go on. */
  const slow_file = () => {
    const read = Promise.withResolvers<void>();
    const file = new Blob([new Uint8Array(10)]);
    const slice = file.slice.bind(file);
    file.slice = (...range) => {
      const piece = slice(...range);
      const whole = piece.arrayBuffer.bind(piece);
      piece.arrayBuffer = () => read.promise.then(whole);
      return piece;
    };
    return { file, go_on: read.resolve };
  };

  it("is not gone on with as the next one", async () => {
    const server = server_of(() => json({}));
    const client = client_of(server, signed_in());
    const { file, go_on } = slow_file();
    const stored = rejection(client.upload(file, { resumable: true }), ProblemError);
    await client.signOut();
    await client.signIn(CREDENTIALS);
    go_on();
    expect(await stored).toMatchObject(refused);
    expect(of_bob(server)).toEqual([]);
  });

  it("is not gone on with by a list or an extraction either", async () => {
    const server = server_of(({ path }) =>
      path === "/list"
        ? json({ photos: [{ filename: "a" }], cursor: "anns" })
        : json({ kind: "extraction", state: "running", outcomes: [{ name: "a" }], cursor: "1" }),
    );
    const client = client_of(server, signed_in());
    const list = client.list();
    const entries = client.follow("the-job");
    await Promise.all([list.next(), entries.next()]);
    await client.signIn(CREDENTIALS);
    expect(await rejection(list.next(), ProblemError)).toMatchObject(refused);
    expect(await rejection(entries.next(), ProblemError)).toMatchObject(refused);
    expect(of_bob(server)).toEqual([]);
    await client.listPage();
    expect(of_bob(server)).toHaveLength(1);
  });

  it("goes on when the same user has signed in again, or another page has refreshed the token", async () => {
    const storage = new Map<string, string>();
    const kept = {
      getItem: (key: string) => storage.get(key) ?? null,
      setItem: (key: string, value: string) => void storage.set(key, value),
      removeItem: (key: string) => void storage.delete(key),
    };
    let newest = 0;
    const server = fake_server(({ path, token }) => {
      if (path === "/login" || path === "/refresh") newest += 1;
      const tokens = { jwt: `jwt-${newest}`, refreshToken: `refresh-${newest}`, expiresIn: 3_600 };
      if (path === "/login") return json({ ...tokens, credentials: ANN.username });
      if (path === "/refresh") return json(tokens);
      return token === `jwt-${newest}`
        ? json({ photos: [{ filename: path }], cursor: `${newest}` })
        : gateway(403, "Forbidden");
    });
    const credentials = { username: ANN.username, password: "secret" };
    const one = client_of(server, storedTokens(kept));
    const other = client_of(server, storedTokens(kept));
    await one.signIn(credentials);
    const list = one.list();
    await list.next();
    vi.setSystemTime(Date.now() + HOUR_MS);
    await other.listPage();
    expect(await list.next()).toMatchObject({ done: false });
    await other.signIn(credentials);
    expect(await list.next()).toMatchObject({ done: false });
    expect(server.paths().filter((path) => path === "/refresh")).toHaveLength(1);
    expect(server.asked.at(-1)).toMatchObject({ path: "/list", token: "jwt-3" });
  });

  it.each([
    ["brings tokens", () => json({ jwt: "jwt-1", expiresIn: 3600, refreshToken: "refresh-1" })],
    ["is refused", () => problem(401, "invalid_refresh_token")],
  ])("leaves the next one signed in when its refresh %s at last", async (_, answer) => {
    const refresh = Promise.withResolvers<Response>();
    const server = server_of(({ path }) => (path === "/refresh" ? refresh.promise : json({ photos: [] })));
    const tokens = signed_in({ expiresAt: NOW });
    const client = client_of(server, tokens);
    const listed = rejection(client.listPage(), ProblemError);
    await refresh_asked_for(server);
    await client.signIn(CREDENTIALS);
    refresh.resolve(answer());
    expect(await listed).toMatchObject(refused);
    expect(await tokens.get()).toEqual(BOB);
    expect(of_bob(server)).toEqual([]);
  });

  it("brings no token to the next one, who needs another at the same time", async () => {
    const anns = Promise.withResolvers<Response>();
    const server = server_of(({ path, body, token }) => {
      if (path !== "/refresh") return token === "bobs-new" ? json({ photos: [] }) : gateway(403, "Forbidden");
      return JSON.stringify(body).includes(BOB.refreshToken)
        ? json({ jwt: "bobs-new", expiresIn: 3600, refreshToken: BOB.refreshToken })
        : anns.promise;
    });
    const client = client_of(server, signed_in({ expiresAt: NOW }));
    const listed = rejection(client.listPage(), ProblemError);
    await refresh_asked_for(server);
    await client.signIn(CREDENTIALS);
    expect(await client.listPage()).toEqual({ photos: [] });
    anns.resolve(json({ jwt: "jwt-1", expiresIn: 3600, refreshToken: "refresh-1" }));
    expect(await listed).toMatchObject(refused);
    expect(server.asked.map(({ token }) => token)).not.toContain("jwt-1");
  });

  it("is signed out alone, where the next one signs in before that is through", async () => {
    const refresh = Promise.withResolvers<Response>();
    const server = server_of(() => refresh.promise);
    const tokens = signed_in({ expiresAt: NOW });
    const client = client_of(server, tokens);
    const listed = rejection(client.listPage(), ProblemError);
    await refresh_asked_for(server);
    const signed_out = client.signOut();
    await client.signIn(CREDENTIALS);
    refresh.resolve(json({ jwt: "jwt-1", expiresIn: 3600, refreshToken: "refresh-1" }));
    await signed_out;
    expect(await listed).toMatchObject(refused);
    expect(await tokens.get()).toEqual(BOB);
    expect(server.asked.at(-1)).toMatchObject({ path: "/logout", body: { refreshToken: "refresh-1" } });
  });
});
