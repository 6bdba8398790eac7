import {
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminUserGlobalSignOutCommand,
  ChangePasswordCommand,
  ConfirmForgotPasswordCommand,
  ConfirmSignUpCommand,
  ForgotPasswordCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  RevokeTokenCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { describe, expect, it } from "vitest";
import {
  EMAIL,
  error,
  MINUTE,
  OTHER_PASSWORD,
  open_test_pool,
  PASSWORD,
  type TestPool,
  tokens_of,
  WRONG_CREDENTIALS,
} from "./test_pool.ts";

function get_user(pool: TestPool, AccessToken: string) {
  return pool.client.send(new GetUserCommand({ AccessToken }));
}

function refused(message: string) {
  return error("NotAuthorizedException", message);
}

/** A user with a verified address. */
async function sign_up(pool: TestPool): Promise<void> {
  const user = { ClientId: pool.cognito.client_id, Username: EMAIL };
  await pool.client.send(new SignUpCommand({ ...user, Password: PASSWORD }));
  const ConfirmationCode = pool.messages.pop()?.code;
  await pool.client.send(new ConfirmSignUpCommand({ ...user, ConfirmationCode }));
}

describe("GetUser", () => {
  it("gives the attributes of the token's user", async () => {
    const pool = await open_test_pool();
    const sub = await pool.add_user();
    const { access } = tokens_of(await pool.sign_in());
    expect(await get_user(pool, access)).toMatchObject({
      Username: sub,
      UserAttributes: [
        { Name: "email", Value: EMAIL },
        { Name: "email_verified", Value: "false" },
        { Name: "sub", Value: sub },
      ],
    });
  });

  it("refuses an id token, a token with a changed signature and an expired one", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const { access, id } = tokens_of(await pool.sign_in());
    const forged = `${access.slice(0, -20)}${"A".repeat(20)}`;
    await expect(get_user(pool, id)).rejects.toMatchObject(refused("Invalid Access Token"));
    await expect(get_user(pool, forged)).rejects.toMatchObject(refused("Invalid Access Token"));
    await expect(get_user(pool, "nonsense")).rejects.toMatchObject(refused("Invalid Access Token"));
    pool.advance(60 * MINUTE);
    await expect(get_user(pool, access)).rejects.toMatchObject(refused("Access Token has expired"));
  });

  it("refuses the token of a user who is disabled, enabled again or deleted", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const { access, refresh } = tokens_of(await pool.sign_in());
    const user = { UserPoolId: pool.cognito.pool_id, Username: EMAIL };
    await pool.client.send(new AdminDisableUserCommand(user));
    await expect(get_user(pool, access)).rejects.toMatchObject(refused("User is disabled."));
    await pool.client.send(new AdminEnableUserCommand(user));
    await expect(get_user(pool, access)).rejects.toMatchObject(refused("Access Token has been revoked"));
    await expect(pool.refresh(refresh)).rejects.toMatchObject(refused("Refresh Token has been revoked"));
    await pool.client.send(new AdminDeleteUserCommand(user));
    await expect(get_user(pool, access)).rejects.toMatchObject(
      error("UserNotFoundException", "User does not exist."),
    );
  });
});

describe("signing out", () => {
  it("RevokeToken ends one sign-in and leaves the other", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const ended = tokens_of(await pool.sign_in());
    const other = tokens_of(await pool.sign_in());
    await pool.client.send(
      new RevokeTokenCommand({ ClientId: pool.cognito.client_id, Token: ended.refresh }),
    );
    await expect(get_user(pool, ended.access)).rejects.toMatchObject(
      refused("Access Token has been revoked"),
    );
    await get_user(pool, other.access);
    await pool.refresh(other.refresh);
  });

  it("RevokeToken takes refresh tokens only, and an unknown one is no error", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const { access } = tokens_of(await pool.sign_in());
    const ClientId = pool.cognito.client_id;
    await expect(pool.client.send(new RevokeTokenCommand({ ClientId, Token: access }))).rejects.toMatchObject(
      { name: "UnsupportedTokenTypeException" },
    );
    const { $metadata } = await pool.client.send(new RevokeTokenCommand({ ClientId, Token: "unknown" }));
    expect($metadata.httpStatusCode).toBe(200);
  });

  it.each(["the user", "an administrator"])("a global sign-out by %s ends every sign-in", async (who) => {
    const pool = await open_test_pool();
    await pool.add_user();
    const first = tokens_of(await pool.sign_in());
    const second = tokens_of(await pool.sign_in());
    const user = { UserPoolId: pool.cognito.pool_id, Username: EMAIL };
    if (who === "the user") {
      await pool.client.send(new GlobalSignOutCommand({ AccessToken: first.access }));
    } else {
      await pool.client.send(new AdminUserGlobalSignOutCommand(user));
    }
    for (const { access, refresh } of [first, second]) {
      await expect(get_user(pool, access)).rejects.toMatchObject(refused("Access Token has been revoked"));
      await expect(pool.refresh(refresh)).rejects.toMatchObject(refused("Refresh Token has been revoked"));
    }
    tokens_of(await pool.sign_in());
  });
});

describe("ChangePassword", () => {
  function change(pool: TestPool, AccessToken: string, PreviousPassword: string, ProposedPassword: string) {
    return pool.client.send(new ChangePasswordCommand({ AccessToken, PreviousPassword, ProposedPassword }));
  }

  it("takes the new password for the old one", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const { access } = tokens_of(await pool.sign_in());
    await change(pool, access, PASSWORD, OTHER_PASSWORD);
    tokens_of(await pool.sign_in(EMAIL, OTHER_PASSWORD));
    await expect(pool.sign_in()).rejects.toMatchObject(WRONG_CREDENTIALS);
  });

  it("refuses a wrong old password, five times, and a new one that breaks the policy", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const { access } = tokens_of(await pool.sign_in());
    await expect(change(pool, access, PASSWORD, "No-digits-here")).rejects.toMatchObject(
      error(
        "InvalidPasswordException",
        "Password did not conform with policy: Password must have numeric characters",
      ),
    );
    for (let n = 0; n < 5; n++) {
      await expect(change(pool, access, "Wr0ng-password", OTHER_PASSWORD)).rejects.toMatchObject(
        WRONG_CREDENTIALS,
      );
    }
    await expect(change(pool, access, PASSWORD, OTHER_PASSWORD)).rejects.toMatchObject({
      name: "LimitExceededException",
    });
  });
});

describe("a forgotten password", () => {
  function forgot(pool: TestPool, Username = EMAIL) {
    return pool.client.send(new ForgotPasswordCommand({ ClientId: pool.cognito.client_id, Username }));
  }

  function confirm(pool: TestPool, ConfirmationCode = "", Password = OTHER_PASSWORD, Username = EMAIL) {
    const ClientId = pool.cognito.client_id;
    return pool.client.send(
      new ConfirmForgotPasswordCommand({ ClientId, Username, ConfirmationCode, Password }),
    );
  }

  const EXPIRED = error("ExpiredCodeException", "Invalid code provided, please request a code again.");

  it("is replaced with the help of a code, once", async () => {
    const pool = await open_test_pool();
    await sign_up(pool);
    const { CodeDeliveryDetails } = await forgot(pool);
    expect(CodeDeliveryDetails?.Destination).toBe("a***@e***");
    const code = pool.messages[0]?.code;
    expect(pool.messages).toEqual([{ to: EMAIL, code, kind: "forgot_password" }]);
    await confirm(pool, code);
    tokens_of(await pool.sign_in(EMAIL, OTHER_PASSWORD));
    await expect(confirm(pool, code, PASSWORD)).rejects.toMatchObject(EXPIRED);
  });

  it("keeps the code for another try after a password that breaks the policy", async () => {
    const pool = await open_test_pool();
    await sign_up(pool);
    await forgot(pool);
    const code = pool.messages[0]?.code;
    await expect(confirm(pool, code, "nosymbol1A")).rejects.toMatchObject(
      error(
        "InvalidPasswordException",
        "Password did not conform with policy: Password must have symbol characters",
      ),
    );
    await confirm(pool, code);
  });

  it("is not replaced with a wrong code, or after an hour", async () => {
    const pool = await open_test_pool();
    await sign_up(pool);
    await forgot(pool);
    const code = pool.messages[0]?.code;
    const wrong = code === "000000" ? "000001" : "000000";
    await expect(confirm(pool, wrong)).rejects.toMatchObject({ name: "CodeMismatchException" });
    pool.advance(60 * MINUTE);
    await expect(confirm(pool, code)).rejects.toMatchObject(EXPIRED);
    tokens_of(await pool.sign_in());
  });

  it("sends nothing to who is unknown, unverified or disabled, and answers as if it did", async () => {
    const pool = await open_test_pool();
    await sign_up(pool);
    await pool.add_user({ email: "unverified@example.com" });
    const user = { UserPoolId: pool.cognito.pool_id, Username: EMAIL };
    await pool.client.send(new AdminDisableUserCommand(user));
    for (const name of [EMAIL, "unverified@example.com", "nobody@example.com"]) {
      const { CodeDeliveryDetails } = await forgot(pool, name);
      expect(CodeDeliveryDetails?.Destination).toBe(`${name.charAt(0)}***@e***`);
      await expect(confirm(pool, "123456", OTHER_PASSWORD, name)).rejects.toMatchObject(EXPIRED);
    }
    expect(pool.messages).toEqual([]);
  });
});
