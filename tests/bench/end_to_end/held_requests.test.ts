import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hold_requests } from "../../../bench/end_to_end/held_requests.ts";

const held_ms = 20;

let server: Server;
let arrived: string[];
let served: string[];
let body = "";

beforeEach(async () => {
  arrived = [];
  served = [];
  body = "";
  const serve = (incoming: IncomingMessage) => {
    served.push(`${incoming.method} ${incoming.url}`);
    incoming.on("data", (chunk) => {
      body += chunk;
    });
  };
  server = createServer((incoming, response) => {
    serve(incoming);
    incoming.on("end", () => response.end("done"));
  });
  server.on("checkContinue", (incoming, response) => {
    response.writeContinue();
    server.listeners("request")[0]?.call(server, incoming, response);
  });
  hold_requests(server, held_ms, (method, url) => arrived.push(`${method} ${url}`));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // The sockets need what else there is of time.
  vi.useFakeTimers({ toFake: ["setTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
});

function put(headers: Record<string, string> = {}) {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const outgoing = request({ host: "127.0.0.1", port, method: "PUT", path: "/a?b", headers, agent: false });
  const answer = once(outgoing, "response").then(([incoming]) => text(incoming));
  return { outgoing, answer };
}

/** Not by `vi.waitFor`, which moves the time on. */
async function until_arrived(): Promise<void> {
  while (arrived.length === 0) await setImmediate();
  expect(arrived).toEqual(["PUT /a?b"]);
}

describe("a request that is held", () => {
  it("is told of at once, and served with its whole body when its time has passed", async () => {
    const { outgoing, answer } = put();
    outgoing.end("x".repeat(300_000));
    await until_arrived();
    vi.advanceTimersByTime(held_ms - 1);
    expect(served).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(served).toEqual(["PUT /a?b"]);
    expect(await answer).toBe("done");
    expect(body).toHaveLength(300_000);
  });

  it("is held as well where it waits to be told to go on", async () => {
    const { outgoing, answer } = put({ expect: "100-continue", "content-length": "4" });
    outgoing.on("continue", () => outgoing.end("body"));
    outgoing.flushHeaders();
    await until_arrived();
    expect(served).toEqual([]);
    vi.advanceTimersByTime(held_ms);
    expect(await answer).toBe("done");
    expect(body).toBe("body");
  });
});
