/** The six-digit codes that Cognito sends by e-mail, to confirm an address or to reset a password. */
import { createHash, randomInt, timingSafeEqual } from "node:crypto";
import { CognitoError } from "./errors.ts";
import type { CodeKind, User } from "./store.ts";
import type { UserPool } from "./user_pool.ts";

const HOUR_MS = 60 * 60 * 1000;

/** How long a code is good for, from "Quotas in Amazon Cognito" in the developer guide. */
const VALID_MS: Record<CodeKind, number> = { sign_up: 24 * HOUR_MS, forgot_password: HOUR_MS };

/** After so many wrong tries only a new code helps. Cognito stops somewhere between 5 and 20. */
const MAX_FAILURES = 5;

/** CodeDeliveryDetails: says where a code went without saying to whom. */
export interface CodeDelivery {
  AttributeName: "email";
  DeliveryMedium: "EMAIL";
  Destination: string;
}

/** Makes a code, which takes the place of an earlier one of its kind, and has it delivered. */
export function send_code(pool: UserPool, user: User, kind: CodeKind): CodeDelivery {
  const code = String(randomInt(1_000_000)).padStart(6, "0");
  const expires_at = pool.clock().getTime() + VALID_MS[kind];
  pool.store.put_code(user.sub, kind, {
    code_hash: hash_code(user.sub, kind, code),
    expires_at,
    failures: 0,
  });
  pool.deliver({ to: user.email, code, kind });
  return delivery_to(user.email);
}

/** What is said to have been sent, also when there is nobody to send to. */
export function delivery_to(username: string): CodeDelivery {
  const [name = "", domain = ""] = username.split("@");
  const Destination = `${name.charAt(0)}***@${domain.charAt(0)}***`;
  return { AttributeName: "email", DeliveryMedium: "EMAIL", Destination };
}

/** Uses up the right code; throws for any other. */
export function use_code(pool: UserPool, sub: string, kind: CodeKind, code: string): void {
  const stored = pool.store.code(sub, kind);
  if (stored === undefined || pool.clock().getTime() >= stored.expires_at) throw expired_code();
  if (stored.failures >= MAX_FAILURES) throw attempt_limit_exceeded();
  const equal = timingSafeEqual(Buffer.from(hash_code(sub, kind, code)), Buffer.from(stored.code_hash));
  if (!equal) {
    pool.store.count_code_failure(sub, kind);
    throw new CognitoError("CodeMismatchException", "Invalid verification code provided, please try again.");
  }
  pool.store.delete_code(sub, kind);
}

/** Also the answer for a user who does not exist (PreventUserExistenceErrors). */
export function expired_code(): CognitoError {
  return new CognitoError("ExpiredCodeException", "Invalid code provided, please request a code again.");
}

export function attempt_limit_exceeded(): CognitoError {
  return new CognitoError("LimitExceededException", "Attempt limit exceeded, please try after some time.");
}

/** Keeps codes out of the file in plain; a million of them are soon tried, so it is no more than that. */
function hash_code(sub: string, kind: CodeKind, code: string): string {
  return createHash("sha256").update(`${sub} ${kind} ${code}`).digest("base64url");
}
