/** What may be repeated is, a few times and not at once; what may not is left to the caller. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConnectionError, createClient, memoryTokens, ProblemError } from "../../client/index.ts";
import { caught, rejection } from "../support/caught.ts";
import { BASE, type FakeServer, fake_server, gateway, json, no_answer, problem } from "./fake_server.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function client_of({ fetch }: FakeServer, retries?: number) {
  const tokens = memoryTokens();
  const expiresAt = Date.now() + 3_600_000;
  void tokens.set({ username: "ann", jwt: "jwt", refreshToken: "refresh", expiresAt });
  return createClient({ baseUrl: BASE, tokens, fetch, retries });
}

/** Answers in turn, the last one for ever. */
function in_turn(...answers: (() => Response)[]): FakeServer {
  let next = 0;
  return fake_server(() => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    return answer?.() ?? json({});
  });
}

/** A body that breaks off on its way. */
const half = (status: number): Response => {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Buffer.from('{"photos": ['));
      controller.error(new TypeError("terminated"));
    },
  });
  return new Response(body, { status });
};

const page = () => json({ photos: [] });

describe("a request that may be repeated", () => {
  it.each<[string, () => Response]>([
    ["no answer", no_answer],
    ["a 500", () => gateway(500, "Internal Server Error")],
    ["a 503", () => problem(503, "storage_unavailable")],
    ["a 504", () => problem(504, "timeout")],
    ["a 429", () => gateway(429, "Too Many Requests")],
    ["half an answer", () => half(200)],
    ["half a refusal", () => half(400)],
  ])("is sent again after %s", async (_, failure) => {
    const server = in_turn(failure, failure, page);
    const listed = client_of(server).listPage();
    await vi.runAllTimersAsync();
    expect(await listed).toEqual({ photos: [] });
    expect(server.paths()).toHaveLength(3);
  });

  it.each([200, 404])(
    "has not been answered where the answer of a %i breaks off each time",
    async (status) => {
      const server = in_turn(() => half(status));
      const failed = rejection(client_of(server).listPage(), ConnectionError);
      await vi.runAllTimersAsync();
      expect((await failed).cause).toBeInstanceOf(TypeError);
      expect(server.paths()).toHaveLength(4);
    },
  );

  it("is given up after the third repetition, with the last answer", async () => {
    const server = in_turn(() => problem(503, "storage_unavailable"));
    const failed = rejection(client_of(server).listPage(), ProblemError);
    await vi.runAllTimersAsync();
    expect(await failed).toMatchObject({ status: 503, code: "storage_unavailable" });
    expect(server.paths()).toHaveLength(4);
  });

  it("is not repeated when the caller wants none of it", async () => {
    const server = in_turn(no_answer);
    await rejection(client_of(server, 0).listPage(), ConnectionError);
    expect(server.paths()).toHaveLength(1);
  });

  it("waits as long as the server asks for, and not for ever", async () => {
    const wait = (seconds: string) => () => gateway(503, "Service Unavailable", { "retry-after": seconds });
    const server = in_turn(wait("7"), wait("86400"), page);
    const listed = client_of(server).listPage();
    await vi.advanceTimersByTimeAsync(6_999);
    expect(server.paths()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(server.paths()).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await listed).toEqual({ photos: [] });
  });

  it.each([400, 403, 404, 409, 413, 422, 502])("is not repeated after a %i", async (status) => {
    const server = in_turn(() => problem(status, "some_code"));
    expect(await rejection(client_of(server).listPage(), ProblemError)).toMatchObject({ status });
    expect(server.paths()).toHaveLength(1);
  });

  it("is not sent again once it is aborted", async () => {
    const server = in_turn(no_answer);
    const stop = new AbortController();
    const failed = rejection(client_of(server).listPage({ signal: stop.signal }), Error);
    await vi.advanceTimersByTimeAsync(1);
    stop.abort(new Error("enough"));
    expect((await failed).message).toBe("enough");
    await vi.runAllTimersAsync();
    expect(server.paths()).toHaveLength(1);
  });

  it("is not even begun with a signal that is aborted", async () => {
    const server = in_turn(page);
    const failed = await rejection(client_of(server).listPage({ signal: AbortSignal.abort() }), DOMException);
    expect(failed.name).toBe("AbortError");
    expect(server.paths()).toEqual([]);
  });
});

describe("a request that must not be repeated", () => {
  const photo = new Blob(["photo"]);

  it.each<[string, () => Response]>([
    ["no answer", no_answer],
    ["a 503", () => problem(503, "storage_unavailable")],
    ["a 504", () => problem(504, "timeout")],
    ["half an answer", () => half(201)],
  ])("is left after %s, since nobody knows what was stored", async (_, failure) => {
    const server = in_turn(failure);
    const client = client_of(server);
    for (const failed of [client.upload(photo), client.delete("20261123T101530123Z_beach.jpg")]) {
      const error = await caught(() => failed);
      expect(error instanceof ProblemError || error instanceof ConnectionError).toBe(true);
    }
    expect(server.paths()).toEqual(["/upload_single_photo", "/delete"]);
  });

  it("is sent again when it was not even begun with", async () => {
    const server = in_turn(
      () => gateway(429, "Too Many Requests"),
      () => json({ filename: "f", name: "photo", size: 5, contentType: "image/jpeg", uploadedAt: "" }, 201),
    );
    const stored = client_of(server).upload(photo);
    await vi.runAllTimersAsync();
    expect(await stored).toMatchObject({ filename: "f" });
  });
});
