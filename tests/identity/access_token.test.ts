import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type AccessTokenVerifier, access_token_verifier, token_fault } from "../../identity/access_token.ts";
import { caught } from "../support/caught.ts";
import { type Scripted, scripted_server } from "../support/scripted_server.ts";

const POOL = { USER_POOL_ID: "eu-central-1_Abcdefghi", USER_POOL_CLIENT_ID: "1example23456789" };
const ISSUER = `https://cognito-idp.eu-central-1.amazonaws.com/${POOL.USER_POOL_ID}`;

/** A key pair as a user pool has them. */
async function signing_key(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  return {
    kid,
    privateKey,
    publicKey,
    jwk: { ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" },
  };
}

const key = await signing_key("first");
const later_key = await signing_key("second");
const foreign_key = await signing_key("first");

type SigningKey = typeof key;

const jwks = (...keys: readonly SigningKey[]): Scripted => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }),
});

/** What the key server answers at present. */
let keys: Scripted = jwks(key);
const key_server = await scripted_server(() => keys);

afterAll(() => key_server.close());

const now = (): number => Math.floor(Date.now() / 1000);

const access_claims = (): JWTPayload => ({
  sub: "f4a1b2c3",
  username: "f4a1b2c3",
  iss: ISSUER,
  client_id: POOL.USER_POOL_CLIENT_ID,
  token_use: "access",
  scope: "aws.cognito.signin.user.admin",
  auth_time: now() - 60,
  iat: now() - 60,
  exp: now() + 3_600,
  jti: "a1",
});

const signed = (claims: JWTPayload, { kid, privateKey }: Pick<SigningKey, "kid" | "privateKey"> = key) =>
  new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid }).sign(privateKey);

const new_verifier = (): AccessTokenVerifier =>
  access_token_verifier({ ...POOL, JWKS_URI: `${key_server.url}/jwks.json` });

let verify = new_verifier();

beforeEach(() => {
  keys = jwks(key);
  verify = new_verifier();
});

const fault_of = async (token: string): Promise<string | undefined> =>
  token_fault(await caught(() => verify(token)));

describe("access_token_verifier", () => {
  it("accepts an access token of this pool and this client", async () => {
    expect(await verify(await signed(access_claims()))).toMatchObject({ username: "f4a1b2c3" });
  });

  it("asks for the keys once, however many tokens come at once and after", async () => {
    const asked_before = key_server.requests.length;
    const token = await signed(access_claims());
    await Promise.all(Array.from({ length: 10 }, () => verify(token)));
    await verify(token);
    expect(key_server.requests.length - asked_before).toBe(1);
  });

  it("asks again for a key that it has not seen, as after a rotation", async () => {
    await verify(await signed(access_claims()));
    keys = jwks(key, later_key);
    expect(await verify(await signed(access_claims(), later_key))).toMatchObject({ username: "f4a1b2c3" });
  });
});

describe("a token that is wrong", () => {
  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["has expired", { exp: now() - 60 }, "expired"],
    ["is of another pool", { iss: `${ISSUER}x` }, "another pool"],
    ["has no issuer", { iss: undefined }, "another pool"],
    ["is of another client", { client_id: "2example" }, "another client"],
    ["has no client", { client_id: undefined }, "another client"],
    [
      "is an id token",
      {
        token_use: "id",
        aud: POOL.USER_POOL_CLIENT_ID,
        client_id: undefined,
        "cognito:username": "f4a1b2c3",
      },
      "not an access token",
    ],
    ["says nothing of its use", { token_use: undefined }, "not an access token"],
    ["is not valid yet", { nbf: now() + 3_600 }, "wrong claim"],
  ])("%s", async (_, claims, fault) => {
    expect(await fault_of(await signed({ ...access_claims(), ...claims }))).toBe(fault);
  });

  it("is signed with another key under the same id", async () => {
    expect(await fault_of(await signed(access_claims(), foreign_key))).toBe("wrong signature");
  });

  it("is signed with a key that the pool does not have, also when asked at once again", async () => {
    const token = await signed(access_claims(), later_key);
    expect(await fault_of(token)).toBe("not a key of this pool");
    expect(await fault_of(token)).toBe("not a key of this pool");
  });

  it("names no key", async () => {
    const { privateKey } = key;
    const token = await new SignJWT(access_claims()).setProtectedHeader({ alg: "RS256" }).sign(privateKey);
    expect(await fault_of(token)).toBe("no key id");
  });

  it("is not signed at all", async () => {
    expect(await fault_of(new UnsecuredJWT(access_claims()).encode())).toBeDefined();
  });

  const in_base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

  it.each(["none", "None", "NONE", "HS256", "ES256", ""])("claims the algorithm %j", async (alg) => {
    const head = `${in_base64url({ alg, kid: key.kid })}.${in_base64url(access_claims())}`;
    expect(await fault_of(`${head}.${Buffer.alloc(256).toString("base64url")}`)).toBeDefined();
  });

  it("is signed with the public key as if it were a secret", async () => {
    const pem = await exportSPKI(key.publicKey);
    const head = `${in_base64url({ alg: "HS256", typ: "JWT", kid: key.kid })}.${in_base64url(access_claims())}`;
    const signature = createHmac("sha256", pem).update(head).digest("base64url");
    expect(await fault_of(`${head}.${signature}`)).toBe("wrong algorithm");
  });

  it("has a claim changed", async () => {
    const [head, , signature] = (await signed(access_claims())).split(".");
    const claims = in_base64url({ ...access_claims(), username: "mallory" });
    expect(await fault_of(`${head}.${claims}.${signature}`)).toBe("wrong signature");
  });

  it("has lost its signature", async () => {
    const token = await signed(access_claims());
    expect(await fault_of(token.slice(0, token.lastIndexOf(".") + 1))).toBeDefined();
  });

  it("is anything else", async () => {
    const rubbish = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.stringMatching(/^[\w-]*\.[\w-]*\.[\w-]*$/),
      fc
        .tuple(fc.jsonValue(), fc.jsonValue(), fc.base64String())
        .map(([head, claims, signature]) =>
          [in_base64url({ head }), in_base64url({ claims }), signature.replaceAll("=", "")].join("."),
        ),
      fc
        .tuple(
          fc.dictionary(fc.constantFrom("alg", "kid", "typ", "jku", "jwk"), fc.jsonValue()),
          fc.jsonValue(),
        )
        .map(([head, claims]) => `${in_base64url(head)}.${in_base64url({ claims })}.AAAA`),
    );
    await fc.assert(
      fc.asyncProperty(rubbish, async (token) => {
        expect(await fault_of(token)).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it("says where the keys are, and is not believed", async () => {
    const asked_before = key_server.requests.length;
    const elsewhere = await scripted_server(() => jwks(foreign_key));
    const token = await new SignJWT(access_claims())
      .setProtectedHeader({ alg: "RS256", kid: key.kid, jku: elsewhere.url, jwk: foreign_key.jwk })
      .sign(foreign_key.privateKey);
    expect(await fault_of(token)).toBe("wrong signature");
    expect(elsewhere.requests).toHaveLength(0);
    expect(key_server.requests.length - asked_before).toBe(1);
    await elsewhere.close();
  });
});

describe("keys that cannot be had", () => {
  const outages: readonly [string, Scripted][] = [
    ["answers 500", { status: 500 }],
    ["answers 404", { status: 404, body: "{}" }],
    ["breaks the connection off", "reset"],
    ["answers what is no JSON", { status: 200, body: "<html></html>" }],
    ["shows no key at all", { status: 200, body: '{"keys":[]}' }],
    ["answers what are no keys", { status: 200, body: '{"message":"down"}' }],
  ];

  it.each(outages)("are no fault of the token where the key server %s", async (_, outage) => {
    keys = outage;
    const token = await signed(access_claims());
    expect(await fault_of(token)).toBeUndefined();
    expect(await fault_of(token)).toBeUndefined();
  });

  it.each(outages)("leave the keys that are known in use where the key server %s", async (_, outage) => {
    await verify(await signed(access_claims()));
    keys = outage;
    expect(await verify(await signed(access_claims()))).toMatchObject({ username: "f4a1b2c3" });
    const new_key = await signed(access_claims(), later_key);
    expect(await fault_of(new_key)).toBeUndefined();
    expect(await fault_of(new_key)).toBeUndefined();
    expect(await verify(await signed(access_claims()))).toMatchObject({ username: "f4a1b2c3" });
  });

  it("are asked for again once the key server is back", async () => {
    const token = await signed(access_claims());
    keys = { status: 500 };
    await caught(() => verify(token));
    keys = jwks(key);
    expect(await verify(token)).toMatchObject({ username: "f4a1b2c3" });
  });

  it("do not keep a token from being found wrong without them", async () => {
    keys = { status: 500 };
    expect(await fault_of(await signed({ ...access_claims(), iss: `${ISSUER}x` }))).toBe("another pool");
    expect(await fault_of("garbage")).toBe("not a token");
  });
});

describe("token_fault", () => {
  it.each([new Error("x"), new TypeError("fetch failed"), undefined, null, "text", {}])(
    "says nothing of %s",
    (thrown) => {
      expect(token_fault(thrown)).toBeUndefined();
    },
  );
});
