import { afterAll, describe, expect, it } from "vitest";
import { refresh_response } from "../../schemas/refresh.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { json_event, lambda_context } from "../support/http_event.ts";
import { function_environment } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { scripted_server } from "../support/scripted_server.ts";

const cognito = await scripted_server(({ body }) => {
  const { RefreshToken } = JSON.parse(body);
  const [status, answer] =
    RefreshToken === "canary-good"
      ? [200, { AuthenticationResult: { AccessToken: "canary.access", ExpiresIn: 3600 } }]
      : [400, { __type: "NotAuthorizedException", message: "Invalid Refresh Token" }];
  return { status, headers: { "content-type": "application/x-amz-json-1.1" }, body: JSON.stringify(answer) };
});

Object.assign(process.env, function_environment(cognito.url));
const { handler } = await import("../../handlers/refresh.ts");

const output = quiet();
afterAll(() => cognito.close());

const refresh = (body: unknown) =>
  handler(json_event(body, { route: "POST /refresh" }), lambda_context(15_000));

describe("POST /refresh", () => {
  it("gives an access token for a refresh token", async () => {
    expect(read_answer(refresh_response, await refresh({ refreshToken: "canary-good" }))).toEqual({
      jwt: "canary.access",
      expiresIn: 3600,
      refreshToken: "canary-good",
    });
  });

  it("says that a token is no good", async () => {
    expect(read_problem(await refresh({ refreshToken: "canary-bad" }))).toMatchObject({
      status: 401,
      code: "invalid_refresh_token",
    });
  });

  it.each([{}, { refreshToken: "" }, { refreshToken: "x".repeat(8_193) }, { refreshToken: 1 }])(
    "wants one: %j",
    async (body) => {
      expect(read_problem(await refresh(body))).toMatchObject({
        code: "invalid_request",
        errors: [{ field: "refreshToken" }],
      });
    },
  );

  it("logs no token", async () => {
    await refresh({ refreshToken: "canary-good" });
    await refresh({ refreshToken: "canary-bad" });
    expect(output().records().length).toBeGreaterThan(0);
    expect(output().text()).not.toContain("canary");
  });
});
