import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { problem } from "../../layer/errors.ts";
import { json_body } from "../../middleware/json_body.ts";
import {
  type BodyKind,
  type HttpMiddleware,
  type PublicRequest,
  pipeline,
  public_pipeline,
  type Request,
} from "../../middleware/pipeline.ts";
import type { HttpAnswer, Reply } from "../../middleware/reply.ts";
import { problem_response } from "../../schemas/problem.ts";
import { json_event, lambda_context, REQUEST_ID } from "../support/http_event.ts";
import { type WrittenOutput, written_output } from "../support/written_output.ts";

const schema = z.strictObject({ password: z.string() });
type Body = z.infer<typeof schema>;

const CANARY = "canary-Passw0rd!";
const body = { password: CANARY };

const done: Reply = { status: 200, body: { done: true } };

const problem_of = (answer: HttpAnswer) => problem_response.parse(JSON.parse(answer.body));

let output: WrittenOutput;

beforeEach(() => {
  output = written_output();
});

afterEach(() => {
  output.restore();
});

/** What an endpoint for everyone answers when it does this. */
const answer_of = (
  handle: (request: PublicRequest<Body>) => Promise<Reply>,
  { remaining_ms = 29_000, kind = json_body(schema) }: { remaining_ms?: number; kind?: BodyKind<Body> } = {},
): Promise<HttpAnswer> =>
  public_pipeline(kind, handle)(json_event(body, { route: "POST /login" }), lambda_context(remaining_ms));

const failing_with = (thrown: unknown) => async (): Promise<Reply> => {
  throw thrown;
};

describe("pipeline", () => {
  it("gives the handler the user and the body, and answers what it replies", async () => {
    const handle = vi.fn(async (_: Request<Body>) => done);
    const event = json_event(body, { username: "f4a1b2c3" });
    expect(await pipeline(json_body(schema), handle)(event, lambda_context())).toEqual({
      statusCode: 200,
      headers: {
        "content-type": "application/json",
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
      },
      body: '{"done":true}',
      isBase64Encoded: false,
    });
    expect(handle).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ body, username: "f4a1b2c3", signal: expect.any(AbortSignal) }),
    );
  });

  it.each([undefined, "", 7, ["ann"], { toString: "ann" }])(
    "refuses a request without a verified user (%j), before it looks at the body",
    async (username) => {
      const handle = vi.fn(async (_: Request<Body>) => done);
      const event = json_event("{ no JSON", { username });
      const answer = await pipeline(json_body(schema), handle)(event, lambda_context());
      expect(answer.statusCode).toBe(401);
      expect(problem_of(answer).code).toBe("unauthenticated");
      expect(handle).not.toHaveBeenCalled();
    },
  );

  it("does not carry a user or a body from one request to the next", async () => {
    const seen: unknown[] = [];
    const optional = z.partial(schema);
    const handler = pipeline(json_body(optional, { may_be_empty: true }), async (request) => {
      seen.push([request.username, request.body]);
      return done;
    });
    await handler(json_event(body, { username: "ann" }), lambda_context());
    await handler(json_event("", { username: "bob" }), lambda_context());
    expect((await handler(json_event("", {}), lambda_context())).statusCode).toBe(401);
    expect(seen).toEqual([
      ["ann", body],
      ["bob", {}],
    ]);
  });
});

describe("public_pipeline", () => {
  it("needs no user", async () => {
    expect((await answer_of(async () => done)).statusCode).toBe(200);
  });

  it("runs the middleware of the body in its order, after its own, and reads the body last", async () => {
    const order: string[] = [];
    const noting = (name: string): HttpMiddleware => ({
      before: () => {
        order.push(name);
      },
    });
    const kind: BodyKind<Body> = {
      middleware: [noting("first"), noting("second")],
      read: () => {
        order.push("read");
        return body;
      },
    };
    await answer_of(
      async () => {
        order.push("handle");
        return done;
      },
      { kind },
    );
    expect(order).toEqual(["first", "second", "read", "handle"]);
  });

  it("takes two parameters at the most, as Lambda's runtime wants", () => {
    expect(public_pipeline(json_body(schema), async () => done).length).toBeLessThanOrEqual(2);
  });

  it("tells the handler when its time is up, less what the answer needs", async () => {
    let deadline = 0;
    const before = Date.now();
    await answer_of(
      async (request) => {
        deadline = request.deadline;
        return done;
      },
      { remaining_ms: 10_000 },
    );
    expect(deadline).toBeGreaterThanOrEqual(before + 9_500);
    expect(deadline).toBeLessThanOrEqual(Date.now() + 9_500);
  });
});

describe("an error", () => {
  it("that is a problem is answered as problem details", async () => {
    const errors = [{ field: "password", message: "Too short." }];
    const answer = await answer_of(failing_with(problem("invalid_request", "Mend it.", { errors })));
    expect(answer).toMatchObject({
      statusCode: 400,
      headers: {
        "Content-Type": "application/problem+json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      },
    });
    expect(problem_of(answer)).toEqual({
      type: "urn:photo-uploader:problem:invalid_request",
      title: "The request has a field that is missing or wrong",
      status: 400,
      code: "invalid_request",
      detail: "Mend it.",
      errors,
    });
  });

  it("that passes by itself says when to try again", async () => {
    const answer = await answer_of(failing_with(problem("storage_unavailable", "Try again.")));
    expect(answer).toMatchObject({ statusCode: 503, headers: { "Retry-After": "2" } });
  });

  it("that does not pass by itself says nothing of trying again", async () => {
    const { headers } = await answer_of(failing_with(problem("invalid_request", "Mend it.")));
    expect(Object.keys(headers).map((name) => name.toLowerCase())).not.toContain("retry-after");
  });

  const unknown: readonly [string, unknown][] = [
    ["a bug", new TypeError(`x is undefined, ${CANARY}`)],
    [
      "an error with a status of its own",
      Object.assign(new Error(CANARY), { statusCode: 418, expose: true }),
    ],
    ["an error of the SDK's", Object.assign(new Error(CANARY), { $metadata: { httpStatusCode: 404 } })],
    ["a text", CANARY],
    ["an object", { statusCode: 200, body: CANARY, expose: true, message: CANARY }],
    ["nothing", undefined],
    ["null", null],
  ];

  it.each(unknown)("that nobody expected (%s) is a 500 that says nothing of it", async (_, thrown) => {
    const answer = await answer_of(failing_with(thrown));
    expect(answer.statusCode).toBe(500);
    expect(problem_of(answer).code).toBe("internal_error");
    expect(JSON.stringify(answer)).not.toContain(CANARY);
    expect(output.records()).toMatchObject([
      { level: "ERROR", requestId: REQUEST_ID, code: "internal_error" },
      { level: "INFO", message: "request", status: 500, requestId: REQUEST_ID, code: "internal_error" },
    ]);
  });

  it("that is the server's is logged with its cause, which is not in the answer", async () => {
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", data: CANARY });
    const answer = await answer_of(failing_with(problem("storage_unavailable", "Try again.", { cause })));
    expect(JSON.stringify(answer)).not.toContain("ECONNREFUSED");
    expect(output.records()).toMatchObject([
      {
        level: "ERROR",
        requestId: REQUEST_ID,
        error: { name: "Problem", cause: { code: "ECONNREFUSED", message: "connect ECONNREFUSED" } },
      },
      { level: "INFO" },
    ]);
    expect(output.text()).not.toContain(CANARY);
  });

  it("that is the client's leaves one line in the log, without the cause", async () => {
    await answer_of(failing_with(problem("invalid_request", "Mend it.", { cause: new Error("below") })));
    expect(output.records()).toMatchObject([{ level: "INFO", message: "request", status: 400 }]);
    expect(output.text()).not.toContain("below");
  });

  it("in reading the body is answered like one in the handler", async () => {
    const kind: BodyKind<Body> = {
      middleware: [],
      read: () => {
        throw problem("empty_file", "Choose another.");
      },
    };
    expect((await answer_of(async () => done, { kind })).statusCode).toBe(400);
  });

  it("in making the answer is a 500", async () => {
    const circle: { self?: object } = {};
    circle.self = circle;
    const answer = await answer_of(async () => ({ status: 200, body: circle }));
    expect(problem_of(answer).code).toBe("internal_error");
  });
});

describe("a handler that is slow", () => {
  it("is answered for, shortly before its time is up", async () => {
    const answer = await answer_of(() => new Promise(() => {}), { remaining_ms: 520 });
    expect(answer.statusCode).toBe(504);
    expect(answer.headers).toMatchObject({ "Content-Type": "application/problem+json" });
    expect(problem_of(answer).code).toBe("timeout");
    expect(output.records()).toMatchObject([
      { level: "ERROR", code: "timeout" },
      { level: "INFO", status: 504 },
    ]);
  });

  it("is told to stop, and what it throws then changes nothing", async () => {
    let reason: unknown;
    const answer = await answer_of(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            reason = signal.reason;
            reject(signal.reason);
          });
        }),
      { remaining_ms: 510 },
    );
    expect(reason).toMatchObject({ name: "AbortError" });
    expect(problem_of(answer).code).toBe("timeout");
  });

  it("is answered for at once where hardly any time is left", async () => {
    const answer = await answer_of(() => new Promise(() => {}), { remaining_ms: 100 });
    expect(answer.statusCode).toBe(504);
  });

  it("is not told to stop when it has answered", async () => {
    let aborted = false;
    await answer_of(async ({ signal }) => {
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return done;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(aborted).toBe(false);
  });
});

describe("no line of the log", () => {
  const secrets = {
    jwt: "canary-token",
    authorization: "Bearer canary-authorization",
    cookie: "session=canary-cookie",
  };

  const bodies: readonly [string, unknown][] = [
    ["right", body],
    ["not JSON", `{"password": "${CANARY}"`],
    ["cut off", `{"password": "${CANARY}`],
    ["with a key that pollutes", `{"__proto__": {"password": "${CANARY}"}}`],
    ["of a wrong type", { password: { password: CANARY } }],
    ["with a field too many", { ...body, [CANARY]: CANARY }],
    ["text", `password=${CANARY}`],
  ];

  const handlers: readonly [string, (request: PublicRequest<Body>) => Promise<Reply>][] = [
    ["answers", async () => done],
    ["refuses", failing_with(problem("invalid_credentials", "Check them."))],
    ["fails", failing_with(problem("identity_unavailable", "Try again.", { cause: new Error("down") }))],
    ["has a bug", failing_with(new TypeError("x is not a function"))],
    [
      "cannot parse something",
      async ({ body: { password } }) => {
        JSON.parse(`{"password": ${password}`);
        return done;
      },
    ],
    ["answers bytes", async ({ body: { password } }) => ({ status: 200, body: Buffer.from(password) })],
  ];

  it.each(handlers)("holds a password or a token where the handler %s", async (_, handle) => {
    const handler = public_pipeline(json_body(schema), handle);
    for (const [, sent] of bodies) {
      await handler(json_event(sent, { route: "POST /login", headers: secrets }), lambda_context());
    }
    await handler(
      json_event(body, { headers: { ...secrets, "content-type": `text/${CANARY}` } }),
      lambda_context(),
    );
    expect(output.records().length).toBeGreaterThan(bodies.length);
    expect(output.text()).not.toMatch(/canary/i);
  });
});
