import middy from "@middy/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { is_problem } from "../../layer/errors.ts";
import { json_body } from "../../middleware/json_body.ts";
import { type BodyKind, type HttpEvent, public_pipeline } from "../../middleware/pipeline.ts";
import { problem_response } from "../../schemas/problem.ts";
import { caught } from "../support/caught.ts";
import { http_event, json_event, lambda_context, type SentRequest } from "../support/http_event.ts";
import { written_output } from "../support/written_output.ts";

const schema = z.strictObject({
  name: z.string().check(z.minLength(1), z.maxLength(10)),
  limit: z.optional(z.int().check(z.minimum(1), z.maximum(1_000))),
  place: z.optional(z.strictObject({ city: z.string() })),
});

/** A body of an endpoint that takes none for an empty object. */
const maybe_empty = json_body(z.strictObject({ limit: z.optional(z.int()) }), { may_be_empty: true });

/** The body that a handler is given, by the middleware as a pipeline runs it. */
const read = (event: HttpEvent, kind: BodyKind<unknown> = json_body(schema)): Promise<unknown> => {
  const handler = middy<HttpEvent, unknown>()
    .use([...kind.middleware])
    .handler(async (parsed: HttpEvent) => kind.read(parsed));
  return handler(event, lambda_context());
};

/** What a whole pipeline answers to the request. */
async function refusal(event: HttpEvent, kind: BodyKind<unknown> = json_body(schema)) {
  const output = written_output();
  const handler = public_pipeline(kind, async () => ({ status: 200, body: {} }));
  const { statusCode, body } = await handler(event, lambda_context()).finally(() => output.restore());
  return { statusCode, ...problem_response.parse(JSON.parse(body)) };
}

const fields = (errors: readonly { readonly field: string }[] = []): string[] =>
  errors.map(({ field }) => field);

describe("json_body", () => {
  it.each([
    "application/json",
    "application/json; charset=utf-8",
    "Application/JSON",
    "application/merge-patch+json",
  ])("takes a body of %s", async (type) => {
    const event = json_event({ name: "a", limit: 7 }, { headers: { "content-type": type } });
    expect(await read(event)).toEqual({ name: "a", limit: 7 });
  });

  it("takes a body that the gateway has encoded", async () => {
    const body = Buffer.from('{"name":"é😀"}').toString("base64");
    const event = http_event({
      headers: { "content-type": "application/json" },
      body,
      isBase64Encoded: true,
    });
    expect(await read(event)).toEqual({ name: "é😀" });
  });

  it("gives back what was sent, for every value that the schema takes", async () => {
    const sent = fc.record(
      {
        name: fc.string({ unit: "binary", minLength: 1, maxLength: 5 }),
        limit: fc.integer({ min: 1, max: 1_000 }),
        place: fc.record({ city: fc.string() }),
      },
      { requiredKeys: ["name"], noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(sent, async (value) => {
        expect(await read(json_event(value))).toEqual(value);
      }),
    );
  });

  it("reads or refuses any text, and never fails otherwise", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json(), fc.string({ unit: "binary" })), async (body) => {
        const { statusCode, code } = await refusal(json_event(body));
        expect(statusCode).toBe(400);
        expect(["malformed_json", "invalid_request"]).toContain(code);
      }),
    );
  });
});

describe("json_body: an empty body", () => {
  const without_body: SentRequest = { headers: { "content-type": "application/json" } };

  it.each([
    ["no body", http_event(without_body)],
    ["no body and no content type", http_event({})],
    ["a body of no length", http_event({ ...without_body, body: "" })],
    ["a form without a field", http_event({ headers: { "content-type": "text/plain" }, body: "" })],
    ["a body of no length in base64", http_event({ ...without_body, body: "", isBase64Encoded: true })],
  ])("is an empty object where the endpoint may do without: %s", async (_, event) => {
    expect(await read(event, maybe_empty)).toEqual({});
  });

  it("is refused where the endpoint may not do without", async () => {
    expect(await refusal(http_event(without_body))).toMatchObject({
      statusCode: 400,
      code: "invalid_request",
      detail: "The body is empty. Send a JSON object.",
    });
  });

  it("is judged like any other", async () => {
    const kind = json_body(schema, { may_be_empty: true });
    const { code, errors } = await refusal(http_event(without_body), kind);
    expect({ code, fields: fields(errors) }).toEqual({ code: "invalid_request", fields: ["name"] });
  });

  it.each(["null", "0", "false", '""'])("is not what %s is", async (body) => {
    expect(await refusal(json_event(body), maybe_empty)).toMatchObject({
      statusCode: 400,
      code: "invalid_request",
    });
  });
});

describe("json_body: a body that is wrong", () => {
  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
    "json",
    "",
  ])("is 415 as %j", async (type) => {
    const answer = await refusal(json_event({ name: "a" }, { headers: { "content-type": type } }));
    expect(answer).toMatchObject({ statusCode: 415, code: "unsupported_media_type" });
    expect(answer.detail).toContain("application/json");
  });

  it("is 415 without a content type", async () => {
    expect(await refusal(http_event({ body: '{"name":"a"}' }))).toMatchObject({ statusCode: 415 });
  });

  it.each([
    "{",
    "name=a",
    "{'name': 'a'}",
    '{"name": "a",}',
    '{"name": "a"} {"name": "b"}',
    '{"name": undefined}',
    " ",
    "\ufeff{}",
    "NaN",
    '{"__proto__": {"admin": true}, "name": "a"}',
    '{"name": "a", "place": {"__proto__": {}}}',
    '{"constructor": {"prototype": {"admin": true}}}',
  ])("is malformed JSON: %s", async (body) => {
    expect(await refusal(json_event(body))).toMatchObject({ statusCode: 400, code: "malformed_json" });
  });

  it("never quotes the body", async () => {
    for (const body of ['{"password": "canary"', '{"name": {"canary": 1}}', '"canary"', "canary"]) {
      expect(JSON.stringify(await refusal(json_event(body)))).not.toContain("canary");
    }
  });

  it.each([
    ["a list", []],
    ["a text", '"a"'],
    ["a number", "7"],
    ["null", "null"],
    ["true", "true"],
  ])("is %s where an object is asked for", async (_, body) => {
    expect(await refusal(json_event(body))).toMatchObject({
      statusCode: 400,
      code: "invalid_request",
      detail: "Mend and send again: the body.",
      errors: [{ field: "", message: expect.stringContaining("expected object") }],
    });
  });

  it.each([
    ["missing", {}, ["name"]],
    ["empty", { name: "" }, ["name"]],
    ["too long", { name: "x".repeat(11) }, ["name"]],
    ["of a wrong type", { name: 7 }, ["name"]],
    ["null", { name: null }, ["name"]],
    ["a fraction", { name: "a", limit: 1.5 }, ["limit"]],
    ["too small", { name: "a", limit: 0 }, ["limit"]],
    ["too large", { name: "a", limit: 1_001 }, ["limit"]],
    ["a number as text", { name: "a", limit: "7" }, ["limit"]],
    ["within another", { name: "a", place: { city: 7 } }, ["place.city"]],
    ["one of several", { limit: -1, place: {} }, ["name", "limit", "place.city"]],
    ["unknown", { name: "a", Name: "b", cursor: 1 }, ["Name", "cursor"]],
    ["unknown within another", { name: "a", place: { city: "b", zip: 1 } }, ["place.zip"]],
    [
      "named like what every object has",
      '{"name": "a", "toString": 1, "constructor": 2}',
      ["toString", "constructor"],
    ],
  ])("has a field that is %s, and names it", async (_, body, wrong) => {
    const answer = await refusal(json_event(body));
    expect(answer).toMatchObject({ statusCode: 400, code: "invalid_request" });
    expect(fields(answer.errors)).toEqual(wrong);
    expect(answer.detail).toBe(`Mend and send again: ${wrong.join(", ")}.`);
  });

  it("says in words what is wrong with a field", async () => {
    const messages = (body: object) => refusal(json_event(body)).then(({ errors }) => errors?.[0]?.message);
    expect(await messages({ name: "x".repeat(11) })).toBe("Too big: expected string to have <=10 characters");
    expect(await messages({ name: "a", limit: "7" })).toBe("Invalid input: expected number, received string");
    expect(await messages({ name: "a", more: 1 })).toBe("There is no such field.");
  });

  it("names 20 fields of a thousand that there are not, each by its beginning", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [`${index}-${"x".repeat(30)}`, index]),
    );
    const { errors, detail } = await refusal(json_event({ ...many, ["y".repeat(5_000)]: 1 }));
    expect(errors).toHaveLength(20);
    expect(detail.length).toBeLessThan(2_500);
    const [long] = (await refusal(json_event({ name: "a", ["y".repeat(5_000)]: 1 }))).errors ?? [];
    expect(long?.field).toBe("y".repeat(100));
  });

  it.each([
    ["objects", `${'{"place":'.repeat(6_000)}1${"}".repeat(6_000)}`],
    ["lists", `${"[".repeat(32_000)}${"]".repeat(32_000)}`],
  ])("may be %s, nested as deep as fits", async (_, body) => {
    expect((await refusal(json_event(body))).statusCode).toBe(400);
  });

  it("may have 65,536 characters, and not one more", async () => {
    const padded = (length: number) => json_event('{"name":"a"}'.padEnd(length, " "));
    expect(await read(padded(65_536))).toEqual({ name: "a" });
    expect(await refusal(padded(65_537))).toMatchObject({
      statusCode: 400,
      code: "invalid_request",
      detail: "Send less: no request needs more than 65536 characters.",
      errors: [{ field: "", message: expect.stringContaining("at most 65536") }],
    });
  });

  it("may have more where it is told so, and not one more", async () => {
    const padded = (length: number) => json_event('{"name":"a"}'.padEnd(length, " "));
    const long = json_body(schema, { longest: 100_000 });
    expect(await read(padded(100_000), long)).toEqual({ name: "a" });
    expect((await refusal(padded(100_001), long)).detail).toContain("100000 characters");
  });

  it("that may have two shapes is judged by the one of which it has the most right", async () => {
    const one = z.strictObject({ file: z.string(), mode: z.optional(z.string()) });
    const many = z.strictObject({ files: z.array(z.string()), mode: z.optional(z.string()) });
    const either = json_body(z.union([one, many]));
    const refused_fields = async (body: unknown) => fields((await refusal(json_event(body), either)).errors);
    expect(await read(json_event({ files: ["a"], mode: "b" }), either)).toEqual({ files: ["a"], mode: "b" });
    expect(await refused_fields({})).toEqual(["file"]);
    expect(await refused_fields({ file: 7 })).toEqual(["file"]);
    expect(await refused_fields({ files: ["a", 7, 8, 9] })).toEqual(["files.1", "files.2", "files.3"]);
    expect(await refused_fields({ files: ["a"], mode: 7, size: 8 })).toEqual(["mode", "size"]);
    expect(await refused_fields([])).toEqual([""]);
  });

  it("is not parsed where it is too long", async () => {
    const malformed = "{".repeat(65_537);
    expect((await refusal(json_event(malformed))).code).toBe("invalid_request");
    expect((await refusal(json_event(malformed), maybe_empty)).code).toBe("invalid_request");
    const encoded = {
      headers: { "content-type": "application/json" },
      body: malformed,
      isBase64Encoded: true,
    };
    expect((await refusal(http_event(encoded))).code).toBe("invalid_request");
  });

  it("throws a problem, for the pipeline to answer with", async () => {
    expect(is_problem(await caught(() => read(json_event({}))))).toBe(true);
  });
});
