/** An API that answers what a test says, in place of fetch. */
import { type Fetch, memoryTokens, type TokenStore } from "../../client/index.ts";

export interface Asked {
  readonly path: string;
  readonly token: string | null;
  readonly body: unknown;
}

export interface FakeServer {
  readonly fetch: Fetch;
  readonly asked: Asked[];
  /** The paths alone, in their order. */
  paths(): string[];
}

export const BASE = "https://photos.example.com";

/** @param answer of a request, which may throw as fetch does */
export function fake_server(
  answer: (asked: Asked, init: RequestInit) => Response | Promise<Response>,
): FakeServer {
  const asked: Asked[] = [];
  return {
    asked,
    paths: () => asked.map(({ path }) => path),
    fetch: async (url, init) => {
      const { body } = init;
      const request: Asked = {
        path: url.startsWith(BASE) ? url.slice(BASE.length) : url,
        token: new Headers(init.headers).get("jwt"),
        body: typeof body === "string" ? JSON.parse(body) : body,
      };
      asked.push(request);
      return answer(request, init);
    },
  };
}

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });

export const problem = (status: number, code: string, more: object = {}): Response =>
  new Response(
    JSON.stringify({ type: `urn:${code}`, title: code, status, code, detail: `It is ${code}.`, ...more }),
    {
      status,
      headers: { "content-type": "application/problem+json" },
    },
  );

/** As the gateway does it. */
export const gateway = (status: number, message: string, headers: Record<string, string> = {}): Response =>
  json({ message }, status, headers);

/** What fetch rejects with when there is no answer. */
export const no_answer = (): never => {
  throw new TypeError("fetch failed");
};

/** Of somebody who has just signed in. */
export function signed_in_tokens(): TokenStore {
  const tokens = memoryTokens();
  void tokens.set({ jwt: "j", refreshToken: "r", expiresAt: Date.now() + 3_600_000, username: "ann" });
  return tokens;
}
