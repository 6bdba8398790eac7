import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { problem } from "../../layer/errors.ts";
import type { HttpEvent } from "../../middleware/pipeline.ts";
import { problem_details } from "../../middleware/problem_details.ts";
import { http_event, lambda_context, REQUEST_ID } from "../support/http_event.ts";
import { type WrittenOutput, written_output } from "../support/written_output.ts";

/** What Middy's error handler renders: a message that is JSON, and what it may show of the error. */
const rendered = z.object({
  message: z.string(),
  statusCode: z.number(),
  expose: z.literal(true),
  headers: z.record(z.string(), z.string()),
});

let output: WrittenOutput;

beforeEach(() => {
  output = written_output();
});

afterEach(() => {
  output.restore();
});

/** What the middleware makes of an error. */
async function made_of(thrown: unknown) {
  const request: Parameters<NonNullable<ReturnType<typeof problem_details>["onError"]>>[0] = {
    event: http_event({}) satisfies HttpEvent,
    context: lambda_context(),
    response: null,
    error: null,
    internal: {},
  };
  Object.assign(request, { error: thrown });
  await problem_details().onError?.(request);
  const { message, ...error } = rendered.parse(
    Object.assign({}, request.error, { message: request.error?.message }),
  );
  return {
    ...error,
    internal: request.internal,
    details: z.record(z.string(), z.unknown()).parse(JSON.parse(message)),
  };
}

/** As Middy's parsers throw it: with the whole body in its cause. */
const parser_error = (statusCode: number): Error =>
  Object.assign(new Error("Invalid or malformed JSON was provided", { cause: { data: "canary" } }), {
    statusCode,
    expose: true,
  });

describe("problem_details", () => {
  it("makes a message of a problem's details, with its status and headers", async () => {
    const found = problem("identity_unavailable", "Try again.");
    expect(await made_of(found)).toEqual({
      statusCode: 503,
      expose: true,
      headers: {
        "Content-Type": "application/problem+json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "Retry-After": "2",
      },
      internal: { code: "identity_unavailable" },
      details: { ...found.details },
    });
  });

  it("leaves the id of the request to the gateway's header, so that like refusals are alike", async () => {
    const made = await made_of(problem("internal_error", "Tell the operator."));
    expect(JSON.stringify(made)).not.toContain(REQUEST_ID);
  });

  it.each([
    [415, "unsupported_media_type", 415],
    [422, "malformed_json", 400],
  ])("knows the %i of the body parsers as %s", async (thrown_status, code, status) => {
    const made = await made_of(parser_error(thrown_status));
    expect(made).toMatchObject({ statusCode: status, details: { code, status } });
    expect(JSON.stringify(made)).not.toContain("canary");
    expect(output.text()).toBe("");
  });

  it.each([400, 404, 413, 500, "422"])(
    "takes an error with any other status (%j) for a bug",
    async (statusCode) => {
      const made = await made_of(Object.assign(new Error("canary"), { statusCode, expose: true }));
      expect(made).toMatchObject({ statusCode: 500, details: { code: "internal_error" } });
      expect(JSON.stringify(made)).not.toContain("canary");
    },
  );

  it("leaves the code of the problem for the log of requests", async () => {
    expect((await made_of(problem("invalid_cursor", "Begin anew."))).internal).toEqual({
      code: "invalid_cursor",
    });
  });

  it("logs what is the server's and not what is the client's", async () => {
    await made_of(problem("invalid_request", "Mend it."));
    expect(output.text()).toBe("");
    await made_of(problem("storage_refused", "Tell the operator.", { cause: new Error("AccessDenied") }));
    expect(output.records()).toMatchObject([
      {
        level: "ERROR",
        message: "The photo storage refused the request",
        code: "storage_refused",
        error: { cause: { message: "AccessDenied" } },
      },
    ]);
  });
});
