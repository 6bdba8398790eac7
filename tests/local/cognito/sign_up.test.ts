import {
  AdminConfirmSignUpCommand,
  AdminGetUserCommand,
  ConfirmSignUpCommand,
  ResendConfirmationCodeCommand,
  SignUpCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { describe, expect, it } from "vitest";
import { DAY, EMAIL, error, open_test_pool, PASSWORD, type TestPool, tokens_of } from "./test_pool.ts";

const MISMATCH = error("CodeMismatchException", "Invalid verification code provided, please try again.");
const EXPIRED = error("ExpiredCodeException", "Invalid code provided, please request a code again.");

function sign_up(pool: TestPool, more: { Username?: string; Password?: string; attribute?: string } = {}) {
  const { Username = EMAIL, Password = PASSWORD, attribute } = more;
  return pool.client.send(
    new SignUpCommand({
      ClientId: pool.cognito.client_id,
      Username,
      Password,
      UserAttributes: [
        { Name: "email", Value: Username },
        ...(attribute ? [{ Name: attribute, Value: "true" }] : []),
      ],
    }),
  );
}

function confirm(pool: TestPool, ConfirmationCode: string, Username = EMAIL) {
  return pool.client.send(
    new ConfirmSignUpCommand({ ClientId: pool.cognito.client_id, Username, ConfirmationCode }),
  );
}

function resend(pool: TestPool, Username = EMAIL) {
  return pool.client.send(new ResendConfirmationCodeCommand({ ClientId: pool.cognito.client_id, Username }));
}

function get_user(pool: TestPool) {
  return pool.client.send(new AdminGetUserCommand({ UserPoolId: pool.cognito.pool_id, Username: EMAIL }));
}

/** Six digits that are not the code. */
function wrong(code: string | undefined): string {
  return code === "000000" ? "000001" : "000000";
}

describe("SignUp", () => {
  it("sends a code, whose confirmation lets the user sign in with a verified address", async () => {
    const pool = await open_test_pool();
    const answer = await sign_up(pool);
    expect(answer).toMatchObject({
      UserConfirmed: false,
      UserSub: expect.stringMatching(/^[0-9a-f-]{36}$/),
      CodeDeliveryDetails: {
        AttributeName: "email",
        DeliveryMedium: "EMAIL",
        Destination: "a***@e***",
      },
    });
    expect(pool.messages).toEqual([{ to: EMAIL, code: expect.stringMatching(/^\d{6}$/), kind: "sign_up" }]);

    await confirm(pool, pool.messages[0]?.code ?? "");
    tokens_of(await pool.sign_in());
    expect(await get_user(pool)).toMatchObject({
      Username: answer.UserSub,
      UserStatus: "CONFIRMED",
      UserAttributes: expect.arrayContaining([{ Name: "email_verified", Value: "true" }]),
    });
  });

  it("lets nobody sign in unconfirmed, and tells why only to who knows the password", async () => {
    const pool = await open_test_pool();
    await sign_up(pool);
    await expect(pool.sign_in()).rejects.toMatchObject(
      error("UserNotConfirmedException", "User is not confirmed."),
    );
    await expect(pool.sign_in(EMAIL, "Wr0ng-password")).rejects.toMatchObject(
      error("NotAuthorizedException", "Incorrect username or password."),
    );
  });

  it("refuses an e-mail that is taken, in any case, and at the same time", async () => {
    const pool = await open_test_pool();
    const taken = error("UsernameExistsException", "An account with the given email already exists.");
    const both = await Promise.allSettled([sign_up(pool), sign_up(pool, { Username: "Ann@Example.com" })]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(sign_up(pool, { Username: "ANN@example.com" })).rejects.toMatchObject(taken);
  });

  it("refuses a user name that is not an e-mail address", async () => {
    const pool = await open_test_pool();
    await expect(sign_up(pool, { Username: "ann" })).rejects.toMatchObject(
      error("InvalidParameterException", "Username should be an email."),
    );
  });

  it("refuses a password that breaks the policy", async () => {
    const pool = await open_test_pool();
    await expect(sign_up(pool, { Password: "no-uppercase-1" })).rejects.toMatchObject(
      error(
        "InvalidPasswordException",
        "Password did not conform with policy: Password must have uppercase characters",
      ),
    );
  });

  it("refuses attributes that the pool does not have, and those that only administrators write", async () => {
    const pool = await open_test_pool();
    await expect(sign_up(pool, { attribute: "custom:admin" })).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    await expect(sign_up(pool, { attribute: "email_verified" })).rejects.toMatchObject({
      name: "NotAuthorizedException",
    });
  });
});

describe("ConfirmSignUp", () => {
  it("refuses a wrong code, and any code after five wrong ones until another is sent", async () => {
    const pool = await open_test_pool();
    await sign_up(pool);
    const code = pool.messages[0]?.code ?? "";
    for (let n = 0; n < 5; n++) await expect(confirm(pool, wrong(code))).rejects.toMatchObject(MISMATCH);
    await expect(confirm(pool, code)).rejects.toMatchObject(
      error("LimitExceededException", "Attempt limit exceeded, please try after some time."),
    );
    await resend(pool);
    await confirm(pool, pool.messages[1]?.code ?? "");
  });

  it("takes a code for 24 hours", async () => {
    const pool = await open_test_pool();
    await sign_up(pool);
    pool.advance(DAY);
    await expect(confirm(pool, pool.messages[0]?.code ?? "")).rejects.toMatchObject(EXPIRED);
  });

  it("takes a code once", async () => {
    const pool = await open_test_pool();
    await sign_up(pool);
    const code = pool.messages[0]?.code ?? "";
    await confirm(pool, code);
    await expect(confirm(pool, code)).rejects.toMatchObject(
      error("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"),
    );
  });

  it("answers for an unknown user as for an expired code", async () => {
    const pool = await open_test_pool();
    await expect(confirm(pool, "123456", "nobody@example.com")).rejects.toMatchObject(EXPIRED);
  });
});

describe("ResendConfirmationCode", () => {
  it("replaces the code", async () => {
    const pool = await open_test_pool();
    await sign_up(pool);
    await resend(pool);
    const [first, second] = pool.messages.map(({ code }) => code);
    if (first !== second) await expect(confirm(pool, first ?? "")).rejects.toMatchObject(MISMATCH);
    await confirm(pool, second ?? "");
  });

  it("sends nothing to an unknown user, and says what it says to a known one", async () => {
    const pool = await open_test_pool();
    const { CodeDeliveryDetails } = await resend(pool, "nobody@example.com");
    expect(CodeDeliveryDetails).toMatchObject({ DeliveryMedium: "EMAIL", Destination: "n***@e***" });
    expect(pool.messages).toEqual([]);
  });

  it("refuses a confirmed user", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    await expect(resend(pool)).rejects.toMatchObject(
      error("InvalidParameterException", "User is already confirmed."),
    );
  });
});

describe("AdminConfirmSignUp", () => {
  it("confirms the user without a code, and leaves the address unverified", async () => {
    const pool = await open_test_pool();
    await sign_up(pool);
    const user = { UserPoolId: pool.cognito.pool_id, Username: EMAIL };
    await pool.client.send(new AdminConfirmSignUpCommand(user));
    tokens_of(await pool.sign_in());
    expect(await get_user(pool)).toMatchObject({
      UserAttributes: expect.arrayContaining([{ Name: "email_verified", Value: "false" }]),
    });
    await expect(pool.client.send(new AdminConfirmSignUpCommand(user))).rejects.toMatchObject(
      error("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED"),
    );
  });
});
