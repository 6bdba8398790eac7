import { describe, expect, it } from "vitest";
import { failed_messages } from "../../../local/lambda/batch_response.ts";
import type { Invocation } from "../../../local/lambda/function.ts";

const BATCH = new Set(["a", "b", "c"]);
const failed_of = (payload: unknown) => [...failed_messages({ payload }, BATCH)];
const items = (...ids: unknown[]) => ({ batchItemFailures: ids.map((id) => ({ itemIdentifier: id })) });

describe("of a batch", () => {
  it.each<[string, unknown]>([
    ["null", null],
    ["an empty answer", {}],
    ["an empty list", { batchItemFailures: [] }],
    ["no list", { batchItemFailures: null }],
    ["an answer about something else", { statusCode: 200 }],
  ])("none has failed by %s", (_name, payload) => {
    expect(failed_of(payload)).toEqual([]);
  });

  it("those have failed that are named", () => {
    expect(failed_of(items("b"))).toEqual(["b"]);
    expect(failed_of(items("c", "a", "c"))).toEqual(["c", "a"]);
  });

  it.each<[string, unknown]>([
    ["an empty id", items("")],
    ["an id that is null", items("a", null)],
    ["an id that is not in the batch", items("a", "d")],
    ["an id by another name", { batchItemFailures: [{ messageId: "a" }] }],
    ["ids without a name", { batchItemFailures: ["a"] }],
    ["an id where a list should be", { batchItemFailures: "a" }],
    ["a text", "a"],
    ["a list", []],
  ])("all have failed by %s", (_name, payload) => {
    expect(failed_of(payload)).toEqual(["a", "b", "c"]);
  });

  it.each<[string, Invocation]>([
    ["fails", { function_error: { errorType: "Error", errorMessage: "" } }],
    ["is not invoked", { refused: "TooManyRequests" }],
  ])("all have failed when the function %s", (_name, invocation) => {
    expect(failed_messages(invocation, BATCH)).toEqual(BATCH);
  });
});
