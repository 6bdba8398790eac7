/** Tokens as Cognito makes them: signed access and id tokens, opaque refresh tokens. */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  jwtVerify,
  SignJWT,
} from "jose";
import * as z from "zod";
import { CognitoError, not_authorized } from "./errors.ts";
import type { SignIn, User } from "./store.ts";
import { CLIENT_ID, type UserPool } from "./user_pool.ts";

const ALGORITHM = "RS256";

/** The scope of every token of the user-pool API, as opposed to those of the hosted sign-in pages. */
const SCOPE = "aws.cognito.signin.user.admin";

export interface SigningKey {
  readonly kid: string;
  readonly private_key: CryptoKey;
  readonly public_key: CryptoKey;
  /** As it stands in the JWKS (RFC 7517, section 4). */
  readonly public_jwk: JWK;
}

/** A new RSA key as JSON (a private JWK), to be kept with mode 0600. */
export async function make_signing_key(): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { modulusLength: 2048, extractable: true });
  return JSON.stringify(await exportJWK(privateKey));
}

const private_jwk = z.looseObject({ kty: z.literal("RSA"), n: z.string(), e: z.string(), d: z.string() });

export async function read_signing_key(json: string): Promise<SigningKey> {
  const jwk = private_jwk.parse(JSON.parse(json));
  const { kty, n, e } = jwk;
  const kid = await calculateJwkThumbprint({ kty, n, e });
  return {
    kid,
    private_key: await import_rsa(jwk),
    public_key: await import_rsa({ kty, n, e }),
    public_jwk: { alg: ALGORITHM, e, kid, kty, n, use: "sig" },
  };
}

async function import_rsa(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM);
  if (key instanceof Uint8Array) throw new TypeError("The signing key is not an RSA key.");
  return key;
}

/** AuthenticationResult of InitiateAuth; ExpiresIn is the access token's lifetime in seconds. */
export interface AuthenticationResult {
  AccessToken: string;
  IdToken: string;
  RefreshToken?: string;
  ExpiresIn: number;
  TokenType: "Bearer";
}

/** Starts a new sign-in: all three tokens. */
export async function sign_in_tokens(pool: UserPool, user: User): Promise<AuthenticationResult> {
  const now = pool.clock().getTime();
  const refresh_token = randomBytes(96).toString("base64url");
  const sign_in: SignIn = {
    origin_jti: randomUUID(),
    sub: user.sub,
    refresh_hash: hash_refresh_token(refresh_token),
    auth_time: seconds(now),
    expires_at: now + pool.lifetimes.refresh_seconds * 1000,
    revoked: false,
  };
  pool.store.add_sign_in(sign_in);
  return { ...(await refreshed_tokens(pool, user, sign_in)), RefreshToken: refresh_token };
}

/** New access and id tokens of an earlier sign-in, with its time and its origin_jti. */
export async function refreshed_tokens(
  pool: UserPool,
  user: User,
  sign_in: SignIn,
): Promise<AuthenticationResult> {
  const { origin_jti, auth_time } = sign_in;
  const { access_seconds, id_seconds } = pool.lifetimes;
  const shared = { origin_jti, event_id: randomUUID(), auth_time };
  const access = {
    ...shared,
    client_id: CLIENT_ID,
    token_use: "access",
    scope: SCOPE,
    username: user.sub,
  };
  const id = {
    ...shared,
    ...user.attributes,
    aud: CLIENT_ID,
    token_use: "id",
    "cognito:username": user.sub,
    email: user.email,
    email_verified: user.email_verified,
  };
  const [AccessToken, IdToken] = await Promise.all([
    sign_token(pool, user.sub, access, access_seconds),
    sign_token(pool, user.sub, id, id_seconds),
  ]);
  return { AccessToken, IdToken, ExpiresIn: access_seconds, TokenType: "Bearer" };
}

function sign_token(pool: UserPool, sub: string, claims: object, lifetime_seconds: number): Promise<string> {
  const issued_at = seconds(pool.clock().getTime());
  return new SignJWT({ ...claims })
    .setProtectedHeader({ kid: pool.signing_key.kid, alg: ALGORITHM })
    .setSubject(sub)
    .setIssuer(pool.issuer)
    .setIssuedAt(issued_at)
    .setExpirationTime(issued_at + lifetime_seconds)
    .setJti(randomUUID())
    .sign(pool.signing_key.private_key);
}

const access_claims = z.object({
  sub: z.string(),
  origin_jti: z.string(),
  client_id: z.literal(CLIENT_ID),
  token_use: z.literal("access"),
});

/** The user whose access token this is; throws NotAuthorizedException when it does not count (any more). */
export async function access_token_user(pool: UserPool, token: string): Promise<User> {
  const claims = access_claims.safeParse(await verified_claims(pool, token));
  if (!claims.success) throw not_authorized("Invalid Access Token");
  const user = pool.store.user_by_sub(claims.data.sub);
  if (user === undefined) throw new CognitoError("UserNotFoundException", "User does not exist.");
  if (!user.enabled) throw not_authorized("User is disabled.");
  const sign_in = pool.store.sign_in_by_origin(claims.data.origin_jti);
  if (sign_in === undefined || sign_in.revoked) throw not_authorized("Access Token has been revoked");
  return user;
}

async function verified_claims(pool: UserPool, token: string): Promise<unknown> {
  try {
    const { payload } = await jwtVerify(token, pool.signing_key.public_key, {
      algorithms: [ALGORITHM],
      issuer: pool.issuer,
      currentDate: pool.clock(),
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw not_authorized("Access Token has expired");
    if (error instanceof errors.JOSEError) throw not_authorized("Invalid Access Token");
    throw error;
  }
}

/** Only this is stored; a refresh token has 96 random bytes, so a plain hash cannot be reversed. */
export function hash_refresh_token(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
