import type { CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { type Credentials, cognito_client, identity_problem, sign_in } from "../../identity/sign_in.ts";
import type { ProblemCode } from "../../layer/errors.ts";
import { caught, caught_problem } from "../support/caught.ts";
import { quiet } from "../support/quiet.ts";
import { patience, type Scripted, type ScriptedServer, scripted_server } from "../support/scripted_server.ts";

const CLIENT_ID = "1example23456789";
const credentials: Credentials = { username: "ann@example.com", password: "canary-Passw0rd!" };
const { signal } = new AbortController();

const answered = (status: number, body: object): Scripted => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": "b2d7a1c0" },
  body: JSON.stringify(body),
});

const refused = (name: string, message: string, status = 400): Scripted =>
  answered(status, { __type: name, message });

const TOKENS = answered(200, {
  AuthenticationResult: {
    AccessToken: "access",
    IdToken: "id",
    RefreshToken: "refresh",
    ExpiresIn: 3600,
    TokenType: "Bearer",
  },
  ChallengeParameters: {},
});

const NEW_PASSWORD_REQUIRED = answered(200, {
  ChallengeName: "NEW_PASSWORD_REQUIRED",
  Session: "session-of-the-challenge",
  ChallengeParameters: { USER_ID_FOR_SRP: "f4a1b2c3", requiredAttributes: "[]", userAttributes: "{}" },
});

const output = quiet();

let server: ScriptedServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Cognito, with these answers one after the other. */
async function cognito_answering(...answers: readonly Scripted[]): Promise<CognitoIdentityProviderClient> {
  server = await scripted_server((_, earlier) => answers[earlier] ?? "reset");
  return cognito_client({
    endpoint: server.url,
    region: "eu-central-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local-secret" },
    maxAttempts: 1,
    requestHandler: { requestTimeout: patience(answers), throwOnRequestTimeout: true },
  });
}

const signed_in = async (sent: Credentials, ...answers: readonly Scripted[]) =>
  sign_in(await cognito_answering(...answers), CLIENT_ID)(sent, signal);

const refusal = (sent: Credentials, ...answers: readonly Scripted[]) =>
  caught_problem(() => signed_in(sent, ...answers));

const json_object = z.record(z.string(), z.unknown());

/** What Cognito was asked for, in order. */
const asked = () =>
  (server?.requests ?? []).map(({ headers, body }) => ({
    operation: String(headers["x-amz-target"]).split(".").at(-1),
    ...json_object.parse(JSON.parse(body)),
  }));

describe("sign_in", () => {
  it("gives the tokens of a user with the right password", async () => {
    expect(await signed_in(credentials, TOKENS)).toEqual({
      access_token: "access",
      refresh_token: "refresh",
      expires_in: 3600,
    });
    expect(asked()).toEqual([
      {
        operation: "InitiateAuth",
        ClientId: CLIENT_ID,
        AuthFlow: "USER_PASSWORD_AUTH",
        AuthParameters: { USERNAME: credentials.username, PASSWORD: credentials.password },
      },
    ]);
  });

  it("sends no signature: the operations are public, and the function needs no right to them", async () => {
    await signed_in(credentials, TOKENS);
    expect(server?.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  it("ignores a new password that nobody has asked for", async () => {
    await signed_in({ ...credentials, newPassword: "canary-New-Passw0rd!" }, TOKENS);
    expect(asked()).toHaveLength(1);
    expect(server?.requests[0]?.body).not.toContain("canary-New");
  });

  it("answers the demand for a new password in the same call", async () => {
    const sent = { ...credentials, newPassword: "canary-New-Passw0rd!" };
    expect(await signed_in(sent, NEW_PASSWORD_REQUIRED, TOKENS)).toMatchObject({ access_token: "access" });
    expect(asked()[1]).toEqual({
      operation: "RespondToAuthChallenge",
      ClientId: CLIENT_ID,
      ChallengeName: "NEW_PASSWORD_REQUIRED",
      Session: "session-of-the-challenge",
      ChallengeResponses: { USERNAME: "f4a1b2c3", NEW_PASSWORD: "canary-New-Passw0rd!" },
    });
  });

  it("asks for a new password where one is needed", async () => {
    const problem = await refusal(credentials, NEW_PASSWORD_REQUIRED);
    expect(problem).toMatchObject({ code: "new_password_required", statusCode: 403 });
    expect(problem.message).toContain("newPassword");
    expect(asked()).toHaveLength(1);
  });

  it("says why a new password is refused", async () => {
    const message = "Password did not conform with policy: Password not long enough";
    const problem = await refusal(
      { ...credentials, newPassword: "short" },
      NEW_PASSWORD_REQUIRED,
      refused("InvalidPasswordException", message),
    );
    expect(problem.details).toMatchObject({
      code: "invalid_new_password",
      status: 400,
      errors: [{ field: "newPassword", message }],
    });
  });

  it.each(["SMS_MFA", "SOFTWARE_TOKEN_MFA", "MFA_SETUP", "SELECT_MFA_TYPE", "A_FUTURE_ONE"])(
    "does not support %s, first or after a new password",
    async (ChallengeName) => {
      const challenge = answered(200, { ChallengeName, Session: "canary", ChallengeParameters: {} });
      for (const problem of [
        await refusal(credentials, challenge),
        await refusal({ ...credentials, newPassword: "New-Passw0rd!" }, NEW_PASSWORD_REQUIRED, challenge),
      ]) {
        expect(problem).toMatchObject({ code: "challenge_not_supported", statusCode: 403 });
        expect(problem.message).toContain(ChallengeName);
        await server?.close();
      }
    },
  );

  it.each([
    ["nothing", {}],
    ["an empty result", { AuthenticationResult: {} }],
    ["no refresh token", { AuthenticationResult: { AccessToken: "canary", ExpiresIn: 3600 } }],
    ["no time of expiry", { AuthenticationResult: { AccessToken: "canary", RefreshToken: "r" } }],
  ])("takes %s for a fault of Cognito's", async (_, body) => {
    expect(await refusal(credentials, answered(200, body))).toMatchObject({ code: "identity_refused" });
  });
});

describe("an answer that is a refusal", () => {
  it("is the same for an unknown user, a wrong password, a disabled user and a name that nobody can have", async () => {
    const problems = [
      await refusal(credentials, refused("NotAuthorizedException", "Incorrect username or password.")),
      await refusal(credentials, refused("UserNotFoundException", "User does not exist.")),
      await refusal(credentials, refused("NotAuthorizedException", "User is disabled.")),
      await refusal(credentials, refused("NotAuthorizedException", "Password attempts exceeded")),
      await refusal(
        { username: "a b", password: "x" },
        refused(
          "InvalidParameterException",
          "1 validation error detected: Value at 'authParameters' failed to satisfy constraint",
        ),
      ),
      await refusal(
        { ...credentials, newPassword: "New-Passw0rd!" },
        NEW_PASSWORD_REQUIRED,
        refused("NotAuthorizedException", "Invalid session for the user, session is expired."),
      ),
    ];
    for (const { details, statusCode, retry_after } of problems) {
      expect(statusCode).toBe(401);
      expect(retry_after).toBeUndefined();
      expect(details).toEqual(problems[0]?.details);
      expect(Object.keys(details)).toEqual(Object.keys(problems[0]?.details ?? {}));
    }
    expect(problems[0]?.code).toBe("invalid_credentials");
  });

  it.each([
    ["Unable to verify secret hash for client 1example23456789", true],
    ["PreAuthentication failed with error canary", true],
    ["Incorrect username or password.", false],
    ["User does not exist.", false],
    ["User is disabled.", false],
    ["Password attempts exceeded", false],
    ["Temporary password has expired and must be reset by an administrator.", false],
  ])("is told in the log if it is for none of the usual reasons: %s (%j)", async (message, told) => {
    const problem = await refusal(credentials, refused("NotAuthorizedException", message));
    expect(problem.code).toBe("invalid_credentials");
    expect(output().records()).toMatchObject(
      told ? [{ level: "WARN", error: { name: "NotAuthorizedException", message } }] : [],
    );
    expect(output().text()).not.toContain(credentials.password);
  });

  it("is about the new password where Cognito finds that one wrong", async () => {
    const invalid = refused(
      "InvalidParameterException",
      "1 validation error detected: Value at 'challengeResponses' failed to satisfy constraint",
    );
    const sent = { ...credentials, newPassword: " canary " };
    const problem = await refusal(sent, NEW_PASSWORD_REQUIRED, invalid);
    expect(problem.details).toMatchObject({
      code: "invalid_new_password",
      errors: [{ field: "newPassword" }],
    });
    expect(problem.message).not.toContain("canary");
  });

  it.each<[string, string, number, ProblemCode]>([
    ["UserNotConfirmedException", "User is not confirmed.", 400, "user_not_confirmed"],
    ["PasswordResetRequiredException", "Password reset required", 400, "password_reset_required"],
    ["InvalidPasswordException", "Password too short", 400, "invalid_new_password"],
    [
      "InvalidParameterException",
      "USER_PASSWORD_AUTH flow not enabled for this client",
      400,
      "identity_refused",
    ],
    ["ResourceNotFoundException", "User pool client does not exist.", 400, "identity_refused"],
    ["InvalidUserPoolConfigurationException", "As Cognito words it.", 400, "identity_refused"],
    ["UserLambdaValidationException", "PreAuthentication failed", 400, "identity_refused"],
    ["InvalidLambdaResponseException", "Unrecognizable lambda output", 400, "identity_refused"],
    ["ForbiddenException", "Request not allowed due to WAF block.", 403, "identity_refused"],
    ["PasswordHistoryPolicyViolationException", "Password used before", 400, "invalid_new_password"],
    ["ThrottlingException", "Rate exceeded", 400, "identity_unavailable"],
    ["TooManyRequestsException", "Rate exceeded", 400, "identity_unavailable"],
    ["LimitExceededException", "Attempt limit exceeded", 400, "identity_unavailable"],
    ["InternalErrorException", "As Cognito words it.", 500, "identity_unavailable"],
    ["ServiceUnavailable", "As Cognito words it.", 503, "identity_unavailable"],
  ])("%s (%s) is, with status %i, %s", async (name, message, status, code) => {
    expect(await refusal(credentials, refused(name, message, status))).toMatchObject({ code });
  });

  it.each<[string, Scripted]>([
    ["breaks the connection off", "reset"],
    ["does not answer in time", "silence"],
    ["answers what is no JSON", { status: 502, body: "<html>Bad Gateway canary</html>" }],
  ])("is identity_unavailable where Cognito %s", async (_, answer) => {
    const problem = await refusal(credentials, answer);
    expect(problem).toMatchObject({ code: "identity_unavailable", statusCode: 503, retry_after: 2 });
    expect(problem.cause).toBeInstanceOf(Error);
    expect(JSON.stringify(problem.details)).not.toContain("canary");
  });

  it("is identity_unavailable when the time is up", async () => {
    const cognito = await cognito_answering("silence");
    const signing_in = () => sign_in(cognito, CLIENT_ID)(credentials, AbortSignal.timeout(30));
    expect(await caught(signing_in)).toMatchObject({ code: "identity_unavailable" });
  });

  it.each([undefined, null, "thrown text", {}])("is identity_unavailable where %j was thrown", (thrown) => {
    expect(identity_problem(thrown).code).toBe("identity_unavailable");
  });

  it("never shows the password, whatever Cognito answers", async () => {
    const names = [
      "NotAuthorizedException",
      "InvalidParameterException",
      "ResourceNotFoundException",
      "Other",
    ];
    for (const name of names) {
      const problem = await refusal(credentials, refused(name, "As Cognito words it."));
      expect(JSON.stringify(problem.details)).not.toContain("canary");
      await server?.close();
    }
  });
});
