/** Whoever refuses, the caller gets one kind of error, with all that the answer says. */
import { describe, expect, it } from "vitest";
import { problem_of, storage_problem_of } from "../../client/problem_error.ts";
import { gateway, problem } from "./fake_server.ts";

describe("a refusal", () => {
  it("of a function is told with its code, its fields and its reason", async () => {
    const errors = [{ field: "limit", message: "Too big" }];
    const error = await problem_of(problem(400, "invalid_request", { errors, reason: "why" }));
    expect(error).toMatchObject({
      name: "ProblemError",
      status: 400,
      code: "invalid_request",
      detail: "It is invalid_request.",
      errors,
      reason: "why",
    });
    expect(error.message).toBe("invalid_request: It is invalid_request.");
  });

  it("of the gateway has a code made of its status", async () => {
    expect(await problem_of(gateway(413, "Request Too Long"))).toMatchObject({
      status: 413,
      code: "gateway_413",
      detail: "Request Too Long",
      errors: [],
    });
  });

  it.each(["", "<html>", "null", '"text"', '{"message":1}'])(
    "that says nothing of use (%s) is told all the same",
    async (text) => {
      expect(await problem_of(new Response(text, { status: 502 }))).toMatchObject({
        status: 502,
        code: "gateway_502",
      });
    },
  );

  it("of S3 has S3's own code as its reason", async () => {
    const xml =
      "<?xml version='1.0'?><Error><Code>EntityTooLarge</Code><Message>Too large.</Message></Error>";
    expect(await storage_problem_of(new Response(xml, { status: 400 }))).toMatchObject({
      status: 400,
      code: "upload_rejected",
      reason: "EntityTooLarge",
      detail: "Too large.",
    });
    const bare = await storage_problem_of(new Response("", { status: 403 }));
    expect(bare).toMatchObject({ status: 403, code: "upload_rejected", reason: undefined });
  });
});
