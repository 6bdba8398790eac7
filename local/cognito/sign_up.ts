/** Signing up: the user registers, gets a code by e-mail and confirms with it. */
import * as z from "zod";
import { email_taken, read_attributes, register_user, require_email } from "./attributes.ts";
import { delivery_to, expired_code, send_code, use_code } from "./codes.ts";
import { invalid_parameter, not_authorized } from "./errors.ts";
import { client_user, type Operation, open_operation, parameter, signed_operation } from "./operation.ts";
import { require_conforming } from "./password_policy.ts";
import { hash_password } from "./passwords.ts";
import type { User } from "./store.ts";
import { find_user, require_client, require_pool, require_user } from "./user_pool.ts";

/** Tells who has an account already; so does the real service, whatever PreventUserExistenceErrors says. */
export const sign_up: Operation = open_operation(
  z.object({
    ...client_user,
    Password: parameter.password,
    UserAttributes: parameter.attributes,
  }),
  async (pool, request) => {
    require_client(request.ClientId, request.SecretHash);
    require_email(request.Username);
    const { others } = read_attributes(request.Username, request.UserAttributes, "client");
    require_conforming(request.Password);
    if (pool.store.user_by_email(request.Username)) throw email_taken();
    const user = register_user(pool, {
      email: request.Username,
      email_verified: false,
      status: "UNCONFIRMED",
      password_hash: await hash_password(request.Password),
      attributes: others,
    });
    return {
      UserConfirmed: false,
      UserSub: user.sub,
      CodeDeliveryDetails: send_code(pool, user, "sign_up"),
    };
  },
);

export const confirm_sign_up: Operation = open_operation(
  z.object({
    ...client_user,
    ConfirmationCode: parameter.code,
  }),
  (pool, request) => {
    require_client(request.ClientId, request.SecretHash);
    const user = find_user(pool, request.Username);
    if (user === undefined) throw expired_code();
    require_unconfirmed(user);
    use_code(pool, user.sub, "sign_up", request.ConfirmationCode);
    pool.store.update_user(user.sub, {
      status: "CONFIRMED",
      email_verified: true,
      modified_at: pool.clock().getTime(),
    });
    return {};
  },
);

export const resend_confirmation_code: Operation = open_operation(
  z.object({
    ...client_user,
  }),
  (pool, request) => {
    require_client(request.ClientId, request.SecretHash);
    const user = find_user(pool, request.Username);
    if (user === undefined) return { CodeDeliveryDetails: delivery_to(request.Username) };
    if (user.status !== "UNCONFIRMED") throw invalid_parameter("User is already confirmed.");
    return { CodeDeliveryDetails: send_code(pool, user, "sign_up") };
  },
);

/** Confirms without a code, so the address stays unverified. */
export const admin_confirm_sign_up: Operation = signed_operation(
  z.object({ UserPoolId: parameter.pool_id, Username: parameter.username }),
  (pool, request) => {
    require_pool(pool, request.UserPoolId);
    const user = require_user(pool, request.Username);
    require_unconfirmed(user);
    pool.store.update_user(user.sub, { status: "CONFIRMED", modified_at: pool.clock().getTime() });
    return {};
  },
);

function require_unconfirmed(user: User): void {
  if (user.status !== "UNCONFIRMED") {
    throw not_authorized(`User cannot be confirmed. Current status is ${user.status}`);
  }
}
