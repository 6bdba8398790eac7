import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { problem } from "../../layer/errors.ts";
import { log, log_for_request, loggable } from "../../layer/logger.ts";
import { type WrittenOutput, written_output } from "../support/written_output.ts";

describe("log", () => {
  let output: WrittenOutput;

  beforeEach(() => {
    output = written_output();
  });

  afterEach(() => {
    output.restore();
  });

  it.each([
    ["info", "INFO"],
    ["warn", "WARN"],
    ["error", "ERROR"],
  ] as const)("writes one JSON line for %s", (method, level) => {
    log[method]("request", { status: 200, absent: undefined, nested: { attempts: 2 } });
    expect(output.text()).toMatch(/^[^\n]+\n$/);
    expect(output.records()).toEqual([
      {
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        level,
        message: "request",
        status: 200,
        nested: { attempts: 2 },
      },
    ]);
  });

  it("keeps a line break in a value from beginning another line", () => {
    log.info("request", { route: 'POST /list\n{"level":"ERROR","message":"forged"}' });
    expect(output.records()).toHaveLength(1);
  });

  it("names the request in every line, until there is another", () => {
    log_for_request("first");
    log.info("one");
    log.warn("two");
    log_for_request("second");
    log.error("three");
    log_for_request(undefined);
    log.info("four");
    const [one, two, three, four] = output.records();
    expect([one, two]).toMatchObject([{ requestId: "first" }, { requestId: "first" }]);
    expect(three).toMatchObject({ requestId: "second" });
    expect(four).not.toHaveProperty("requestId");
  });

  it("needs no fields", () => {
    log.warn("careful");
    expect(output.records()).toMatchObject([{ level: "WARN", message: "careful" }]);
  });
});

const CANARY = "canary-Passw0rd!";

/** An error with a secret wherever errors are known to carry one. */
function error_with_canaries(message: string): Error {
  return Object.assign(new Error(message), {
    code: "ECONNRESET",
    data: CANARY,
    body: CANARY,
    config: { headers: { authorization: CANARY } },
    headers: { jwt: CANARY },
    $response: { body: CANARY, headers: { authorization: CANARY } },
    $responseBodyText: CANARY,
    $metadata: {
      httpStatusCode: 503,
      requestId: "TX234S0F24A06C7",
      attempts: 3,
      extendedRequestId: CANARY,
      cfId: CANARY,
    },
  });
}

describe("loggable", () => {
  it("takes of an error its name, message, stack and code, and what AWS says of the request", () => {
    const error = error_with_canaries("The answer was cut off.");
    expect(loggable(error)).toEqual({
      name: "Error",
      message: "The answer was cut off.",
      stack: expect.arrayContaining([expect.stringContaining("logger.test.ts")]),
      code: "ECONNRESET",
      aws_request_id: "TX234S0F24A06C7",
      aws_status: 503,
      aws_attempts: 3,
    });
  });

  it("takes nothing else, from the error or its causes", () => {
    const cause = Object.assign(error_with_canaries("below"), { cause: { data: CANARY, body: CANARY } });
    const error = problem("storage_unavailable", "Try again.", { cause });
    Object.assign(error, { request: { body: CANARY }, event: { headers: { jwt: CANARY } } });
    const logged = JSON.stringify(loggable(error));
    expect(logged).not.toContain(CANARY);
    expect(logged).toContain("below");
  });

  it("leaves out what a SyntaxError says, since V8 quotes the text in it", () => {
    const parse = (): unknown => JSON.parse(`{"password": ${CANARY}`);
    let quoted: unknown;
    try {
      parse();
    } catch (error) {
      quoted = error;
    }
    expect(String(quoted)).toContain("canary");
    expect(loggable(quoted)).toEqual({ name: "SyntaxError", stack: expect.any(Array) });
    expect(JSON.stringify(loggable(quoted))).not.toContain("canary");
    expect(JSON.stringify(loggable(new Error("no JSON", { cause: quoted })))).not.toContain("canary");
  });

  it("leaves out of the stack what a message may pass off as a frame", () => {
    let quoted: unknown;
    try {
      JSON.parse("[\n    at canary]");
    } catch (error) {
      quoted = error;
    }
    expect(String(quoted)).toContain("\n    at canary");
    expect(JSON.stringify(loggable(quoted))).not.toContain("canary");
  });

  it.each(["canary.jpg", "my canary.jpg", 'my "canary" of 2026.jpg', "a\ncanary"])(
    "leaves out the resources that AWS names, since they hold keys of photos: %j",
    (name) => {
      const message =
        "User: arn:aws:sts::123456789012:assumed-role/canary is not authorized to perform: s3:GetObject on resource: " +
        `"arn:aws:s3:::yourplace/canary/20261123T101530123Z_${name}" because no policy allows it`;
      const logged = JSON.stringify(loggable(new Error(message)));
      expect(logged).toContain("is not authorized to perform: s3:GetObject on resource");
      expect(logged).not.toContain("canary");
    },
  );

  it("takes a code only if it is a text, so that no object slips in", () => {
    const error = Object.assign(new Error("x"), {
      code: { body: CANARY },
      $metadata: { requestId: [CANARY] },
    });
    expect(JSON.stringify(loggable(error))).not.toContain(CANARY);
  });

  it("follows four causes and no circle", () => {
    const circle = new Error("round");
    circle.cause = circle;
    const depth = (logged: object): number =>
      "cause" in logged && typeof logged.cause === "object" && logged.cause !== null
        ? 1 + depth(logged.cause)
        : 0;
    expect(depth(loggable(circle))).toBe(4);
  });

  it.each([
    ["a text", CANARY, "string"],
    ["an object", { password: CANARY }, "object"],
    ["nothing", undefined, "undefined"],
  ])("says of %s that was thrown only what kind of value it is", (_, thrown, kind) => {
    expect(loggable(thrown)).toEqual({ name: kind });
  });

  it("says where an error without an answer stands: no status of AWS", () => {
    expect(loggable(new TypeError("x"))).not.toHaveProperty("aws_status");
  });
});
