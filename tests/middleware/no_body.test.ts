import { expect, it } from "vitest";
import { no_body } from "../../middleware/no_body.ts";
import { http_event } from "../support/http_event.ts";

it("is there whatever was sent", () => {
  const { middleware, read } = no_body();
  expect(middleware).toEqual([]);
  expect(read(http_event({ route: "GET /openapi.json", body: "{" }))).toBeUndefined();
});
