import {
  AdminCreateUserCommand,
  type AdminCreateUserCommandInput,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminGetUserCommand,
  AdminSetUserPasswordCommand,
  ForgotPasswordCommand,
  ListUsersCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { describe, expect, it } from "vitest";
import {
  DAY,
  EMAIL,
  error,
  OTHER_PASSWORD,
  open_test_pool,
  PASSWORD,
  type TestPool,
  tokens_of,
  WRONG_CREDENTIALS,
} from "./test_pool.ts";

function user_of(pool: TestPool, Username = EMAIL) {
  return { UserPoolId: pool.cognito.pool_id, Username };
}

function create(pool: TestPool, more: Partial<AdminCreateUserCommandInput> = {}) {
  return pool.client.send(new AdminCreateUserCommand({ ...user_of(pool), ...more }));
}

describe("AdminCreateUser", () => {
  it("makes a user whose name is a UUID and who has to change the password", async () => {
    const pool = await open_test_pool();
    const { User } = await create(pool, {
      TemporaryPassword: PASSWORD,
      UserAttributes: [
        { Name: "email", Value: EMAIL },
        { Name: "email_verified", Value: "true" },
        { Name: "name", Value: "Ann" },
      ],
    });
    expect(User).toEqual({
      Username: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      Attributes: [
        { Name: "name", Value: "Ann" },
        { Name: "email", Value: EMAIL },
        { Name: "email_verified", Value: "true" },
        { Name: "sub", Value: User?.Username },
      ],
      UserCreateDate: pool.now(),
      UserLastModifiedDate: pool.now(),
      Enabled: true,
      UserStatus: "FORCE_CHANGE_PASSWORD",
    });
  });

  it("makes up a password that conforms, and delivers it unless told not to", async () => {
    const pool = await open_test_pool();
    await create(pool);
    expect(pool.messages).toEqual([{ to: EMAIL, code: expect.any(String), kind: "temporary_password" }]);
    const answer = await pool.sign_in(EMAIL, pool.messages[0]?.code);
    expect(answer.ChallengeName).toBe("NEW_PASSWORD_REQUIRED");
    await create(pool, { Username: "bob@example.com", MessageAction: "SUPPRESS" });
    expect(pool.messages).toHaveLength(1);
  });

  it("gives a new password and a new term when the invitation is sent again", async () => {
    const pool = await open_test_pool();
    await create(pool);
    pool.advance(8 * DAY);
    await create(pool, { MessageAction: "RESEND" });
    const answer = await pool.sign_in(EMAIL, pool.messages[1]?.code);
    expect(answer.ChallengeName).toBe("NEW_PASSWORD_REQUIRED");
    await expect(
      create(pool, { Username: "bob@example.com", MessageAction: "RESEND" }),
    ).rejects.toMatchObject({ name: "UserNotFoundException" });
    await pool.add_user({ email: "carl@example.com" });
    await expect(
      create(pool, { Username: "carl@example.com", MessageAction: "RESEND" }),
    ).rejects.toMatchObject({ name: "UnsupportedUserStateException" });
  });

  it("refuses a taken e-mail, a user name that is none, another email attribute and a weak password", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    await expect(create(pool, { Username: "ANN@EXAMPLE.COM" })).rejects.toMatchObject(
      error("UsernameExistsException", "An account with the given email already exists."),
    );
    await expect(create(pool, { Username: "bob" })).rejects.toMatchObject(
      error("InvalidParameterException", "Username should be an email."),
    );
    const bob = { Username: "bob@example.com" };
    await expect(
      create(pool, { ...bob, UserAttributes: [{ Name: "email", Value: EMAIL }] }),
    ).rejects.toMatchObject({ name: "InvalidParameterException" });
    await expect(create(pool, { ...bob, TemporaryPassword: "NO-LOWERCASE-1" })).rejects.toMatchObject(
      error(
        "InvalidPasswordException",
        "Password did not conform with policy: Password must have lowercase characters",
      ),
    );
  });
});

describe("AdminSetUserPassword", () => {
  it("sets a permanent password, or a temporary one", async () => {
    const pool = await open_test_pool();
    await pool.add_user({ temporary: true });
    const set = (Permanent: boolean) =>
      pool.client.send(
        new AdminSetUserPasswordCommand({ ...user_of(pool), Password: OTHER_PASSWORD, Permanent }),
      );
    await set(true);
    tokens_of(await pool.sign_in(EMAIL, OTHER_PASSWORD));
    await expect(pool.sign_in()).rejects.toMatchObject(WRONG_CREDENTIALS);
    await set(false);
    expect((await pool.sign_in(EMAIL, OTHER_PASSWORD)).ChallengeName).toBe("NEW_PASSWORD_REQUIRED");
  });

  it("refuses a weak password", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    await expect(
      pool.client.send(new AdminSetUserPasswordCommand({ ...user_of(pool), Password: "short" })),
    ).rejects.toMatchObject({ name: "InvalidPasswordException" });
  });

  it("takes the place of a reset by e-mail for a user with a temporary password", async () => {
    const pool = await open_test_pool();
    await create(pool, { UserAttributes: [{ Name: "email_verified", Value: "true" }] });
    await expect(
      pool.client.send(new ForgotPasswordCommand({ ClientId: pool.cognito.client_id, Username: EMAIL })),
    ).rejects.toMatchObject(
      error("NotAuthorizedException", "User password cannot be reset in the current state."),
    );
  });
});

describe("disabling and deleting", () => {
  it("a disabled user is listed as such, and signs in again when enabled", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    await pool.client.send(new AdminDisableUserCommand(user_of(pool)));
    expect((await pool.client.send(new AdminGetUserCommand(user_of(pool)))).Enabled).toBe(false);
    await pool.client.send(new AdminEnableUserCommand(user_of(pool)));
    tokens_of(await pool.sign_in());
  });

  it("a deleted user is unknown, and the same e-mail later is another user", async () => {
    const pool = await open_test_pool();
    const first = await pool.add_user();
    const { refresh } = tokens_of(await pool.sign_in());
    await pool.client.send(new AdminDeleteUserCommand(user_of(pool)));
    await expect(pool.sign_in()).rejects.toMatchObject(WRONG_CREDENTIALS);
    await expect(pool.refresh(refresh)).rejects.toMatchObject(
      error("NotAuthorizedException", "Invalid Refresh Token"),
    );
    expect(await pool.add_user()).not.toBe(first);
  });

  type User = ReturnType<typeof user_of>;

  it.each([
    ["AdminGetUser", (pool: TestPool, user: User) => pool.client.send(new AdminGetUserCommand(user))],
    ["AdminDeleteUser", (pool: TestPool, user: User) => pool.client.send(new AdminDeleteUserCommand(user))],
    ["AdminDisableUser", (pool: TestPool, user: User) => pool.client.send(new AdminDisableUserCommand(user))],
    ["AdminEnableUser", (pool: TestPool, user: User) => pool.client.send(new AdminEnableUserCommand(user))],
  ])("%s says when there is no such user or pool", async (_name, send) => {
    const pool = await open_test_pool();
    await expect(send(pool, user_of(pool))).rejects.toMatchObject(
      error("UserNotFoundException", "User does not exist."),
    );
    const elsewhere = { UserPoolId: "eu-central-1_Other", Username: EMAIL };
    await expect(send(pool, elsewhere)).rejects.toMatchObject(
      error("ResourceNotFoundException", "User pool eu-central-1_Other does not exist."),
    );
  });
});

describe("ListUsers", () => {
  it("lists all users, a page at a time", async () => {
    const pool = await open_test_pool();
    const names = ["a@example.com", "b@example.com", "c@example.com"];
    const subs = await Promise.all(names.map((email) => pool.add_user({ email, temporary: true })));
    const seen: (string | undefined)[] = [];
    let PaginationToken: string | undefined;
    do {
      const page = await pool.client.send(
        new ListUsersCommand({ UserPoolId: pool.cognito.pool_id, Limit: 2, PaginationToken }),
      );
      seen.push(...(page.Users ?? []).map(({ Username }) => Username));
      PaginationToken = page.PaginationToken;
    } while (PaginationToken);
    expect(seen).toEqual(subs.sort());
  });

  it.each([
    ['email = "b@example.com"', ["b@example.com"]],
    ['email ^= "b"', ["b@example.com", "bb@example.com"]],
    ['cognito:user_status = "CONFIRMED"', []],
    ['status = "Enabled"', ["b@example.com", "bb@example.com", "c@example.com"]],
  ])("filters by %s", async (Filter, expected) => {
    const pool = await open_test_pool();
    for (const email of ["b@example.com", "bb@example.com", "c@example.com"]) {
      await pool.add_user({ email, temporary: true });
    }
    const { Users = [] } = await pool.client.send(
      new ListUsersCommand({ UserPoolId: pool.cognito.pool_id, Filter, AttributesToGet: ["email"] }),
    );
    const listed = Users.flatMap(({ Attributes = [] }) => Attributes.map(({ Value }) => Value));
    expect(listed.sort()).toEqual(expected);
  });

  it("refuses a filter that it cannot read", async () => {
    const pool = await open_test_pool();
    const request = { UserPoolId: pool.cognito.pool_id, Filter: "email is b" };
    await expect(pool.client.send(new ListUsersCommand(request))).rejects.toMatchObject(
      error("InvalidParameterException", "Error while parsing filter."),
    );
  });
});
