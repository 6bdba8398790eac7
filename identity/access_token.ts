/** Verifies access tokens of the user pool, and tells a wrong token from keys that cannot be had. */
import { CognitoJwtVerifier } from "aws-jwt-verify";
import {
  CognitoJwtInvalidClientIdError,
  CognitoJwtInvalidTokenUseError,
  JwtExpiredError,
  JwtInvalidClaimError,
  JwtInvalidIssuerError,
  JwtInvalidSignatureAlgorithmError,
  JwtInvalidSignatureError,
  JwtParseError,
  JwtWithoutValidKidError,
  KidNotFoundInJwksError,
  ParameterValidationError,
  WaitPeriodNotYetEndedJwkError,
} from "aws-jwt-verify/error";
import { assertIsJwks, type Jwks, SimpleJwksCache } from "aws-jwt-verify/jwk";

export interface UserPool {
  readonly USER_POOL_ID: string;
  readonly USER_POOL_CLIENT_ID: string;
  /** Where a stand-in for Cognito keeps its public keys. */
  readonly JWKS_URI?: string | undefined;
}

export type AccessTokenVerifier = (token: string) => Promise<{ readonly username?: unknown }>;

/**
 * Accepts access tokens of this pool and this client. Keys are kept for as long as the process lives, so that an
 * outage of the key server only touches tokens that are signed with a key it has not shown before.
 */
export function access_token_verifier(pool: UserPool): AccessTokenVerifier {
  const verifier = CognitoJwtVerifier.create(
    { userPoolId: pool.USER_POOL_ID, clientId: pool.USER_POOL_CLIENT_ID, tokenUse: "access" },
    { jwksCache: jwks_cache(pool.JWKS_URI) },
  );
  return (token) => verifier.verify(token);
}

/** The library itself fetches over https only, which a stand-in on a laptop does not speak. */
const jwks_cache = (uri: string | undefined): SimpleJwksCache =>
  new SimpleJwksCache({
    jwksParser: some_jwks,
    ...(uri !== undefined && {
      fetcher: {
        fetch: async () => {
          const answer = await fetch(uri, { signal: AbortSignal.timeout(3_000) });
          if (!answer.ok) throw new Error(`The keys could not be fetched: HTTP ${answer.status}.`);
          return answer.arrayBuffer();
        },
      },
    }),
  });

/** A pool always has keys: an answer without any is an outage, and says nothing about a token. */
function some_jwks(bytes: ArrayBuffer): Jwks {
  const jwks: Parameters<typeof assertIsJwks>[0] = JSON.parse(Buffer.from(bytes).toString());
  assertIsJwks(jwks);
  if (jwks.keys.length === 0) throw new Error("The key server shows no keys.");
  return jwks;
}

/** What can be wrong with a token itself; the special cases of a class stand before it. */
const FAULTS = [
  [JwtParseError, "not a token"],
  [JwtWithoutValidKidError, "no key id"],
  [KidNotFoundInJwksError, "not a key of this pool"],
  // The keys that are held were fetched within the last ten seconds, for a token whose key was not among them; nor is
  // this one's. They are not fetched again so soon.
  [WaitPeriodNotYetEndedJwkError, "not a key of this pool"],
  [JwtInvalidSignatureAlgorithmError, "wrong algorithm"],
  [JwtInvalidSignatureError, "wrong signature"],
  [JwtExpiredError, "expired"],
  [JwtInvalidIssuerError, "another pool"],
  // What the verifier throws for an issuer that it has no pool for; its own parameters were judged when it was made.
  [ParameterValidationError, "another pool"],
  [CognitoJwtInvalidClientIdError, "another client"],
  [CognitoJwtInvalidTokenUseError, "not an access token"],
  [JwtInvalidClaimError, "wrong claim"],
] as const;

/** What is wrong with the token, or undefined where the error says nothing about it. */
export const token_fault = (error: unknown): string | undefined =>
  FAULTS.find(([kind]) => error instanceof kind)?.[1];
