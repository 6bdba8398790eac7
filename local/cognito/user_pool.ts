/** The one user pool and app client of the laptop, set up as Terraform sets up the real ones. */
import type { ChallengeSessions } from "./challenge_sessions.ts";
import { CognitoError, not_authorized } from "./errors.ts";
import type { SignInAttempts } from "./sign_in_attempts.ts";
import type { Store, User } from "./store.ts";
import type { SigningKey } from "./tokens.ts";

export const POOL_NAME = "photo-uploader";
export const CLIENT_NAME = "photo-uploader";

/** Fixed, so that scripts can name it; 26 lower-case letters and digits, as Cognito makes them. */
export const CLIENT_ID = "photouploaderlocalclient01";

export const EXPLICIT_AUTH_FLOWS = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_PASSWORD_AUTH"] as const;

export interface TokenLifetimes {
  readonly access_seconds: number;
  readonly id_seconds: number;
  readonly refresh_seconds: number;
}

export const DEFAULT_LIFETIMES: TokenLifetimes = {
  access_seconds: 60 * 60,
  id_seconds: 60 * 60,
  refresh_seconds: 30 * 24 * 60 * 60,
};

/** What Cognito would send by e-mail: a six-digit code, or an invitation's temporary password. */
export interface Message {
  to: string;
  code: string;
  kind: "sign_up" | "forgot_password" | "temporary_password";
}

/** All that an operation works with. */
export interface UserPool {
  readonly id: string;
  readonly region: string;
  readonly issuer: string;
  readonly lifetimes: TokenLifetimes;
  readonly signing_key: SigningKey;
  readonly store: Store;
  readonly attempts: SignInAttempts;
  readonly challenges: ChallengeSessions;
  readonly clock: () => Date;
  readonly deliver: (message: Message) => void;
}

/** An id of AWS's form; aws-jwt-verify reads the region out of it. */
export function pool_id(region: string): string {
  return `${region}_Local0001`;
}

/** The issuer that the real service puts into its tokens, so that verifiers work unchanged. */
export function pool_issuer(region: string): string {
  return `https://cognito-idp.${region}.amazonaws.com/${pool_id(region)}`;
}

export function require_pool(pool: UserPool, id: string): void {
  if (id !== pool.id) {
    throw new CognitoError("ResourceNotFoundException", `User pool ${id} does not exist.`);
  }
}

/** The app client has no secret, so a hash made with one is as wrong as an unknown client. */
export function require_client(client_id: string, secret_hash?: string): void {
  if (client_id !== CLIENT_ID) {
    throw new CognitoError("ResourceNotFoundException", `User pool client ${client_id} does not exist.`);
  }
  if (secret_hash !== undefined) {
    throw not_authorized(`Unable to verify secret hash for client ${client_id}`);
  }
}

/** Finds a user by e-mail, whatever its case, or by `sub`. */
export function find_user(pool: UserPool, username: string): User | undefined {
  return pool.store.user_by_email(username) ?? pool.store.user_by_sub(username);
}

export function require_user(pool: UserPool, username: string): User {
  const user = find_user(pool, username);
  if (user === undefined) throw new CognitoError("UserNotFoundException", "User does not exist.");
  return user;
}
