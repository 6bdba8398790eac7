import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { problem } from "../../layer/errors.ts";
import { type BodyKind, public_pipeline } from "../../middleware/pipeline.ts";
import { http_event, lambda_context, REQUEST_ID } from "../support/http_event.ts";
import { type WrittenOutput, written_output } from "../support/written_output.ts";

let output: WrittenOutput;

beforeEach(() => {
  output = written_output();
});

afterEach(() => {
  output.restore();
});

const no_body: BodyKind<undefined> = { middleware: [], read: () => undefined };

const event = http_event({
  route: "POST /download",
  username: "user-canary",
  headers: { jwt: "token-canary", authorization: "auth-canary", "user-agent": "agent-canary" },
  body: "body-canary",
});

describe("access_log", () => {
  it("writes one line for a request that is answered", async () => {
    await public_pipeline(no_body, async () => ({ status: 200, body: {} }))(event, lambda_context());
    expect(output.records()).toEqual([
      {
        timestamp: expect.any(String),
        level: "INFO",
        message: "request",
        requestId: REQUEST_ID,
        route: "POST /download",
        status: 200,
        milliseconds: expect.any(Number),
      },
    ]);
  });

  it("writes one line for a request that is refused, with the status of the answer", async () => {
    const refusing = async () => {
      throw problem("photo_not_found", "There is none.");
    };
    await public_pipeline(no_body, refusing)(event, lambda_context());
    expect(output.records()).toMatchObject([
      { message: "request", status: 404, code: "photo_not_found", route: "POST /download" },
    ]);
  });

  it("has nothing of what the client sent but the route", async () => {
    await public_pipeline(no_body, async () => ({ status: 200, body: {} }))(event, lambda_context());
    expect(output.text()).not.toContain("canary");
  });

  it("counts each request from its own beginning", async () => {
    const handler = public_pipeline(no_body, async () => ({ status: 200 }));
    await handler(event, lambda_context());
    await handler(event, lambda_context());
    const milliseconds = z.array(z.object({ milliseconds: z.int().nonnegative() })).parse(output.records());
    expect(milliseconds).toHaveLength(2);
  });
});
