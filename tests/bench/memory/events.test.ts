import { describe, expect, it } from "vitest";
import * as z from "zod";
import { file_event, json_event, token_event } from "../../../bench/memory/events.ts";

const event = z.object({
  body: z.string(),
  isBase64Encoded: z.boolean(),
  headers: z.record(z.string(), z.string()),
  requestContext: z.object({ authorizer: z.optional(z.unknown()) }),
});

describe("json_event", () => {
  it("has the body as text, and the user whom the authorizer found", () => {
    const made = event.parse(json_event("/list", { limit: 1 }, "ann"));
    expect(made).toMatchObject({ body: '{"limit":1}', isBase64Encoded: false });
    expect(made.headers["content-type"]).toBe("application/json");
    expect(made.requestContext.authorizer).toEqual({ lambda: { username: "ann" } });
  });

  it("has no user on a route that is open to everyone", () => {
    expect(event.parse(json_event("/login", {})).requestContext.authorizer).toBeUndefined();
  });

  it("is never more than Lambda takes", () => {
    expect(() => json_event("/login", "x".repeat(6_291_456))).toThrow("more than Lambda takes");
  });
});

describe("file_event", () => {
  it("has a form in base64 that other readers of forms understand", async () => {
    const made = event.parse(await file_event("/unzip", "archive", Buffer.from("PK"), "ann"));
    expect(made.isBase64Encoded).toBe(true);
    const form = await new Response(Buffer.from(made.body, "base64"), { headers: made.headers }).formData();
    const file = z.instanceof(File).parse(form.get("archive"));
    expect(await file.text()).toBe("PK");
  });
});

describe("token_event", () => {
  it("has the token as its one identity source", () => {
    expect(token_event("a.b.c")).toMatchObject({ identitySource: ["a.b.c"], type: "REQUEST" });
  });
});
