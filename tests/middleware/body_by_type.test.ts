import middy from "@middy/core";
import { describe, expect, it } from "vitest";
import { body_by_type } from "../../middleware/body_by_type.ts";
import { multipart_body } from "../../middleware/multipart_body.ts";
import type { HttpEvent } from "../../middleware/pipeline.ts";
import { upload_id_body } from "../../middleware/upload_id_body.ts";
import { caught_problem } from "../support/caught.ts";
import { form_event, http_event, json_event, lambda_context } from "../support/http_event.ts";

const { middleware, read } = body_by_type(upload_id_body(), multipart_body({ field: "archive" }));
const parsed = (event: HttpEvent): Promise<unknown> =>
  middy<HttpEvent, unknown>()
    .use([...middleware])
    .handler(async (request: HttpEvent) => read(request))(event, lambda_context());

const typed = (type: string, body = '{"uploadId":"x"}') =>
  json_event(body, { headers: { "content-type": type } });

describe("body_by_type", () => {
  it.each(["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])(
    "reads a body of %j as JSON",
    async (type) => {
      expect(await parsed(typed(type))).toEqual({ uploadId: "x" });
    },
  );

  it("reads a form as a form", async () => {
    const form = new FormData();
    form.set("archive", new File([Buffer.from("PK")], "a.zip", { type: "application/json" }));
    expect(await parsed(await form_event(form))).toMatchObject({ name: "a.zip", bytes: Buffer.from("PK") });
  });

  it("has each kind refuse what it refuses", async () => {
    const form = new FormData();
    form.set("other", new File([Buffer.from("PK")], "a.zip"));
    const codes = await Promise.all(
      [
        await form_event(form),
        typed("multipart/mixed; boundary=x"),
        typed("multipart/form-data"),
        typed("application/json", "{}"),
        http_event({ headers: { "content-type": "application/json" } }),
      ].map(async (event) => (await caught_problem(() => parsed(event))).code),
    );
    expect(codes).toEqual([
      "missing_file",
      "unsupported_media_type",
      "malformed_multipart",
      "invalid_request",
      "invalid_request",
    ]);
  });

  it.each(["", "text/plain", "application/jsonp", "application/zip", "json", "x multipart/form-data"])(
    "refuses a body of %j",
    async (type) => {
      const { code, details } = await caught_problem(() => parsed(typed(type)));
      expect(code).toBe("unsupported_media_type");
      expect(details.detail).toMatch(/multipart\/form-data.*application\/json/);
    },
  );

  it("refuses a body without a type", async () => {
    expect((await caught_problem(() => parsed(http_event({ body: "{}" })))).code).toBe(
      "unsupported_media_type",
    );
  });
});
