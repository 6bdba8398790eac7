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
  WaitPeriodNotYetEndedJwkError,
} from "aws-jwt-verify/error";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";

export interface UserPool {
  readonly USER_POOL_ID: string;
  readonly USER_POOL_CLIENT_ID: string;
  /** Where a stand-in for Cognito keeps its public keys. */
  readonly JWKS_URI?: string | undefined;
}

export type AccessTokenVerifier = (token: string) => Promise<{ readonly username: string }>;

/**
 * Accepts access tokens of this pool and this client. Keys are kept for as long as the process lives, so that an
 * outage of the key server only touches tokens that are signed with a key it has not shown before.
 */
export function access_token_verifier(pool: UserPool): AccessTokenVerifier {
  const verifier = CognitoJwtVerifier.create(
    { userPoolId: pool.USER_POOL_ID, clientId: pool.USER_POOL_CLIENT_ID, tokenUse: "access" },
    ...(pool.JWKS_URI === undefined ? [] : [{ jwksCache: jwks_of(pool.JWKS_URI) }]),
  );
  return (token) => verifier.verify(token);
}

/** The library itself fetches over https only, which a stand-in on a laptop does not speak. */
const jwks_of = (uri: string): SimpleJwksCache =>
  new SimpleJwksCache({
    fetcher: {
      fetch: async () => {
        const answer = await fetch(uri, { signal: AbortSignal.timeout(3_000) });
        if (!answer.ok) throw new Error(`The keys could not be fetched: HTTP ${answer.status}.`);
        return answer.arrayBuffer();
      },
    },
  });

/** What can be wrong with a token itself; the special cases of a class stand before it. */
const FAULTS = [
  [JwtParseError, "not a token"],
  [JwtWithoutValidKidError, "no key id"],
  [KidNotFoundInJwksError, "not a key of this pool"],
  // Keys were fetched within the last ten seconds, and lacked a key that was asked for; they are not fetched again.
  [WaitPeriodNotYetEndedJwkError, "not a key of this pool"],
  [JwtInvalidSignatureAlgorithmError, "wrong algorithm"],
  [JwtInvalidSignatureError, "wrong signature"],
  [JwtExpiredError, "expired"],
  [JwtInvalidIssuerError, "another pool"],
  [CognitoJwtInvalidClientIdError, "another client"],
  [CognitoJwtInvalidTokenUseError, "not an access token"],
  [JwtInvalidClaimError, "wrong claim"],
] as const;

/** What is wrong with the token, or undefined where the error says nothing about it. */
export const token_fault = (error: unknown): string | undefined =>
  FAULTS.find(([kind]) => error instanceof kind)?.[1];
