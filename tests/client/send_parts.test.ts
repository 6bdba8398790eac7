/** Parts go three at a time; one that fails goes again, one whose URL is too old gets another, and none goes twice for nothing. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { createClient, memoryTokens, ProblemError, type SendOptions } from "../../client/index.ts";
import { rejection } from "../support/caught.ts";
import { BASE, fake_server, json, no_answer, problem } from "./fake_server.ts";

const PART = 1_000;
const asked_for = z.object({ uploadId: z.literal("the-id"), sign: z.array(z.number()) });

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Storage {
  /** The parts that S3 has before. */
  readonly arrived?: readonly number[];
  /** What S3 answers to a part, at its first, second … attempt; else it takes it. */
  readonly put?: (part: number, attempt: number) => Response | undefined;
  readonly cancelled?: () => Response;
}

/** As S3 says it of a connection on which nothing came for a while. */
const REQUEST_TIMEOUT =
  "<Error><Code>RequestTimeout</Code><Message>Your socket connection to the server was not read from or written to " +
  "within the timeout period.</Message></Error>";

const removed = () => new Response(null, { status: 204 });

/** An upload of so many parts; what was put, and how many at once at most. */
function upload(
  parts: number,
  { arrived = [], put = () => undefined, cancelled = removed }: Storage,
  options: SendOptions = {},
) {
  const puts: number[] = [];
  const signed: number[][] = [];
  const seen: number[] = [];
  let under_way = 0;
  let most = 0;
  const size = parts * PART - 1;
  const server = fake_server(async ({ path, body }, init) => {
    if (path === "/request_upload")
      return json({ uploadId: "the-id", method: "PUT", partSize: PART, parts, expiresAt: "" }, 201);
    if (path === "/complete_upload") return json({ filename: "f", size, contentType: "image/jpeg" }, 201);
    if (path === "/cancel_upload") return cancelled();
    if (path === "/upload_parts") {
      const { sign } = asked_for.parse(body);
      signed.push(sign);
      const urls = Object.fromEntries(sign.map((part) => [part, `https://s3/${part}?${signed.length}`]));
      return json({
        partSize: PART,
        parts: arrived.map((part) => ({ PartNumber: part, Size: PART, ETag: "e" })),
        urls,
      });
    }
    const part = Number(/s3\/(\d+)/.exec(path)?.[1]);
    puts.push(part);
    under_way += 1;
    most = Math.max(most, under_way);
    await new Response(init.body ?? null).arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, 10));
    under_way -= 1;
    return put(part, puts.filter((other) => other === part).length) ?? new Response(null);
  });
  const tokens = memoryTokens();
  void tokens.set({ username: "ann", jwt: "jwt", refreshToken: "r", expiresAt: Number.POSITIVE_INFINITY });
  const client = createClient({ baseUrl: BASE, tokens, fetch: server.fetch, retries: 2 });
  const onProgress = ({ phase, done }: { phase: string; done: number }) =>
    phase === "uploading" && seen.push(done);
  const ended = client.upload(new Blob([new Uint8Array(size)]), { resumable: true, onProgress, ...options });
  return { ended, puts, signed, seen, size, server, most: () => most };
}

/** Timers run while what waits on them, and on streams that know of none, goes on. */
async function run(promise: Promise<unknown>): Promise<void> {
  let over = false;
  const done = promise.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  while (!over) {
    await vi.advanceTimersByTimeAsync(50);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
}

describe("the parts of a file", () => {
  it("go three at a time, signed by the two dozen, and their progress never goes back", async () => {
    const { ended, puts, signed, seen, size, most } = upload(30, {});
    await run(ended);
    expect(puts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
    expect(most()).toBe(3);
    expect(signed.map((sign) => sign.length)).toEqual([0, 24, 6]);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(size);
  });

  it("that have arrived are counted and left out", async () => {
    const { ended, puts, seen } = upload(5, { arrived: [1, 2, 4] }, { resumeFrom: "the-id" });
    await run(ended);
    expect(puts.toSorted()).toEqual([3, 5]);
    expect(seen.slice(0, 3)).toEqual([PART, 2 * PART, 3 * PART]);
  });

  it("go again when S3 fails, or the connection does", async () => {
    const { ended, puts, seen } = upload(3, {
      put: (part, attempt) => {
        if (part === 1 && attempt === 1) return new Response("", { status: 503 });
        if (part === 3 && attempt === 1) return new Response(REQUEST_TIMEOUT, { status: 400 });
        return part === 2 && attempt === 1 ? no_answer() : undefined;
      },
    });
    await run(ended);
    expect(puts.toSorted()).toEqual([1, 1, 2, 2, 3, 3]);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it("get another URL once, when the first has expired", async () => {
    const expired = () => new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 });
    const good = upload(2, { put: (part, attempt) => (part === 2 && attempt === 1 ? expired() : undefined) });
    await run(good.ended);
    expect(good.puts.toSorted()).toEqual([1, 2, 2]);
    expect(good.signed).toEqual([[], [1, 2], [1, 2]]);

    const bad = upload(2, { put: (part) => (part === 2 ? expired() : undefined) });
    const failed = rejection(bad.ended, ProblemError);
    await run(failed);
    expect(await failed).toMatchObject({ status: 403, code: "upload_rejected", reason: "AccessDenied" });
    expect(bad.puts.filter((part) => part === 2)).toHaveLength(2);
  });

  it("are given up where S3 times out again and again, with what it says", async () => {
    const { ended, puts } = upload(1, { put: () => new Response(REQUEST_TIMEOUT, { status: 400 }) });
    const failed = rejection(ended, ProblemError);
    await run(failed);
    expect(await failed).toMatchObject({ code: "upload_rejected", reason: "RequestTimeout" });
    expect(puts).toEqual([1, 1, 1]);
  });

  it("stop with the first that is refused, and what has arrived stays", async () => {
    const { ended, puts, server } = upload(40, {
      put: (part) => (part === 2 ? new Response("", { status: 400 }) : undefined),
    });
    const failed = rejection(ended, ProblemError);
    await run(failed);
    expect(await failed).toMatchObject({ code: "upload_rejected" });
    expect(puts.length).toBeLessThan(7);
    expect(server.paths()).not.toContain("/cancel_upload");
    expect(server.paths()).not.toContain("/complete_upload");
  });

  it.each([
    [false, ["/cancel_upload"]],
    [true, []],
  ])("are removed when they are stopped, unless they are to be kept (%s)", async (keepOnAbort, expected) => {
    const stop = new AbortController();
    const { ended, server } = upload(
      9,
      { put: () => void stop.abort(new Error("enough")) },
      { signal: stop.signal, keepOnAbort },
    );
    const failed = rejection(ended, Error);
    await run(failed);
    expect((await failed).message).toBe("enough");
    expect(server.paths().filter((path) => path === "/cancel_upload")).toEqual(expected);
  });

  it("are stopped with the reason even where the cancellation fails", async () => {
    const stop = new AbortController();
    const put = () => void stop.abort(new Error("enough"));
    const cancelled = () => problem(500, "internal_error");
    const { ended } = upload(2, { put, cancelled }, { signal: stop.signal });
    const failed = rejection(ended, Error);
    await run(failed);
    expect((await failed).message).toBe("enough");
  });
});
