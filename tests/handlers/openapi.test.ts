import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { handler } from "../../handlers/openapi.ts";
import { OPENAPI_FILE } from "../../openapi/write.ts";
import { http_event, lambda_context } from "../support/http_event.ts";
import { quiet } from "../support/quiet.ts";

quiet();

describe("GET /openapi.json", () => {
  it("is the document as it is committed, for everyone, for five minutes", async () => {
    const answer = await handler(http_event({ route: "GET /openapi.json" }), lambda_context(10_000));
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { "content-type": "application/json", "cache-control": "public, max-age=300" },
    });
    expect(JSON.parse(answer.body)).toEqual(JSON.parse(readFileSync(OPENAPI_FILE, "utf8")));
  });
});
