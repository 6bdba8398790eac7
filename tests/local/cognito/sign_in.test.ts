import {
  AdminDisableUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  type AuthFlowType,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { describe, expect, it } from "vitest";
import {
  DAY,
  EMAIL,
  error,
  MINUTE,
  OTHER_PASSWORD,
  open_test_pool,
  PASSWORD,
  SECOND,
  type TestPool,
  tokens_of,
  WRONG_CREDENTIALS,
} from "./test_pool.ts";

const ATTEMPTS_EXCEEDED = error("NotAuthorizedException", "Password attempts exceeded");

describe("InitiateAuth with USER_PASSWORD_AUTH", () => {
  it("gives tokens that the production verifier accepts with our JWKS", async () => {
    const pool = await open_test_pool();
    const sub = await pool.add_user();
    const answer = await pool.sign_in();
    const { access, id } = tokens_of(answer);
    const asked_for: string[] = [];
    const jwksCache = new SimpleJwksCache({
      fetcher: {
        async fetch(uri) {
          asked_for.push(uri);
          return (await fetch(pool.cognito.jwks_uri)).arrayBuffer();
        },
      },
    });
    const { pool_id: userPoolId, client_id: clientId } = pool.cognito;
    const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: "access" }, { jwksCache });

    expect(answer.AuthenticationResult).toMatchObject({ ExpiresIn: 3600, TokenType: "Bearer" });
    expect(await verifier.verify(access)).toMatchObject({ sub, username: sub });
    expect(asked_for).toEqual([`${pool.cognito.issuer}/.well-known/jwks.json`]);
    await expect(verifier.verify(id)).rejects.toThrow(/Token use not allowed/);
  });

  it("puts Cognito's claims into the access token", async () => {
    const pool = await open_test_pool();
    const sub = await pool.add_user();
    const { access } = tokens_of(await pool.sign_in());
    const now = Math.floor(pool.now().getTime() / 1000);

    expect(decodeProtectedHeader(access)).toEqual({ alg: "RS256", kid: expect.any(String) });
    expect(decodeJwt(access)).toEqual({
      sub,
      username: sub,
      iss: `https://cognito-idp.eu-central-1.amazonaws.com/${pool.cognito.pool_id}`,
      client_id: pool.cognito.client_id,
      origin_jti: expect.any(String),
      event_id: expect.any(String),
      jti: expect.any(String),
      token_use: "access",
      scope: "aws.cognito.signin.user.admin",
      auth_time: now,
      iat: now,
      exp: now + 3600,
    });
  });

  it("puts Cognito's claims into the id token", async () => {
    const pool = await open_test_pool();
    const sub = await pool.add_user();
    const { access, id } = tokens_of(await pool.sign_in());
    const now = Math.floor(pool.now().getTime() / 1000);

    expect(decodeJwt(id)).toEqual({
      sub,
      "cognito:username": sub,
      email: EMAIL,
      email_verified: false,
      iss: pool.cognito.issuer,
      aud: pool.cognito.client_id,
      origin_jti: decodeJwt(access).origin_jti,
      event_id: decodeJwt(access).event_id,
      jti: expect.any(String),
      token_use: "id",
      auth_time: now,
      iat: now,
      exp: now + 3600,
    });
  });

  it("takes the e-mail in any case, and the sub", async () => {
    const pool = await open_test_pool();
    const sub = await pool.add_user({ email: "Ann@Example.com" });
    for (const username of ["ann@example.com", "ANN@EXAMPLE.COM", sub]) {
      expect(decodeJwt(tokens_of(await pool.sign_in(username)).access).sub).toBe(sub);
    }
  });

  it("answers a wrong password and an unknown user alike", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    await expect(pool.sign_in(EMAIL, OTHER_PASSWORD)).rejects.toMatchObject(WRONG_CREDENTIALS);
    await expect(pool.sign_in("nobody@example.com")).rejects.toMatchObject(WRONG_CREDENTIALS);
  });

  it("tells that a user is disabled only to who knows the password", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const user = { UserPoolId: pool.cognito.pool_id, Username: EMAIL };
    await pool.client.send(new AdminDisableUserCommand(user));
    await expect(pool.sign_in(EMAIL, OTHER_PASSWORD)).rejects.toMatchObject(WRONG_CREDENTIALS);
    await expect(pool.sign_in()).rejects.toMatchObject(error("NotAuthorizedException", "User is disabled."));
  });

  it("names a missing parameter", async () => {
    const pool = await open_test_pool();
    const request = { AuthFlow: "USER_PASSWORD_AUTH", ClientId: pool.cognito.client_id } as const;
    const parameters = { USERNAME: EMAIL };
    await expect(pool.client.send(new InitiateAuthCommand(request))).rejects.toMatchObject(
      error("InvalidParameterException", "Missing required parameter USERNAME"),
    );
    await expect(
      pool.client.send(new InitiateAuthCommand({ ...request, AuthParameters: parameters })),
    ).rejects.toMatchObject(error("InvalidParameterException", "Missing required parameter PASSWORD"));
  });

  it("refuses another client, and a secret hash, which this client has no secret for", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const sign_in = (ClientId: string, more: Record<string, string>) =>
      pool.client.send(
        new InitiateAuthCommand({
          AuthFlow: "USER_PASSWORD_AUTH",
          ClientId,
          AuthParameters: { USERNAME: EMAIL, PASSWORD, ...more },
        }),
      );
    await expect(sign_in("someoneelsesclient", {})).rejects.toMatchObject(
      error("ResourceNotFoundException", "User pool client someoneelsesclient does not exist."),
    );
    await expect(sign_in(pool.cognito.client_id, { SECRET_HASH: "aGFzaA==" })).rejects.toMatchObject(
      error("NotAuthorizedException", `Unable to verify secret hash for client ${pool.cognito.client_id}`),
    );
  });

  it.each([
    ["USER_SRP_AUTH", "USER_SRP_AUTH is not enabled for the client."],
    ["CUSTOM_AUTH", "CUSTOM_AUTH is not enabled for the client."],
    ["USER_AUTH", "USER_AUTH flow not enabled for this client"],
    ["ADMIN_USER_PASSWORD_AUTH", "Initiate Auth method not supported."],
  ] as const)("refuses the flow %s, which is not enabled", async (AuthFlow, message) => {
    const pool = await open_test_pool();
    const request = { AuthFlow, ClientId: pool.cognito.client_id, AuthParameters: { USERNAME: EMAIL } };
    await expect(pool.client.send(new InitiateAuthCommand(request))).rejects.toMatchObject(
      error("InvalidParameterException", message),
    );
  });
});

describe("the lock-out after wrong passwords", () => {
  async function fail_to_sign_in(pool: TestPool, times: number, username = EMAIL): Promise<void> {
    for (let n = 0; n < times; n++) {
      await expect(pool.sign_in(username, "Wr0ng-password")).rejects.toMatchObject(WRONG_CREDENTIALS);
    }
  }

  it("lets the right password in after four failures, and counts anew from there", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    await fail_to_sign_in(pool, 4);
    await pool.sign_in();
    await fail_to_sign_in(pool, 4);
    await pool.sign_in();
  });

  it("refuses the right password for a second after the fifth failure, for two after the sixth", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    await fail_to_sign_in(pool, 5);
    await expect(pool.sign_in()).rejects.toMatchObject(ATTEMPTS_EXCEEDED);
    pool.advance(SECOND);
    await fail_to_sign_in(pool, 1);
    pool.advance(SECOND);
    await expect(pool.sign_in()).rejects.toMatchObject(ATTEMPTS_EXCEEDED);
    pool.advance(SECOND);
    await pool.sign_in();
  });

  it("locks out an unknown user in the same way", async () => {
    const pool = await open_test_pool();
    await fail_to_sign_in(pool, 5, "nobody@example.com");
    await expect(pool.sign_in("Nobody@example.com")).rejects.toMatchObject(ATTEMPTS_EXCEEDED);
  });

  it("counts the e-mail and the sub as one user", async () => {
    const pool = await open_test_pool();
    const sub = await pool.add_user();
    await fail_to_sign_in(pool, 3);
    await fail_to_sign_in(pool, 2, sub);
    await expect(pool.sign_in()).rejects.toMatchObject(ATTEMPTS_EXCEEDED);
  });
});

describe("the new-password challenge", () => {
  async function challenged(pool: TestPool): Promise<string> {
    const answer = await pool.sign_in();
    expect(answer.ChallengeName).toBe("NEW_PASSWORD_REQUIRED");
    expect(answer.AuthenticationResult).toBeUndefined();
    return answer.Session ?? "";
  }

  function respond(pool: TestPool, Session: string, NEW_PASSWORD = OTHER_PASSWORD, USERNAME = EMAIL) {
    return pool.client.send(
      new RespondToAuthChallengeCommand({
        ClientId: pool.cognito.client_id,
        ChallengeName: "NEW_PASSWORD_REQUIRED",
        Session,
        ChallengeResponses: { USERNAME, NEW_PASSWORD },
      }),
    );
  }

  it("comes for the right temporary password, and its answer signs in", async () => {
    const pool = await open_test_pool();
    const sub = await pool.add_user({ temporary: true });
    const answer = await pool.sign_in();
    expect(answer.ChallengeParameters).toEqual({
      USER_ID_FOR_SRP: sub,
      requiredAttributes: "[]",
      userAttributes: JSON.stringify({ email_verified: "false", email: EMAIL }),
    });
    const tokens = tokens_of(await respond(pool, answer.Session ?? ""));
    expect(decodeJwt(tokens.access).sub).toBe(sub);
    tokens_of(await pool.sign_in(EMAIL, OTHER_PASSWORD));
    await expect(pool.sign_in()).rejects.toMatchObject(WRONG_CREDENTIALS);
  });

  it("does not come for a wrong temporary password", async () => {
    const pool = await open_test_pool();
    await pool.add_user({ temporary: true });
    await expect(pool.sign_in(EMAIL, OTHER_PASSWORD)).rejects.toMatchObject(WRONG_CREDENTIALS);
  });

  it("does not come for a temporary password older than seven days, until a new one is set", async () => {
    const pool = await open_test_pool();
    await pool.add_user({ temporary: true });
    pool.advance(7 * DAY - SECOND);
    await challenged(pool);
    pool.advance(SECOND);
    await expect(pool.sign_in()).rejects.toMatchObject(
      error(
        "NotAuthorizedException",
        "Temporary password has expired and must be reset by an administrator.",
      ),
    );
    const user = { UserPoolId: pool.cognito.pool_id, Username: EMAIL };
    await pool.client.send(
      new AdminSetUserPasswordCommand({ ...user, Password: PASSWORD, Permanent: false }),
    );
    await challenged(pool);
  });

  it("keeps its session for another try after a password that breaks the policy", async () => {
    const pool = await open_test_pool();
    await pool.add_user({ temporary: true });
    const session = await challenged(pool);
    await expect(respond(pool, session, "Sh0rt!")).rejects.toMatchObject(
      error("InvalidPasswordException", "Password did not conform with policy: Password not long enough"),
    );
    tokens_of(await respond(pool, session));
  });

  it("takes a session once, even from two answers at the same time", async () => {
    const pool = await open_test_pool();
    await pool.add_user({ temporary: true });
    const session = await challenged(pool);
    const answers = await Promise.allSettled([respond(pool, session), respond(pool, session)]);
    expect(answers.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(respond(pool, session)).rejects.toMatchObject(
      error("NotAuthorizedException", "Invalid session for the user, session can only be used once."),
    );
  });

  it("takes a session for three minutes", async () => {
    const pool = await open_test_pool();
    await pool.add_user({ temporary: true });
    const session = await challenged(pool);
    pool.advance(3 * MINUTE);
    await expect(respond(pool, session)).rejects.toMatchObject(
      error("NotAuthorizedException", "Invalid session for the user, session is expired."),
    );
  });

  it("refuses a made-up session and another user's", async () => {
    const pool = await open_test_pool();
    await pool.add_user({ temporary: true });
    await pool.add_user({ email: "bob@example.com", temporary: true });
    const session = await challenged(pool);
    const invalid = error("NotAuthorizedException", "Invalid session for the user.");
    await expect(respond(pool, "a".repeat(86))).rejects.toMatchObject(invalid);
    await expect(respond(pool, session, OTHER_PASSWORD, "bob@example.com")).rejects.toMatchObject(invalid);
    await expect(respond(pool, session, OTHER_PASSWORD, "nobody@example.com")).rejects.toMatchObject(invalid);
  });

  it("is over when an administrator sets a permanent password or disables the user meanwhile", async () => {
    const pool = await open_test_pool();
    await pool.add_user({ temporary: true });
    const user = { UserPoolId: pool.cognito.pool_id, Username: EMAIL };
    const first = await challenged(pool);
    const second = await challenged(pool);
    await pool.client.send(new AdminDisableUserCommand(user));
    await expect(respond(pool, first)).rejects.toMatchObject(
      error("NotAuthorizedException", "User is disabled."),
    );
    await pool.client.send(new AdminSetUserPasswordCommand({ ...user, Password: PASSWORD, Permanent: true }));
    await expect(respond(pool, second)).rejects.toMatchObject(
      error("NotAuthorizedException", "Invalid session for the user."),
    );
  });
});

describe("refreshing", () => {
  it("gives new access and id tokens of the same sign-in, and no new refresh token", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const first = tokens_of(await pool.sign_in());
    pool.advance(10 * MINUTE);
    const { AuthenticationResult } = await pool.refresh(first.refresh);
    const before = decodeJwt(first.access);
    const after = decodeJwt(AuthenticationResult?.AccessToken ?? "");

    expect(AuthenticationResult).toMatchObject({ ExpiresIn: 3600, TokenType: "Bearer" });
    expect(AuthenticationResult?.RefreshToken).toBeUndefined();
    expect(after).toMatchObject({ origin_jti: before.origin_jti, auth_time: before.auth_time });
    expect(after.iat).toBe((before.iat ?? 0) + 600);
    expect(after.jti).not.toBe(before.jti);
  });

  it("works by GetTokensFromRefreshToken and by the administrator's operation too", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const { refresh } = tokens_of(await pool.sign_in());
    const ClientId = pool.cognito.client_id;
    const direct = await pool.client.send(
      new GetTokensFromRefreshTokenCommand({ ClientId, RefreshToken: refresh }),
    );
    const admin = await pool.client.send(
      new AdminInitiateAuthCommand({
        UserPoolId: pool.cognito.pool_id,
        ClientId,
        AuthFlow: "REFRESH_TOKEN_AUTH",
        AuthParameters: { REFRESH_TOKEN: refresh },
      }),
    );
    expect(decodeJwt(direct.AuthenticationResult?.AccessToken ?? "").token_use).toBe("access");
    expect(direct.AuthenticationResult?.RefreshToken).toBeUndefined();
    expect(decodeJwt(admin.AuthenticationResult?.AccessToken ?? "").token_use).toBe("access");
  });

  it("is refused for a revoked, expired or unknown token and for a disabled user", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const revoked = tokens_of(await pool.sign_in()).refresh;
    const live = tokens_of(await pool.sign_in()).refresh;
    const ClientId = pool.cognito.client_id;
    await pool.client.send(new RevokeTokenCommand({ ClientId, Token: revoked }));
    const refused = (message: string) => error("NotAuthorizedException", message);

    await expect(pool.refresh(revoked)).rejects.toMatchObject(refused("Refresh Token has been revoked"));
    await expect(pool.refresh("unknown")).rejects.toMatchObject(refused("Invalid Refresh Token"));
    pool.advance(30 * DAY - SECOND);
    await pool.refresh(live);
    pool.advance(SECOND);
    await expect(pool.refresh(live)).rejects.toMatchObject(refused("Refresh Token has expired"));
    const user = { UserPoolId: pool.cognito.pool_id, Username: EMAIL };
    await pool.client.send(new AdminDisableUserCommand(user));
    await expect(pool.refresh(live)).rejects.toMatchObject(refused("User is disabled."));
  });
});

describe("AdminInitiateAuth", () => {
  it.each<[AuthFlowType, string]>([
    ["ADMIN_USER_PASSWORD_AUTH", "Auth flow not enabled for this client"],
    ["USER_PASSWORD_AUTH", "Initiate Auth method not supported."],
  ])("refuses %s", async (AuthFlow, message) => {
    const pool = await open_test_pool();
    const request = new AdminInitiateAuthCommand({
      UserPoolId: pool.cognito.pool_id,
      ClientId: pool.cognito.client_id,
      AuthFlow,
      AuthParameters: { USERNAME: EMAIL, PASSWORD },
    });
    await expect(pool.client.send(request)).rejects.toMatchObject(
      error("InvalidParameterException", message),
    );
  });
});
