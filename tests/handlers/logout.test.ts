import { afterAll, describe, expect, it } from "vitest";
import { read_problem } from "../support/answers.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { function_environment } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { type ReceivedRequest, scripted_server } from "../support/scripted_server.ts";

const received: ReceivedRequest[] = [];
const cognito = await scripted_server((request) => {
  received.push(request);
  return { status: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body: "{}" };
});

Object.assign(process.env, function_environment(cognito.url));
const { handler } = await import("../../handlers/logout.ts");

const output = quiet();
afterAll(() => cognito.close());

const logout = (body: unknown) =>
  handler(json_event(body, { route: "POST /logout" }), lambda_context(15_000));

describe("POST /logout", () => {
  it("revokes the refresh token, and says nothing more", async () => {
    const answer = await logout({ refreshToken: "canary-token" });
    expect(answer.statusCode).toBe(204);
    expect(answer.body ?? "").toBe("");
    expect(received.map(({ headers }) => String(headers["x-amz-target"]).split(".").at(-1))).toEqual([
      "RevokeToken",
    ]);
    expect(output().text()).not.toContain("canary");
  });

  it.each([{}, { refreshToken: "" }, { token: "x" }])("wants one: %j", async (body) => {
    expect(read_problem(await logout(body))).toMatchObject({ code: "invalid_request" });
  });
});
