import middy from "@middy/core";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HttpEvent } from "../../middleware/pipeline.ts";
import { public_pipeline } from "../../middleware/pipeline.ts";
import { upload_id_body } from "../../middleware/upload_id_body.ts";
import { problem_response } from "../../schemas/problem.ts";
import { unzip_request } from "../../schemas/unzip.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { quiet } from "../support/quiet.ts";

quiet();

const { middleware, read } = upload_id_body();
const parse = (body: unknown): Promise<unknown> =>
  middy<HttpEvent, unknown>()
    .use([...middleware])
    .handler(async (event: HttpEvent) => read(event))(json_event(body), lambda_context());

async function refusal(body: unknown) {
  const handler = public_pipeline(upload_id_body(), async () => ({ status: 200, body: {} }));
  const answer = await handler(json_event(body), lambda_context());
  return { statusCode: answer.statusCode, ...problem_response.parse(JSON.parse(answer.body)) };
}

describe("upload_id_body", () => {
  it("takes and refuses what the schema of the endpoint does", async () => {
    const id = fc.oneof(fc.string(), fc.string({ minLength: 2_040, maxLength: 2_056 }), fc.integer());
    const body = fc.oneof(
      fc.record({ uploadId: id }),
      fc.record({ uploadId: id, other: fc.string() }),
      fc.jsonValue().filter((value) => !JSON.stringify(value).includes("__proto__")),
    );
    await fc.assert(
      fc.asyncProperty(body, async (value) => {
        const text = JSON.stringify(value);
        const by_schema = unzip_request.safeParse(JSON.parse(text));
        const parsed = await parse(text).catch(() => undefined);
        expect(parsed).toEqual(by_schema.data);
      }),
    );
  });

  it.each([
    [{}, ["uploadId"]],
    [{ uploadId: "" }, ["uploadId"]],
    [{ uploadId: 7 }, ["uploadId"]],
    [{ uploadId: "x".repeat(2_049) }, ["uploadId"]],
    [{ uploadId: "x", a: 1, b: 2 }, ["a", "b"]],
    [{ uploadID: "x" }, ["uploadId", "uploadID"]],
    [[], [""]],
    ["null", [""]],
    ["7", [""]],
  ])("names what is wrong with %j", async (body, wrong) => {
    const { statusCode, code, errors = [] } = await refusal(body);
    expect({ statusCode, code }).toEqual({ statusCode: 400, code: "invalid_request" });
    expect(errors.map(({ field }) => field)).toEqual(wrong);
  });

  it("names no more than 20 fields, and the beginning of their names", async () => {
    const fields = Array.from({ length: 200 }, (_, index) => [`${index}${"x".repeat(200)}`, 1]);
    const { errors = [] } = await refusal({ uploadId: "x", ...Object.fromEntries(fields) });
    expect(errors).toHaveLength(20);
    expect(Math.max(...errors.map(({ field }) => field.length))).toBe(100);
  });
});
