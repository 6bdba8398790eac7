import type { CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import { afterEach, describe, expect, it } from "vitest";
import { refresh, revoke } from "../../identity/refresh_token.ts";
import { cognito_client } from "../../identity/sign_in.ts";
import { caught_problem } from "../support/caught.ts";
import { quiet } from "../support/quiet.ts";
import { patience, type Scripted, type ScriptedServer, scripted_server } from "../support/scripted_server.ts";

const CLIENT_ID = "1example23456789";
const TOKEN = "canary-refresh-token";
const { signal } = new AbortController();

const answered = (status: number, body: object): Scripted => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.1" },
  body: JSON.stringify(body),
});

const refused = (name: string, message: string, status = 400): Scripted =>
  answered(status, { __type: name, message });

const tokens = (AuthenticationResult: object) => answered(200, { AuthenticationResult });

const output = quiet();

let server: ScriptedServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function cognito_answering(answer: Scripted): Promise<CognitoIdentityProviderClient> {
  server = await scripted_server(() => answer);
  return cognito_client({
    endpoint: server.url,
    region: "eu-central-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local-secret" },
    maxAttempts: 1,
    requestHandler: { requestTimeout: patience([answer]), throwOnRequestTimeout: true },
  });
}

const refreshed = async (answer: Scripted) =>
  refresh(await cognito_answering(answer), CLIENT_ID)(TOKEN, signal);
const revoked = async (answer: Scripted) => revoke(await cognito_answering(answer), CLIENT_ID)(TOKEN, signal);

const asked = () =>
  (server?.requests ?? []).map(({ headers, body }) => [
    String(headers["x-amz-target"]).split(".").at(-1),
    JSON.parse(body),
  ]);

/** A token that is no good, in all the ways that Cognito has to say it. */
const NO_GOOD: [string, string][] = [
  ["NotAuthorizedException", "Invalid Refresh Token"],
  ["NotAuthorizedException", "Refresh Token has been revoked"],
  ["NotAuthorizedException", "Refresh Token has expired"],
  ["NotAuthorizedException", "User is disabled."],
  ["RefreshTokenReuseException", "Refresh token has been reused."],
  ["UserNotFoundException", "User does not exist."],
  ["InvalidParameterException", "1 validation error detected: Value at 'refreshToken' failed"],
];

describe("refresh", () => {
  it("gives new tokens, and the refresh token that is still good", async () => {
    expect(await refreshed(tokens({ AccessToken: "access", IdToken: "id", ExpiresIn: 3600 }))).toEqual({
      access_token: "access",
      refresh_token: TOKEN,
      expires_in: 3600,
    });
    expect(asked()).toEqual([["GetTokensFromRefreshToken", { ClientId: CLIENT_ID, RefreshToken: TOKEN }]]);
    expect(server?.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("gives the new refresh token where the app client rotates them", async () => {
    const answer = tokens({ AccessToken: "access", RefreshToken: "second", ExpiresIn: 3600 });
    expect(await refreshed(answer)).toMatchObject({ refresh_token: "second" });
  });

  it.each(NO_GOOD)("says the same of every token that is no good: %s, %s", async (name, message) => {
    const { details, statusCode } = await caught_problem(() => refreshed(refused(name, message)));
    expect(statusCode).toBe(401);
    expect(details).toMatchObject({ code: "invalid_refresh_token" });
    expect(details.detail).toContain("/login");
    expect(output().text()).toBe("");
  });

  it.each([
    ["nothing", {}],
    ["no access token", { AuthenticationResult: { ExpiresIn: 3600 } }],
    ["no time of expiry", { AuthenticationResult: { AccessToken: "canary" } }],
  ])("takes %s for a fault of Cognito's", async (_, body) => {
    const { code } = await caught_problem(() => refreshed(answered(200, body)));
    expect(code).toBe("identity_refused");
  });
});

describe("revoke", () => {
  it("revokes the token", async () => {
    await revoked(answered(200, {}));
    expect(asked()).toEqual([["RevokeToken", { ClientId: CLIENT_ID, Token: TOKEN }]]);
    expect(server?.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it.each(NO_GOOD)("is content with a token that is no good already: %s, %s", async (name, message) => {
    await expect(revoked(refused(name, message))).resolves.toBeUndefined();
  });

  it("refuses another kind of token", async () => {
    const { details } = await caught_problem(() => revoked(refused("UnsupportedTokenTypeException", "No.")));
    expect(details).toMatchObject({ code: "invalid_request", errors: [{ field: "refreshToken" }] });
  });
});

describe.each([
  ["refresh", refreshed],
  ["revoke", revoked],
])("what %s cannot do", (_, asking) => {
  it.each<[string, string, number, string]>([
    ["TooManyRequestsException", "Slow down", 400, "identity_unavailable"],
    ["InternalErrorException", "Oh", 500, "identity_unavailable"],
    ["ResourceNotFoundException", "User pool client does not exist.", 400, "identity_refused"],
    ["InvalidParameterException", "Refresh is not enabled for this client", 400, "identity_refused"],
  ])("is a problem of its own: %s", async (name, message, status, code) => {
    expect(await caught_problem(() => asking(refused(name, message, status)))).toMatchObject({ code });
  });
});
