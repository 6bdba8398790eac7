import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { caught } from "../support/caught.ts";
import { authorizer_event, REQUEST_ID } from "../support/http_event.ts";
import { function_environment } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { type Scripted, scripted_server } from "../support/scripted_server.ts";

const { privateKey, publicKey } = await generateKeyPair("RS256");
const JWKS: Scripted = {
  status: 200,
  body: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "RS256", use: "sig" }] }),
};

let keys: Scripted = JWKS;
const key_server = await scripted_server(() => keys);
const environment = function_environment(key_server.url);
Object.assign(process.env, environment, { JWKS_URI: `${key_server.url}/jwks.json` });
const { authorizer, handler } = await import("../../handlers/authorizer.ts");
const { access_token_verifier } = await import("../../identity/access_token.ts");

const output = quiet();
afterAll(() => key_server.close());
beforeEach(() => {
  keys = JWKS;
});

const token_with = (claims: Readonly<Record<string, unknown>> = {}, kid = "k"): Promise<string> =>
  new SignJWT({
    username: "f4a1b2c3",
    client_id: environment.USER_POOL_CLIENT_ID,
    token_use: "access",
    iss: `https://cognito-idp.eu-central-1.amazonaws.com/${environment.USER_POOL_ID}`,
    ...claims,
  })
    .setProtectedHeader({ alg: "RS256", kid })
    .setIssuedAt()
    .setExpirationTime(claims.exp === undefined ? "1h" : Number(claims.exp))
    .sign(privateKey);

const DENIED = { isAuthorized: false, context: {} };

describe("the authorizer", () => {
  it.each(["", "Bearer ", "bearer "])(
    "lets the user of an access token in (%j before it)",
    async (prefix) => {
      expect(await handler(authorizer_event([`${prefix}${await token_with()}`]))).toEqual({
        isAuthorized: true,
        context: { username: "f4a1b2c3" },
      });
      expect(output().text()).toBe("");
    },
  );

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["has expired", { exp: Math.floor(Date.now() / 1000) - 60 }],
    ["is of another client", { client_id: "2example" }],
    ["is of another pool", { iss: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other" }],
    ["is an id token", { token_use: "id" }],
  ])("denies a token that %s", async (_, claims) => {
    expect(await handler(authorizer_event([await token_with(claims)]))).toEqual(DENIED);
    expect(output().records()).toMatchObject([
      { level: "INFO", message: "token refused", requestId: REQUEST_ID, fault: expect.any(String) },
    ]);
  });

  it.each([undefined, "", 7])("denies a token of nobody (%j)", async (username) => {
    expect(await handler(authorizer_event([await token_with({ username })]))).toEqual(DENIED);
    expect(output().records()).toMatchObject([{ message: "token refused", fault: "no user name" }]);
  });

  it("denies a token of a key that the pool does not have", async () => {
    expect(await handler(authorizer_event([await token_with({}, "other")]))).toEqual(DENIED);
  });

  it.each([
    ["garbage", ["garbage"]],
    ["two points", [".."]],
    ["an empty token", [""]],
    ["the prefix alone", ["Bearer "]],
    ["no token", []],
  ])("denies %s", async (_, identity_source) => {
    expect(await handler(authorizer_event(identity_source))).toEqual(DENIED);
  });

  it("throws where the keys cannot be had, so that no denial is cached", async () => {
    const fresh = authorizer(
      access_token_verifier({
        USER_POOL_ID: environment.USER_POOL_ID ?? "",
        USER_POOL_CLIENT_ID: environment.USER_POOL_CLIENT_ID ?? "",
        JWKS_URI: `${key_server.url}/jwks.json`,
      }),
    );
    const event = authorizer_event([await token_with()]);
    for (const outage of [{ status: 500 }, "reset"] satisfies Scripted[]) {
      keys = outage;
      const thrown = await caught(() => fresh(event));
      expect(thrown).toMatchObject({ message: "The token could not be verified." });
      expect(thrown).not.toHaveProperty("cause");
    }
    expect(output().records()).toMatchObject([
      { level: "ERROR", requestId: REQUEST_ID, error: { message: expect.any(String) } },
      { level: "ERROR" },
    ]);
    keys = JWKS;
    expect(await fresh(event)).toMatchObject({ isAuthorized: true });
  });

  it("keeps letting users in through an outage of the keys", async () => {
    await handler(authorizer_event([await token_with()]));
    keys = "reset";
    expect(await handler(authorizer_event([await token_with()]))).toMatchObject({ isAuthorized: true });
  });

  it("logs no token and no claim", async () => {
    const canary = await token_with({ iss: "https://canary.example", username: "canary" });
    keys = { status: 500 };
    for (const token of [
      canary,
      "canary",
      `Bearer ${canary}x`,
      await token_with({ username: "canary" }, "canary"),
    ]) {
      await handler(authorizer_event([token])).catch(() => undefined);
    }
    expect(output().records().length).toBeGreaterThanOrEqual(4);
    expect(output().text()).not.toContain("canary");
    for (const part of canary.split(".")) expect(output().text()).not.toContain(part);
  });
});
