/** What users do with their own account: read it, change the password, reset a forgotten one. */
import * as z from "zod";
import { list_attributes } from "./attributes.ts";
import { attempt_limit_exceeded, delivery_to, expired_code, send_code, use_code } from "./codes.ts";
import { not_authorized, wrong_credentials } from "./errors.ts";
import { client_user, type Operation, open_operation, parameter } from "./operation.ts";
import { require_conforming } from "./password_policy.ts";
import { hash_password, password_matches } from "./passwords.ts";
import { access_token_user } from "./tokens.ts";
import { find_user, require_client, type UserPool } from "./user_pool.ts";

export const get_user: Operation = open_operation(
  z.object({ AccessToken: parameter.token }),
  async (pool, request) => {
    const user = await access_token_user(pool, request.AccessToken);
    return { Username: user.sub, UserAttributes: list_attributes(user) };
  },
);

/** Tokens in use stay good, as with the real service. */
export const change_password: Operation = open_operation(
  z.object({
    AccessToken: parameter.token,
    PreviousPassword: parameter.password,
    ProposedPassword: parameter.password,
  }),
  async (pool, request) => {
    const user = await access_token_user(pool, request.AccessToken);
    require_conforming(request.ProposedPassword);
    if (pool.attempts.locked(user.sub)) throw attempt_limit_exceeded();
    if (!(await password_matches(request.PreviousPassword, user.password_hash))) {
      pool.attempts.failed(user.sub);
      throw wrong_credentials();
    }
    pool.attempts.succeeded(user.sub);
    await set_password(pool, user.sub, request.ProposedPassword);
    return {};
  },
);

/**
 * For a user who does not exist, is disabled or has no verified address, the answer is that of a code sent
 * ("Managing user existence error responses" in the developer guide).
 */
export const forgot_password: Operation = open_operation(
  z.object({
    ...client_user,
  }),
  (pool, request) => {
    require_client(request.ClientId, request.SecretHash);
    const user = find_user(pool, request.Username);
    if (!user?.enabled || !user.email_verified) {
      return { CodeDeliveryDetails: delivery_to(user?.email ?? request.Username) };
    }
    if (user.status === "FORCE_CHANGE_PASSWORD") {
      throw not_authorized("User password cannot be reset in the current state.");
    }
    return { CodeDeliveryDetails: send_code(pool, user, "forgot_password") };
  },
);

export const confirm_forgot_password: Operation = open_operation(
  z.object({
    ...client_user,
    ConfirmationCode: parameter.code,
    Password: parameter.password,
  }),
  async (pool, request) => {
    require_client(request.ClientId, request.SecretHash);
    require_conforming(request.Password);
    const user = find_user(pool, request.Username);
    if (!user?.enabled) throw expired_code();
    use_code(pool, user.sub, "forgot_password", request.ConfirmationCode);
    await set_password(pool, user.sub, request.Password);
    return {};
  },
);

async function set_password(pool: UserPool, sub: string, password: string): Promise<void> {
  const password_hash = await hash_password(password);
  const now = pool.clock().getTime();
  pool.store.update_user(sub, { password_hash, password_set_at: now, status: "CONFIRMED", modified_at: now });
}
