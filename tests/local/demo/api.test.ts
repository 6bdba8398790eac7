import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type Answer, open_api, outcome, read_answer, UnexpectedAnswer } from "../../../local/demo/api.ts";

const answer = (status: number, body: string): Answer => ({
  request: "POST /login",
  status,
  headers: new Headers(),
  bytes: Buffer.from(body),
});

describe("outcome", () => {
  it.each([
    ["problem details", 415, '{"code":"not_an_image","message":"other"}', "415 not_an_image"],
    ["the gateway's answer", 413, '{"message":"Request Too Long"}', "413 Request Too Long"],
    ["another JSON", 200, '{"photos":[]}', "200"],
    ["bytes", 200, "\x89PNG", "200"],
    ["nothing", 204, "", "204"],
  ])("of %s", (_name, status, body, expected) => {
    expect(outcome(answer(status, body))).toBe(expected);
  });
});

describe("read_answer", () => {
  const schema = z.strictObject({ jwt: z.string().min(20) });

  it("gives the body that is as the schema says", () => {
    const jwt = "a".repeat(20);
    expect(read_answer(answer(200, JSON.stringify({ jwt })), 200, schema)).toEqual({ jwt });
  });

  it.each([
    ["another status", answer(503, '{"code":"identity_unavailable"}'), "503 identity_unavailable", "200"],
    ["no JSON", answer(200, "<html>"), /the body: /, /schemas/],
    ["another body", answer(200, '{"jwt":"t0p-secret"}'), /^jwt: /, /schemas/],
  ])("throws for %s, and quotes nothing of the body", (_name, given, came, expected) => {
    const error = thrown(() => read_answer(given, 200, schema));
    expect(error.message).toBe("POST /login");
    expect(error.came).toMatch(came);
    expect(error.expected).toMatch(expected);
    expect(`${error.came}${error.expected}${error.stack}`).not.toContain("t0p-secret");
  });
});

function thrown(work: () => unknown): UnexpectedAnswer {
  try {
    work();
  } catch (error) {
    if (error instanceof UnexpectedAnswer) return error;
  }
  throw new Error("it should have thrown an UnexpectedAnswer");
}

describe("an API that is told to stop", () => {
  const stopped = open_api({
    url: "http://127.0.0.1:1",
    token_header: "JWT",
    stop: AbortSignal.abort(new Error("told to stop")),
  });

  it("begins no request", async () => {
    await expect(stopped.post("/list")).rejects.toThrow("told to stop");
    await expect(stopped.upload("/unzip", "archive", { name: "a", bytes: Buffer.alloc(1) })).rejects.toThrow(
      "told to stop",
    );
  });

  it("begins one where it must", async () => {
    await expect(stopped.unstoppable().post("/list")).rejects.toThrow("fetch failed");
  });
});
