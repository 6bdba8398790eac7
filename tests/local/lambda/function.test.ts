import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from "../../../local/lambda/function.ts";
import { make_toys } from "./toy_function.ts";

const toys = make_toys();
afterAll(() => toys.remove());

/** The payload of an invocation that went well. */
async function payload_of(invocation: Promise<object>): Promise<unknown> {
  return z.object({ payload: z.unknown() }).parse(await invocation).payload;
}

async function error_of(invocation: Promise<object>) {
  const form = z.object({ function_error: z.object({ errorType: z.string(), errorMessage: z.string() }) });
  return form.parse(await invocation).function_error;
}

describe("the payload", () => {
  it("goes through JSON both ways, as in Lambda", async () => {
    const echo = toys.create("echo", "exports.handler = async (event) => event;");
    const event = { kept: [1, "ü", null], dropped: undefined, date: new Date(0), bytes: Buffer.from("a") };
    expect(await payload_of(echo.invoke(event))).toEqual({
      kept: [1, "ü", null],
      date: "1970-01-01T00:00:00.000Z",
      bytes: { type: "Buffer", data: [97] },
    });
  });

  it.each([
    ["undefined", "async () => undefined", null],
    ["a date", "async () => new Date(0)", "1970-01-01T00:00:00.000Z"],
    ["a value that is no promise", "() => 7", 7],
  ])("is what JSON makes of %s", async (name, handler, expected) => {
    const toy = toys.create(`returns ${name}`, `exports.handler = ${handler};`);
    expect(await payload_of(toy.invoke({}))).toEqual(expected);
  });

  it("is refused above 6 MiB of JSON, and taken at 6 MiB", async () => {
    const length = toys.create("length", "exports.handler = async (event) => event.length;");
    const quotes = 2;
    const largest = "x".repeat(MAX_REQUEST_BYTES - quotes);
    expect(await length.invoke(largest)).toEqual({ payload: largest.length });
    expect(await length.invoke(`${largest}x`)).toEqual({ refused: "RequestTooLarge" });
  });

  it("is an error when a function answers more than Lambda passes on", async () => {
    const large = toys.create("large", "exports.handler = async (length) => 'x'.repeat(length);");
    const quotes = 2;
    expect(await large.invoke(MAX_RESPONSE_BYTES - quotes)).toHaveProperty("payload");
    expect(await error_of(large.invoke(MAX_RESPONSE_BYTES - quotes + 1))).toMatchObject({
      errorType: "Function.ResponseSizeTooLarge",
    });
  });
});

describe("the environment", () => {
  it("is what Lambda gives and the function's own, and nothing of this process", async () => {
    vi.stubEnv("LEAK_CANARY", "leaked");
    const toy = toys.create("environment", "exports.handler = async () => process.env;", {
      environment: { PHOTOS_BUCKET: "yourplace" },
      memory_mb: 256,
    });
    const environment = z.record(z.string(), z.string()).parse(await payload_of(toy.invoke({})));
    vi.unstubAllEnvs();

    const { HOME, LAMBDA_TASK_ROOT, NODE_PATH, ...rest } = environment;
    expect(rest).toEqual({
      AWS_ACCESS_KEY_ID: "key",
      AWS_DEFAULT_REGION: "eu-central-1",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
      AWS_LAMBDA_FUNCTION_NAME: "environment",
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_REGION: "eu-central-1",
      AWS_SECRET_ACCESS_KEY: "secret",
      PHOTOS_BUCKET: "yourplace",
      TZ: "UTC",
      _HANDLER: "index.handler",
    });
    expect(HOME).toBe(LAMBDA_TASK_ROOT);
    expect(NODE_PATH).toMatch(/\/opt\/nodejs\/node24\/node_modules:.*\/opt\/nodejs\/node_modules$/);
  });

  it("cannot name a variable that only Lambda sets", () => {
    const create = () =>
      toys.create("reserved", "", { environment: { AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" } });
    expect(create).toThrow("reserved set AWS_EXECUTION_ENV");
  });

  it("runs in the function's folder, on Node 24, with a heap of the function's memory", async () => {
    const source = `exports.handler = async () => ({
      cwd: process.cwd(), root: process.env.LAMBDA_TASK_ROOT, major: process.versions.node.split(".")[0],
      heap_mb: require("node:v8").getHeapStatistics().heap_size_limit / 2 ** 20 });`;
    const large = toys.create("large heap", source, { memory_mb: 1024 });
    const small = toys.create("small heap", source, { memory_mb: 256 });
    const form = z.object({ cwd: z.string(), root: z.string(), major: z.string(), heap_mb: z.number() });
    const [of_large, of_small] = [
      form.parse(await payload_of(large.invoke({}))),
      form.parse(await payload_of(small.invoke({}))),
    ];
    expect(of_large.cwd).toBe(of_large.root);
    expect(of_large.major).toBe("24");
    expect(of_large.heap_mb).toBeGreaterThan(900);
    expect(of_small.heap_mb).toBeLessThan(600);
  });
});

describe("the layer", () => {
  it("is found through NODE_PATH, and a package above the bundle's own folder is not", async () => {
    toys.write("layer/nodejs/node_modules/@toy/shared/index.cjs", "exports.from = 'layer';");
    toys.write("layer/nodejs/node_modules/@toy/shared/package.json", '{"main":"index.cjs"}');
    toys.write(
      "node_modules/@toy/shared/index.cjs",
      "exports.from = 'a node_modules folder of the developer';",
    );
    toys.write("node_modules/@toy/shared/package.json", '{"main":"index.cjs"}');
    const toy = toys.create(
      "with layer",
      "const s = require('@toy/shared'); exports.handler = async () => s.from;",
    );
    expect(await payload_of(toy.invoke({}))).toBe("layer");
  });
});

describe("sandboxes", () => {
  const COUNTER = "let calls = 0; exports.handler = async () => [process.pid, ++calls];";
  const counted = z.tuple([z.number(), z.number()]);

  it("stay warm: the next request finds the module as the last one left it", async () => {
    const toy = toys.create("warm", COUNTER);
    const [first_pid] = counted.parse(await payload_of(toy.invoke({})));
    expect(await payload_of(toy.invoke({}))).toEqual([first_pid, 2]);
  });

  it("take one request at a time; more at once have more sandboxes, up to the cap, and then wait", async () => {
    const source = `let inside = 0; exports.handler = async () => {
      inside += 1; await new Promise((r) => setTimeout(r, 30)); const seen = inside; inside -= 1;
      return [process.pid, seen]; };`;
    const toy = toys.create("concurrent", source, { max_concurrency: 2 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => payload_of(toy.invoke({}))));
    const seen = answers.map((answer) => counted.parse(answer));
    expect(seen.map(([, inside]) => inside)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(new Set(seen.map(([pid]) => pid)).size).toBe(2);
  });

  it("turn a request away when the queue is full", async () => {
    const toy = toys.create("queue", COUNTER, { max_concurrency: 1, max_queue: 1 });
    const answers = await Promise.all([toy.invoke({}), toy.invoke({}), toy.invoke({})]);
    expect(answers.at(2)).toEqual({ refused: "TooManyRequests" });
    expect(answers.filter((answer) => "payload" in answer)).toHaveLength(2);
  });

  it("at work can be killed, and one that is idle is not", async () => {
    const source = `const fs = require("node:fs"); exports.handler = async (marker) => {
      if (marker) { fs.writeFileSync(marker, ""); await new Promise((r) => setTimeout(r, 60000)); }
      return process.pid; };`;
    const toy = toys.create("killed", source);
    const pid = await payload_of(toy.invoke(null));
    expect(await toy.kill_one()).toBe(false);
    expect(await payload_of(toy.invoke(null))).toBe(pid);

    const marker = path.join(toys.dir, "at work");
    const request = error_of(toy.invoke(marker));
    await vi.waitFor(() => expect(existsSync(marker)).toBe(true), { timeout: 10_000 });
    expect(await toy.kill_one()).toBe(true);
    expect(await request).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringContaining("signal: SIGKILL"),
    });
    expect(await payload_of(toy.invoke(null))).not.toBe(pid);
  });

  it("are killed when a request is out of time, even in an endless loop", async () => {
    const toy = toys.create(
      "slow",
      "exports.handler = async (loop) => { while (loop) {} return process.pid; };",
      {
        timeout_s: 1,
      },
    );
    const pid = await payload_of(toy.invoke(false));
    expect(await error_of(toy.invoke(true))).toEqual({
      errorType: "Sandbox.Timedout",
      errorMessage: expect.stringMatching(
        /^RequestId: [0-9a-f-]{36} Error: Task timed out after 1.00 seconds$/,
      ),
    });
    expect(await payload_of(toy.invoke(false))).not.toBe(pid);
  });

  it.each([
    ["throws from a timer", "setTimeout(() => { throw new Error('stray'); })", "exit status 1", "stray"],
    ["leaves a rejection", "void Promise.reject(new Error('astray'))", "exit status 1", "astray"],
    ["exits", "process.exit(3)", "exit status 3", undefined],
    ["kills itself", "process.kill(process.pid, 'SIGKILL')", "signal: SIGKILL", undefined],
    ["waits for nothing", "0", "without providing a reason", undefined],
  ])("end when the code %s, and the next request has a new one", async (what, statement, how, logged) => {
    const source = `exports.handler = async (event) => {
      if (event.crash) { ${statement}; await new Promise(() => {}); }
      return "alive"; };`;
    const toy = toys.create(what, source);
    expect(await error_of(toy.invoke({ crash: true }))).toEqual({
      errorType: "Runtime.ExitError",
      errorMessage: expect.stringContaining(how),
    });
    expect(await payload_of(toy.invoke({}))).toBe("alive");
    if (logged !== undefined) expect(toy.logs.join("\n")).toContain(logged);
  });

  it("that end while idle are replaced", async () => {
    const source = `exports.handler = async () => { setTimeout(() => process.exit(1), 20); return process.pid; };`;
    const toy = toys.create("dies idle", source);
    const pid = z.number().parse(await payload_of(toy.invoke({})));
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow());
    expect(await payload_of(toy.invoke({}))).not.toBe(pid);
  });

  it("are gone after stop, also in the middle of a request, and so is the unpacked copy", async () => {
    const source = `exports.handler = async () => { console.log(process.pid, __dirname); return new Promise((r) => setTimeout(r, 60000)); };`;
    const toy = toys.create("stopped", source);
    const under_way = toy.invoke({});
    await vi.waitFor(() => expect(toy.logs).toHaveLength(1));
    const [pid, dir] = z.tuple([z.coerce.number(), z.string()]).parse(toy.logs.at(0)?.split(" "));
    expect(existsSync(dir)).toBe(true);
    await toy.stop();
    expect(await error_of(under_way)).toMatchObject({ errorType: "Runtime.ExitError" });
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect(existsSync(path.dirname(dir))).toBe(false);
    expect(await error_of(toy.invoke({}))).toMatchObject({ errorType: "Runtime.ExitError" });
  });
});

describe("the handler", () => {
  it.each([
    ["an Error", "throw new TypeError('wrong')", { errorType: "TypeError", errorMessage: "wrong" }],
    ["a string", "throw 'text'", { errorType: "string", errorMessage: "text" }],
    [
      "a rejection",
      "return Promise.reject(new RangeError('far'))",
      { errorType: "RangeError", errorMessage: "far" },
    ],
    [
      "what has no JSON",
      "return 1n",
      { errorType: "Runtime.JSONStringifyError", errorMessage: "Unable to stringify response body" },
    ],
  ])("may fail with %s, and the sandbox lives on", async (what, statement, expected) => {
    const source = `let calls = 0; exports.handler = (event) => { calls += 1; if (event.fail) { ${statement}; } return calls; };`;
    const toy = toys.create(`fails with ${what}`, source);
    expect(await error_of(toy.invoke({ fail: true }))).toEqual(expected);
    expect(toy.logs.join("\n")).toContain("Invoke Error");
    expect(await payload_of(toy.invoke({}))).toBe(2);
  });

  it("is refused with three parameters, since Node 24 has no callback handlers", async () => {
    const toy = toys.create("callback", "exports.handler = (event, context, callback) => callback(null, 1);");
    expect(await error_of(toy.invoke({}))).toMatchObject({ errorType: "Runtime.CallbackHandlerDeprecated" });
  });

  it.each([
    ["is not exported", "exports.other = 1;", "Runtime.HandlerNotFound"],
    ["needs a module that is not there", "require('nowhere');", "Runtime.ImportModuleError"],
    ["does not parse", "exports.handler = ;", "Runtime.UserCodeSyntaxError"],
    ["throws while it loads", "throw new RangeError('no');", "RangeError"],
  ])("that %s is an error of the start", async (what, source, errorType) => {
    const toy = toys.create(what, source);
    expect(await error_of(toy.invoke({}))).toMatchObject({ errorType });
    expect(toy.logs.join("\n")).toContain("Init Error");
  });

  it("is loaded anew when the start failed", async () => {
    const marker = path.join(toys.dir, "started once");
    const source = `const fs = require("node:fs");
      if (!fs.existsSync(${JSON.stringify(marker)})) { fs.writeFileSync(${JSON.stringify(marker)}, ""); throw new Error("first"); }
      exports.handler = async () => "second";`;
    const toy = toys.create("fails first", source);
    expect(await error_of(toy.invoke({}))).toMatchObject({ errorMessage: "first" });
    expect(await payload_of(toy.invoke({}))).toBe("second");
  });

  it("has Lambda's context", async () => {
    const source = `exports.handler = async (event, context) => ({ ...context, remaining: context.getRemainingTimeInMillis() });`;
    const toy = toys.create("context", source, { memory_mb: 512, timeout_s: 7 });
    const context = z.looseObject({ remaining: z.number() }).parse(await payload_of(toy.invoke({})));
    expect(context).toMatchObject({
      functionName: "context",
      functionVersion: "$LATEST",
      memoryLimitInMB: "512",
      invokedFunctionArn: "arn:aws:lambda:eu-central-1:000000000000:function:context",
      logGroupName: "/aws/lambda/context",
      logStreamName: expect.any(String),
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(context.remaining).toBeGreaterThan(0);
    expect(context.remaining).toBeLessThanOrEqual(7000);
  });
});

describe("the log", () => {
  it("has each line of stdout and stderr, before the answer to the request", async () => {
    const source = `exports.handler = async () => { console.log("out ü"); console.error("err"); process.stdout.write("a\\nb\\n"); };`;
    const toy = toys.create("logs", source);
    await toy.invoke({});
    expect(toy.logs.toSorted()).toEqual(["a", "b", "err", "out ü"]);
  });

  it("has the last words of a process that ends, and does not wait for one that it left behind", async () => {
    const source = `const { spawn } = require("node:child_process");
      exports.handler = async () => {
        const left = spawn(process.execPath, ["-e", "setTimeout(() => {}, 5000)"], { stdio: "inherit", detached: true });
        left.unref();
        process.stdout.write("x".repeat(60000) + "\\nleft " + left.pid + "\\n");
        process.exit(1);
      };`;
    const toy = toys.create("last words", source);
    expect(await error_of(toy.invoke({}))).toMatchObject({ errorType: "Runtime.ExitError" });
    const pid = z.coerce.number().parse(toy.logs.at(1)?.replace("left ", ""));
    expect(toy.logs).toEqual(["x".repeat(60_000), `left ${pid}`]);
    // It outlived the request, so nothing waited for it.
    process.kill(pid, "SIGKILL");
  });

  it("has a crash on one line, without the source line that Node would quote", async () => {
    const toy = toys.create(
      "minified",
      `exports.handler = async () => { setTimeout(() => { throw new Error("x") }); await new Promise(() => {}); /* SOURCE_CANARY */ };`,
    );
    await toy.invoke({});
    expect(toy.logs).toHaveLength(1);
    expect(toy.logs.at(0)).toContain("Uncaught Exception");
    expect(toy.logs.at(0)).not.toContain("SOURCE_CANARY");
  });
});
