import { describe, expect, it } from "vitest";
import { type Operation, problem_codes } from "../../openapi/operation.ts";

const bare: Operation = { tag: "Photos", summary: "", description: "", answers: { 204: { about: "" } } };

describe("the problems of an operation", () => {
  it("are those that any may have", () => {
    expect([...problem_codes(bare, false)]).toEqual(["internal_error", "timeout"]);
  });

  it("are also those of a token, of its form, of whom it asks, and its own", () => {
    const operation: Operation = {
      ...bare,
      body: { form: { field: "file", about: "" } },
      asks: "storage",
      problems: ["not_an_image"],
    };
    const codes = problem_codes(operation, true);
    expect(codes).toContain("unauthenticated");
    expect(codes).toContain("missing_file");
    expect(codes).toContain("storage_unavailable");
    expect(codes).toContain("not_an_image");
    expect(codes).not.toContain("malformed_json");
    expect(codes).not.toContain("identity_refused");
  });
});
