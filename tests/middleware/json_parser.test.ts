import middy from "@middy/core";
import { describe, expect, it } from "vitest";
import { json_parser, refuse_fields, unknown_field } from "../../middleware/json_parser.ts";
import type { HttpEvent } from "../../middleware/pipeline.ts";
import { caught, caught_problem } from "../support/caught.ts";
import { http_event, json_event, lambda_context } from "../support/http_event.ts";

const parsed = (event: HttpEvent, may_be_empty?: boolean): Promise<unknown> =>
  middy<HttpEvent, unknown>()
    .use([json_parser(may_be_empty)])
    .handler(async ({ body }: HttpEvent) => body)(event, lambda_context());

describe("json_parser", () => {
  it("puts in place of the body what it says", async () => {
    expect(await parsed(json_event({ a: [1, "ü"] }))).toEqual({ a: [1, "ü"] });
  });

  it("takes no body for an empty object where it is told so, and nowhere else", async () => {
    expect(await parsed(http_event({}), true)).toEqual({});
    expect((await caught_problem(() => parsed(http_event({})))).code).toBe("invalid_request");
  });

  it("parses 65,536 characters and no more", async () => {
    const text = (length: number) => `"${"x".repeat(length - 2)}"`;
    expect(await parsed(json_event(text(65_536)))).toHaveLength(65_534);
    expect((await caught_problem(() => parsed(json_event(text(65_537))))).details.errors).toHaveLength(1);
  });
});

describe("refuse_fields", () => {
  it("names the fields, and the body as such where it has none", async () => {
    const errors = [unknown_field(["place", "x"]), { field: "", message: "Too big" }];
    const refused = await caught(() => refuse_fields(errors));
    expect(refused).toMatchObject({
      code: "invalid_request",
      details: { detail: "Mend and send again: place.x, the body.", errors },
    });
  });
});
