import { describe, expect, it } from "vitest";
import { http_status } from "../../layer/aws_error.ts";

const sdk_error = ($metadata: unknown): Error => Object.assign(new Error("x"), { $metadata });

describe("http_status", () => {
  it("is the status of the answer", () => {
    expect(http_status(sdk_error({ httpStatusCode: 412 }))).toBe(412);
  });

  it.each([
    ["an error without an answer", sdk_error({ attempts: 3 })],
    ["an error whose metadata is missing", sdk_error(undefined)],
    ["an error whose metadata is null", sdk_error(null)],
    ["a status that is no number", sdk_error({ httpStatusCode: "412" })],
    ["an error of Node's", new TypeError("x")],
    ["something else than an error", { $metadata: { httpStatusCode: 412 } }],
    ["nothing", undefined],
  ])("is undefined for %s", (_, error) => {
    expect(http_status(error)).toBeUndefined();
  });
});
