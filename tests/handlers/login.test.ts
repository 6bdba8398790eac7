import { afterAll, beforeEach, describe, expect, it } from "vitest";
import type { HttpAnswer } from "../../middleware/reply.ts";
import { login_response } from "../../schemas/login.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { json_event, lambda_context, REQUEST_ID } from "../support/http_event.ts";
import { function_environment } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { type ReceivedRequest, type Scripted, scripted_server } from "../support/scripted_server.ts";

/** What Cognito answers at present, to the requests of one call in their order. */
let answers: readonly Scripted[] = [];
let received: ReceivedRequest[] = [];
const cognito = await scripted_server((request) => answers[received.push(request) - 1] ?? "reset");

Object.assign(process.env, function_environment(cognito.url));
const { handler } = await import("../../handlers/login.ts");

const output = quiet();
afterAll(() => cognito.close());
beforeEach(() => {
  received = [];
});

const answered = (status: number, body: object): Scripted => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.1" },
  body: JSON.stringify(body),
});

const refused = (name: string, message: string): Scripted => answered(400, { __type: name, message });

const TOKENS = answered(200, {
  AuthenticationResult: {
    AccessToken: "canary.access",
    IdToken: "canary.id",
    RefreshToken: "canary.refresh",
    ExpiresIn: 3600,
  },
});
const CHALLENGE = answered(200, { ChallengeName: "NEW_PASSWORD_REQUIRED", Session: "canary-session" });

const credentials = { username: "ann@example.com", password: "canary-Passw0rd!" };

const login = (body: unknown, ...script: readonly Scripted[]): Promise<HttpAnswer> => {
  received = [];
  answers = script;
  return handler(json_event(body, { route: "POST /login" }), lambda_context(15_000));
};

describe("POST /login", () => {
  it("gives the tokens, the user name as given and the seconds until they expire", async () => {
    expect(read_answer(login_response, await login(credentials, TOKENS))).toEqual({
      jwt: "canary.access",
      credentials: "ann@example.com",
      expiresIn: 3600,
      refreshToken: "canary.refresh",
    });
  });

  it("asks for a new password, and takes it in the same call", async () => {
    const asking = read_problem(await login(credentials, CHALLENGE));
    expect(asking).toMatchObject({ status: 403, code: "new_password_required" });
    const chosen = { ...credentials, newPassword: "canary-New-Passw0rd!" };
    expect(read_answer(login_response, await login(chosen, CHALLENGE, TOKENS)).jwt).toBe("canary.access");
    expect(received).toHaveLength(2);
  });

  it("answers an unknown user, a wrong password and a disabled user with the same bytes", async () => {
    const refusals = [
      await login(credentials, refused("UserNotFoundException", "User does not exist.")),
      await login(credentials, refused("NotAuthorizedException", "Incorrect username or password.")),
      await login(credentials, refused("NotAuthorizedException", "User is disabled.")),
      await login(
        { ...credentials, username: "bob" },
        refused("NotAuthorizedException", "User is disabled."),
      ),
    ];
    for (const refusal of refusals) {
      expect(read_problem(refusal)).toMatchObject({ status: 401, code: "invalid_credentials" });
      expect(refusal).toEqual(refusals[0]);
    }
  });

  it("says that Cognito is not available, after a second try", async () => {
    const answer = await login(credentials, "reset", answered(500, { __type: "InternalErrorException" }));
    expect(read_problem(answer)).toMatchObject({ status: 503, code: "identity_unavailable" });
    expect(answer.headers["Retry-After"]).toBe("2");
    expect(received).toHaveLength(2);
    expect(output().records()).toMatchObject([
      { level: "ERROR", requestId: REQUEST_ID, error: { cause: { name: "InternalErrorException" } } },
      { level: "INFO", route: "POST /login", status: 503 },
    ]);
  });

  it.each([
    ["no user name", { password: "x" }, ["username"]],
    ["no password", { username: "ann" }, ["password"]],
    ["nothing", {}, ["username", "password"]],
    ["an empty user name", { username: "", password: "x" }, ["username"]],
    ["a user name that is too long", { username: "x".repeat(129), password: "x" }, ["username"]],
    ["a password that is too long", { username: "ann", password: "x".repeat(257) }, ["password"]],
    ["a password that is no text", { username: "ann", password: 7 }, ["password"]],
    ["an empty new password", { ...credentials, newPassword: "" }, ["newPassword"]],
    ["a field that there is not", { ...credentials, otp: "1" }, ["otp"]],
  ])("refuses %s, names the field and does not ask Cognito", async (_, body, fields) => {
    const { status, code, errors } = read_problem(await login(body, TOKENS));
    expect({ status, code }).toEqual({ status: 400, code: "invalid_request" });
    expect(errors?.map(({ field }) => field)).toEqual(fields);
    expect(received).toHaveLength(0);
  });

  it("logs no password and no token, whatever happens", async () => {
    await login(credentials, TOKENS);
    await login(credentials, CHALLENGE);
    await login(
      { ...credentials, newPassword: "canary" },
      CHALLENGE,
      refused("InvalidPasswordException", "Too short"),
    );
    await login(credentials, refused("NotAuthorizedException", "Incorrect username or password."));
    await login(credentials, refused("ResourceNotFoundException", "User pool client does not exist."));
    await login(credentials, { status: 200, body: '{"AuthenticationResult": {"AccessToken": "canary' });
    await login(credentials, "reset", "reset");
    await login('{"username": "ann", "password": "canary"', TOKENS);
    await login({ ...credentials, canary: "canary" }, TOKENS);
    const lines = output().records();
    expect(lines.length).toBeGreaterThanOrEqual(9);
    expect(output().text()).not.toMatch(/canary|ann@/);
  });
});
