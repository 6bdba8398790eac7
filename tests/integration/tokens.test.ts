/** Who gets in: tokens of every wrong kind stop at the gateway, and a refused login says nothing of its reason. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  InitiateAuthCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { comparable, expect_gateway_answer, post, read_problem } from "./client.ts";
import { add_user, cognito_of, DEMO_USER, login, new_session, type Session, sign_in } from "./session.ts";
import { crashes, start_test_stack, type TestStack, written_by } from "./stack.ts";

let stack: TestStack;
let session: Session;
beforeAll(async () => {
  stack = await start_test_stack();
  session = await sign_in(stack);
});
afterAll(() => stack.close());

/** The pool's own key, as the laptop keeps it: only so can a token be wrong in one thing and right in the others. */
function pool_key(): JsonWebKey {
  const file = join(stack.data_dir.path, "cognito", "cognito.sqlite");
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare("SELECT value FROM setting WHERE name = 'signing_key'").get();
  database.close();
  const { value } = z.object({ value: z.string() }).parse(row);
  return z.looseObject({ kty: z.literal("RSA"), n: z.string(), e: z.string() }).parse(JSON.parse(value));
}

interface Forgery {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly key?: Parameters<SignJWT["sign"]>[0];
}

/** A token like the session's, but for what is said. */
function forge({ header = {}, claims = {}, key }: Forgery = {}): Promise<string> {
  const signing = key ?? createPrivateKey({ key: pool_key(), format: "jwk" });
  return new SignJWT({ ...decodeJwt(session.token), ...claims })
    .setProtectedHeader({ alg: "RS256", ...decodeProtectedHeader(session.token), ...header })
    .sign(signing);
}

const now = () => Math.floor(Date.now() / 1000);
const foreign_key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;

const calls = (source: string) => written_by(stack, source).split('"message":"request"').length - 1;
const refusals = () =>
  [...written_by(stack, "authorizer").matchAll(/"fault":"([^"]*)"/g)].map(([, fault]) => fault);

async function expect_denied(token: string, fault: string): Promise<void> {
  const before = calls("list");
  expect_gateway_answer(await post(`${stack.url}/list`, "", { JWT: token }), 403, "Forbidden");
  expect(calls("list")).toBe(before);
  expect(refusals().at(-1)).toBe(fault);
}

describe("a request to the API", () => {
  it.each(["/upload_single_photo", "/unzip", "/download", "/list", "/delete"])(
    "to %s without a token is 401, and neither the authorizer nor the function hears of it",
    async (path) => {
      const asked = stack.log.filter(
        ({ source }) => source === "authorizer" || source === path.slice(1),
      ).length;
      expect_gateway_answer(await post(stack.url + path, "{}"), 401, "Unauthorized");
      expect_gateway_answer(await post(stack.url + path, "{}", { JWT: "" }), 401, "Unauthorized");
      expect(
        stack.log.filter(({ source }) => source === "authorizer" || source === path.slice(1)),
      ).toHaveLength(asked);
    },
  );

  it("with a token made with the pool's own key, right in all things, gets in", async () => {
    const answer = await post(`${stack.url}/list`, "", { JWT: await forge({ claims: { jti: "another" } }) });
    expect(answer.status).toBe(200);
  });

  it.each(["garbage", "a.b.c", "Bearer", "Bearer Bearer x", "null", ".", "..", "eyJhbGciOiJub25lIn0.e30."])(
    "with the token %j is 403",
    async (token) => {
      const before = calls("list");
      expect_gateway_answer(await post(`${stack.url}/list`, "", { JWT: token }), 403, "Forbidden");
      expect(calls("list")).toBe(before);
    },
  );

  it("with an expired token is 403", async () => {
    await expect_denied(await forge({ claims: { exp: now() - 1, iat: now() - 3601 } }), "expired");
  });

  it("with a token that is not valid yet is 403", async () => {
    await expect_denied(await forge({ claims: { nbf: now() + 600 } }), "wrong claim");
  });

  it("with a token of another pool, signed by that pool, is 403", async () => {
    const iss = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Another01";
    const forgeries: readonly Forgery[] = [
      { key: foreign_key },
      { key: foreign_key, header: { kid: "theirs" } },
      {},
    ];
    for (const forgery of forgeries) {
      await expect_denied(await forge({ ...forgery, claims: { iss } }), "another pool");
    }
  });

  it("with a token of another client of the pool is 403", async () => {
    await expect_denied(
      await forge({ claims: { client_id: "someoneelsesclient00000001" } }),
      "another client",
    );
  });

  it("with an id token is 403", async () => {
    const cognito = cognito_of(stack);
    const { AuthenticationResult } = await cognito.send(
      new InitiateAuthCommand({
        ClientId: stack.cognito.client_id,
        AuthFlow: "USER_PASSWORD_AUTH",
        AuthParameters: { USERNAME: DEMO_USER.username, PASSWORD: DEMO_USER.password },
      }),
    );
    cognito.destroy();
    const token = AuthenticationResult?.IdToken ?? "";
    expect(decodeJwt(token)).toMatchObject({ token_use: "id" });
    await expect_denied(token, "not an access token");
    await expect_denied(await forge({ claims: { token_use: "id" } }), "not an access token");
  });

  it("with a refresh token is 403", async () => {
    await expect_denied(session.refresh_token, "not a token");
  });

  it("with a token of alg none is 403, with and without the signature of another", async () => {
    const [, payload, signature] = session.token.split(".");
    const header = { ...decodeProtectedHeader(session.token), alg: "none" };
    const unsigned = `${Buffer.from(JSON.stringify(header)).toString("base64url")}.${payload}`;
    await expect_denied(new UnsecuredJWT(decodeJwt(session.token)).encode(), "not a token");
    await expect_denied(`${unsigned}.`, "not a token");
    await expect_denied(`${unsigned}.${signature}`, "wrong algorithm");
  });

  it("with a token signed with the public key as if it were a shared secret is 403", async () => {
    const pem = createPublicKey({ key: pool_key(), format: "jwk" }).export({
      type: "spki",
      format: "pem",
    });
    const token = await forge({ header: { alg: "HS256" }, key: Buffer.from(pem) });
    await expect_denied(token, "wrong algorithm");
  });

  it("with a token signed by a stranger is 403", async () => {
    await expect_denied(await forge({ key: foreign_key }), "wrong signature");
  });

  it("with a token that was changed after it was signed is 403", async () => {
    const [header, , signature] = session.token.split(".");
    const claims = { ...decodeJwt(session.token), username: "00000000-0000-4000-8000-000000000000" };
    const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
    await expect_denied(`${header}.${payload}.${signature}`, "wrong signature");
  });

  it("with an over-long token is refused by the gateway for its headers", async () => {
    const answer = await post(`${stack.url}/list`, "", { JWT: "x".repeat(11_000) });
    expect_gateway_answer(answer, 431, "Request Header Fields Too Large");
  });

  it("keeps the verdict on one token from another's", async () => {
    const other = await new_session(stack, "another");
    await other.upload(Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex"));
    expect((await session.list()).photos).toEqual([]);
    expect((await other.list()).photos).toHaveLength(1);
    expect((await session.list()).photos).toEqual([]);
  });
});

describe("a refused login", () => {
  const wrong = "Wrong-Passw0rd!";

  it("is one and the same 401 for a wrong password, an unknown user and a disabled user", async () => {
    const disabled = { username: "disabled@example.com", password: "Disabled-1!" };
    await add_user(stack, disabled);
    const cognito = cognito_of(stack);
    const ids = { UserPoolId: stack.cognito.pool_id, Username: disabled.username };
    await cognito.send(new AdminDisableUserCommand(ids));

    const answers = await Promise.all([
      login(stack, { ...DEMO_USER, password: wrong }),
      login(stack, { username: "nobody@example.com", password: wrong }),
      login(stack, { username: "nobody", password: wrong }),
      login(stack, { username: "00000000-0000-4000-8000-000000000000", password: wrong }),
      login(stack, { username: "a name with spaces", password: wrong }),
      login(stack, disabled),
      login(stack, { ...disabled, password: wrong }),
      login(stack, { ...disabled, newPassword: "Another-1!" }),
    ]);
    const [first] = answers;
    if (first === undefined) throw new Error("There is no answer.");
    read_problem(first, 401, "invalid_credentials");
    for (const answer of answers) expect(comparable(answer)).toEqual(comparable(first));

    await cognito.send(new AdminEnableUserCommand(ids));
    cognito.destroy();
    expect((await login(stack, disabled)).status).toBe(200);
  });

  it("is the same 401 while too many wrong passwords lock the user out, whether there is one or not", async () => {
    const locked = { username: "locked@example.com", password: "Locked-Out-1!" };
    await add_user(stack, locked);
    const tries = async (username: string) => {
      const answers = [];
      for (let at = 0; at < 6; at += 1) answers.push(await login(stack, { username, password: wrong }));
      return answers;
    };
    // The one who is there comes last: the lock-out lasts for a second, and the right password comes within it.
    const answers = [...(await tries("not-there@example.com")), ...(await tries(locked.username))];
    answers.push(await login(stack, locked));
    const [first] = answers;
    for (const answer of answers) expect(comparable(answer)).toEqual(comparable(first ?? answer));
    expect(first?.status).toBe(401);
  });
});

it("no request has ended a sandbox", () => {
  expect(crashes(stack)).toEqual([]);
});
