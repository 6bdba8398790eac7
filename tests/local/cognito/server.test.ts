import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { request as http_request } from "node:http";
import { join } from "node:path";
import {
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  GetUserCommand,
  ListUserPoolClientsCommand,
  ListUserPoolsCommand,
  RespondToAuthChallengeCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { describe, expect, it } from "vitest";
import type { AwsCall } from "../../../local/aws/call.ts";
import { OPERATIONS } from "../../../local/cognito/operations.ts";
import { type RunningCognito, start_cognito } from "../../../local/cognito/server.ts";
import {
  client_of,
  credentials,
  EMAIL,
  error,
  OTHER_PASSWORD,
  open_test_pool,
  PASSWORD,
  region,
  temporary_directory,
  tokens_of,
  WRONG_CREDENTIALS,
} from "./test_pool.ts";

const DEMO_USER = { username: "demo@example.com", password: "Demo-Passw0rd!" };

function post(
  cognito: RunningCognito,
  operation: string,
  body: string,
  headers: Record<string, string> = {},
) {
  return fetch(cognito.url, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": `AWSCognitoIdentityProviderService.${operation}`,
      ...headers,
    },
    body,
  });
}

/** Status, error header and body of an answer. */
async function outcome(answer: Response): Promise<{ status: number; header: string | null; body: unknown }> {
  return {
    status: answer.status,
    header: answer.headers.get("x-amzn-errortype"),
    body: await answer.json(),
  };
}

function failure(name: string, message: unknown = expect.any(String), status = 400) {
  return { status, header: `${name}:`, body: { __type: name, message } };
}

describe("the protocol", () => {
  it("answers JSON 1.1 with a request id", async () => {
    const { cognito } = await open_test_pool();
    const body = { ClientId: cognito.client_id, Username: EMAIL };
    const answer = await post(cognito, "ForgotPassword", JSON.stringify(body));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("application/x-amz-json-1.1");
    expect(answer.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(["Nonsense", "constructor", "__proto__", ""])("knows no operation %j", async (operation) => {
    const { cognito } = await open_test_pool();
    expect(await outcome(await post(cognito, operation, "{}"))).toEqual(failure("UnknownOperationException"));
  });

  it("wants its own content type", async () => {
    const { cognito } = await open_test_pool();
    const answer = await post(cognito, "InitiateAuth", "{}", { "content-type": "application/json" });
    expect(await outcome(answer)).toEqual(failure("UnknownOperationException"));
  });

  it.each(["", "{", "[]", "null", '"text"', "1", '{"ClientId": 1}', '{"AuthParameters": []}'])(
    "calls the body %j a serialization error",
    async (body) => {
      const { cognito } = await open_test_pool();
      expect(await outcome(await post(cognito, "InitiateAuth", body))).toEqual(
        failure("SerializationException"),
      );
    },
  );

  it("names every parameter that does not fit, and never its value", async () => {
    const { cognito } = await open_test_pool();
    const body = { ClientId: "not a client", Username: null, Password: " " };
    expect(await outcome(await post(cognito, "SignUp", JSON.stringify(body)))).toEqual(
      failure(
        "InvalidParameterException",
        "3 validation errors detected: " +
          "Value at 'clientId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+]+; " +
          "Value at 'username' failed to satisfy constraint: Member must not be null; " +
          "Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$",
      ),
    );
  });

  it("refuses a password of 100,000 characters at once", async () => {
    const { cognito } = await open_test_pool();
    const Password = `${"a".repeat(100_000)} `;
    const body = { ClientId: cognito.client_id, Username: EMAIL, Password };
    expect(await outcome(await post(cognito, "SignUp", JSON.stringify(body)))).toEqual(
      failure("InvalidParameterException", expect.stringContaining("length less than or equal to 256")),
    );
  });

  it("names an unknown flow's choices and a nested parameter's place", async () => {
    const { cognito } = await open_test_pool();
    const flow = { ClientId: cognito.client_id, AuthFlow: "GUESS" };
    expect(await outcome(await post(cognito, "InitiateAuth", JSON.stringify(flow)))).toEqual(
      failure(
        "InvalidParameterException",
        expect.stringMatching(
          /^1 validation error detected: Value at 'authFlow' .* enum value set: \[USER_SRP/,
        ),
      ),
    );
    const sign_up = {
      ClientId: cognito.client_id,
      Username: EMAIL,
      Password: PASSWORD,
      UserAttributes: [{ Value: "nameless" }],
    };
    expect(await outcome(await post(cognito, "SignUp", JSON.stringify(sign_up)))).toEqual(
      failure("InvalidParameterException", expect.stringContaining("'userAttributes.1.member.name'")),
    );
  });

  it("refuses a body beyond 128 KiB and lives on", async () => {
    const { cognito } = await open_test_pool();
    expect(await outcome(await post(cognito, "InitiateAuth", "x".repeat(128 * 1024 + 1)))).toEqual(
      failure("RequestEntityTooLargeException", expect.any(String), 413),
    );
    expect((await fetch(cognito.jwks_uri)).status).toBe(200);
  });

  it("lives on when a client leaves in the middle of a body", async () => {
    const { cognito } = await open_test_pool();
    await new Promise<void>((resolve) => {
      const request = http_request(cognito.url, { method: "POST", headers: { "content-length": "100" } });
      request.on("error", () => resolve());
      request.write("{", () => request.destroy(new Error("left")));
    });
    expect((await fetch(cognito.jwks_uri)).status).toBe(200);
  });

  it("lets browsers of any origin call it", async () => {
    const { cognito } = await open_test_pool();
    const preflight = await fetch(cognito.url, {
      method: "OPTIONS",
      headers: {
        origin: "http://localhost:5173",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-amz-target",
      },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
    expect(preflight.headers.get("access-control-allow-methods")).toContain("POST");
    expect(preflight.headers.get("access-control-allow-headers")?.split(",")).toEqual(
      expect.arrayContaining(["content-type", "x-amz-target"]),
    );
    const refused = await post(cognito, "Nonsense", "{}");
    expect(refused.headers.get("access-control-allow-origin")).toBe("*");
    expect(refused.headers.get("access-control-expose-headers")).toContain("x-amzn-ErrorType");
  });

  it("has nothing elsewhere", async () => {
    const { cognito } = await open_test_pool();
    for (const [method, path] of [
      ["GET", "/"],
      ["POST", "/elsewhere"],
      ["DELETE", "/"],
      ["GET", "/eu-central-1_Other/.well-known/jwks.json"],
    ]) {
      const answer = await fetch(`${cognito.url}${path}`, method === undefined ? {} : { method });
      expect(await outcome(answer)).toEqual(failure("UnknownOperationException"));
    }
  });
});

describe("the pool's documents", () => {
  it("are the public key, and where it is", async () => {
    const { cognito } = await open_test_pool();
    const jwks: unknown = await (await fetch(cognito.jwks_uri)).json();
    expect(jwks).toEqual({
      keys: [
        {
          alg: "RS256",
          e: "AQAB",
          kid: expect.any(String),
          kty: "RSA",
          n: expect.any(String),
          use: "sig",
        },
      ],
    });
    const base = `${cognito.url}/${cognito.pool_id}/.well-known`;
    const configuration: unknown = await (await fetch(`${base}/openid-configuration`)).json();
    expect(configuration).toMatchObject({
      issuer: `https://cognito-idp.eu-central-1.amazonaws.com/${cognito.pool_id}`,
      jwks_uri: cognito.jwks_uri,
      id_token_signing_alg_values_supported: ["RS256"],
    });
  });
});

describe("administrators' operations", () => {
  const SIGNED = [...OPERATIONS].filter(([, { signed }]) => signed).map(([name]) => name);

  it("are the Admin, List and Describe ones", () => {
    const named = [...OPERATIONS.keys()].filter((name) => /^(Admin|List|Describe)/.test(name));
    expect(SIGNED).toEqual(named);
  });

  it("need a signature", async () => {
    const { cognito } = await open_test_pool();
    for (const name of SIGNED) {
      expect(await outcome(await post(cognito, name, "{}"))).toEqual(
        failure("MissingAuthenticationTokenException", "Missing Authentication Token"),
      );
    }
  });

  it("refuse other keys, a wrong secret and another region", async () => {
    const { cognito } = await open_test_pool();
    const list = new ListUserPoolsCommand({ MaxResults: 1 });
    const with_keys = (keys: typeof credentials) => client_of(cognito, keys).send(list);
    await expect(with_keys({ ...credentials, accessKeyId: "other" })).rejects.toMatchObject(
      error("UnrecognizedClientException", "The security token included in the request is invalid."),
    );
    await expect(with_keys({ ...credentials, secretAccessKey: "other" })).rejects.toMatchObject({
      name: "InvalidSignatureException",
    });
    const client = client_of(cognito);
    client.config.region = async () => "us-east-1";
    await expect(client.send(list)).rejects.toMatchObject({ name: "IncompleteSignatureException" });
  });

  it("refuse a body that is not the signed one", async () => {
    const { client, cognito } = await open_test_pool();
    client.middlewareStack.add(
      (next) => (args) => {
        Object.assign(args.request ?? {}, { body: '{"MaxResults":2}' });
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    await expect(client.send(new ListUserPoolsCommand({ MaxResults: 1 }))).rejects.toMatchObject({
      name: "InvalidSignatureException",
    });
    expect((await fetch(cognito.jwks_uri)).status).toBe(200);
  });

  it("describe the pool and its client as Terraform sets them up", async () => {
    const { client, cognito } = await open_test_pool();
    const { UserPools } = await client.send(new ListUserPoolsCommand({ MaxResults: 10 }));
    expect(UserPools).toMatchObject([{ Id: cognito.pool_id, Name: "photo-uploader" }]);
    const pool = { UserPoolId: cognito.pool_id };
    const { UserPoolClients } = await client.send(new ListUserPoolClientsCommand(pool));
    expect(UserPoolClients).toMatchObject([{ ClientId: cognito.client_id }]);
    expect(cognito.client_id).toMatch(/^[a-z0-9]{26}$/);
    const { UserPool } = await client.send(new DescribeUserPoolCommand(pool));
    expect(UserPool).toMatchObject({
      Id: cognito.pool_id,
      UsernameAttributes: ["email"],
      Policies: { PasswordPolicy: { MinimumLength: 8, TemporaryPasswordValidityDays: 7 } },
    });
    const { UserPoolClient } = await client.send(
      new DescribeUserPoolClientCommand({ ...pool, ClientId: cognito.client_id }),
    );
    expect(UserPoolClient).toMatchObject({
      ExplicitAuthFlows: ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"],
      PreventUserExistenceErrors: "ENABLED",
      EnableTokenRevocation: true,
    });
  });
});

describe("what is kept", () => {
  it("outlives a restart: key, users, sign-ins and codes", async () => {
    const pool = await open_test_pool();
    await pool.add_user();
    const { access, refresh } = tokens_of(await pool.sign_in());
    const jwks: unknown = await (await fetch(pool.cognito.jwks_uri)).json();
    await pool.restart();
    expect(await (await fetch(pool.cognito.jwks_uri)).json()).toEqual(jwks);
    await pool.client.send(new GetUserCommand({ AccessToken: access }));
    await pool.refresh(refresh);
    tokens_of(await pool.sign_in());
  });

  it("ends a challenge with a restart", async () => {
    const pool = await open_test_pool();
    await pool.add_user({ temporary: true });
    const { Session } = await pool.sign_in();
    await pool.restart();
    await expect(
      pool.client.send(
        new RespondToAuthChallengeCommand({
          ClientId: pool.cognito.client_id,
          ChallengeName: "NEW_PASSWORD_REQUIRED",
          Session,
          ChallengeResponses: { USERNAME: EMAIL, NEW_PASSWORD: OTHER_PASSWORD },
        }),
      ),
    ).rejects.toMatchObject(error("NotAuthorizedException", "Invalid session for the user."));
  });

  it("holds no password and no refresh token, and only the owner can read it", async () => {
    const data_dir = await temporary_directory();
    const cognito = await start_cognito({
      port: 0,
      data_dir,
      region,
      credentials: [credentials],
      demo_user: DEMO_USER,
    });
    const body = {
      AuthFlow: "USER_PASSWORD_AUTH",
      ClientId: cognito.client_id,
      AuthParameters: { USERNAME: DEMO_USER.username, PASSWORD: DEMO_USER.password },
    };
    const answer = await (await post(cognito, "InitiateAuth", JSON.stringify(body))).text();
    const refresh_token = /"RefreshToken":"([^"]+)"/.exec(answer)?.[1] ?? "missing";
    const names = await readdir(data_dir);
    expect(names).toContain("cognito.sqlite");
    for (const name of names) {
      const bytes = await readFile(join(data_dir, name));
      expect(bytes.includes(DEMO_USER.password)).toBe(false);
      expect(bytes.includes(refresh_token)).toBe(false);
      expect((await stat(join(data_dir, name))).mode & 0o777).toBe(0o600);
    }
    expect(refresh_token).toHaveLength(128);
    await cognito.close();
  });
});

describe("the calls that it tells of", () => {
  it("are named with their signer, who is nobody where anyone may call, and their outcome", async () => {
    const calls: AwsCall[] = [];
    const { cognito, client, sign_in } = await open_test_pool({ on_call: (call) => calls.push(call) });
    await client.send(new ListUserPoolsCommand({ MaxResults: 1 }));
    await expect(sign_in("nobody@example.com")).rejects.toThrow();
    await post(cognito, "ListUserPools", "{}");
    await post(cognito, "NoSuchOperation", "{}");
    const common = { service: "cognito-idp", bucket: "", key: "", conditions: {}, presigned: false };
    expect(calls).toEqual([
      { ...common, operation: "ListUserPools", access_key_id: "local", app_id: undefined, status: 200 },
      { ...common, operation: "InitiateAuth", access_key_id: undefined, app_id: undefined, status: 400 },
    ]);
  });
});

describe("the demo user", () => {
  it("can sign in from the first start on, and stays deleted", async () => {
    const data_dir = await temporary_directory();
    const start = () =>
      start_cognito({ port: 0, data_dir, region, credentials: [credentials], demo_user: DEMO_USER });
    const sign_in = async (cognito: RunningCognito) => {
      const AuthParameters = { USERNAME: DEMO_USER.username, PASSWORD: DEMO_USER.password };
      const body = { AuthFlow: "USER_PASSWORD_AUTH", ClientId: cognito.client_id, AuthParameters };
      return outcome(await post(cognito, "InitiateAuth", JSON.stringify(body)));
    };
    const first = await start();
    expect(await sign_in(first)).toMatchObject({ status: 200, body: { AuthenticationResult: {} } });
    const user = { UserPoolId: first.pool_id, Username: DEMO_USER.username };
    await client_of(first).send(new AdminDeleteUserCommand(user));
    await first.close();

    const second = await start();
    expect(await sign_in(second)).toEqual(failure(WRONG_CREDENTIALS.name, WRONG_CREDENTIALS.message));
    await second.close();
  });
});

describe("starting and stopping", () => {
  it("rejects with EADDRINUSE when the port is taken", async () => {
    const { cognito } = await open_test_pool();
    const data_dir = await temporary_directory();
    await expect(
      start_cognito({ port: cognito.port, data_dir, region, credentials: [credentials] }),
    ).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });

  it("names the file that it cannot open", async () => {
    const data_dir = await temporary_directory();
    const file = join(data_dir, "cognito.sqlite");
    await writeFile(file, "This is not a database, and long enough to be sure of it.".repeat(100));
    await expect(start_cognito({ port: 0, data_dir, region, credentials: [credentials] })).rejects.toThrow(
      file,
    );
  });

  it("answers a request in progress before it closes, and closes once", async () => {
    let closed: Promise<void> | undefined;
    const pool = await open_test_pool({
      deliver: () => {
        closed = pool.cognito.close();
      },
    });
    const user = { UserPoolId: pool.cognito.pool_id, Username: EMAIL };
    const { User } = await pool.client.send(new AdminCreateUserCommand(user));
    expect(User?.UserStatus).toBe("FORCE_CHANGE_PASSWORD");
    await closed;
    await pool.cognito.close();
    await expect(fetch(pool.cognito.jwks_uri)).rejects.toThrow("fetch failed");
  });

  it("takes tokens' lifetimes from its options", async () => {
    const pool = await open_test_pool({ token_lifetimes: { access_seconds: 300 } });
    await pool.add_user();
    const answer = await pool.sign_in();
    expect(answer.AuthenticationResult?.ExpiresIn).toBe(300);
    pool.advance(300_000);
    await expect(
      pool.client.send(new GetUserCommand({ AccessToken: tokens_of(answer).access })),
    ).rejects.toMatchObject(error("NotAuthorizedException", "Access Token has expired"));
  });
});
