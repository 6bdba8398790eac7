/** What an administrator does with users: create, list, set a password, disable, delete. */
import * as z from "zod";
import { email_taken, list_attributes, read_attributes, register_user, require_email } from "./attributes.ts";
import { CognitoError, invalid_parameter } from "./errors.ts";
import { epoch_seconds, type Operation, parameter, signed_operation } from "./operation.ts";
import { require_conforming } from "./password_policy.ts";
import { hash_password, make_temporary_password } from "./passwords.ts";
import type { User } from "./store.ts";
import { require_pool, require_user, type UserPool } from "./user_pool.ts";

const user_request = z.object({ UserPoolId: parameter.pool_id, Username: parameter.username });

const create_user_request = user_request.extend({
  TemporaryPassword: parameter.password.optional(),
  MessageAction: z.enum(["RESEND", "SUPPRESS"]).optional(),
  UserAttributes: parameter.attributes,
});

/** The user signs in with a temporary password, given or made up, and has to change it. */
export const admin_create_user: Operation = signed_operation(create_user_request, async (pool, request) => {
  require_pool(pool, request.UserPoolId);
  require_email(request.Username);
  const { email_verified, others } = read_attributes(request.Username, request.UserAttributes, "admin");
  const password = request.TemporaryPassword ?? make_temporary_password();
  require_conforming(password);
  const existing = pool.store.user_by_email(request.Username);
  if (request.MessageAction === "RESEND") return { User: await invite_again(pool, existing, password) };
  if (existing) throw email_taken();
  const user = register_user(pool, {
    email: request.Username,
    email_verified,
    status: "FORCE_CHANGE_PASSWORD",
    password_hash: await hash_password(password),
    attributes: others,
  });
  if (request.MessageAction !== "SUPPRESS") invite(pool, user, password);
  return { User: list_entry(user) };
});

/** A new temporary password, with a new term, for a user who has not used the first. */
async function invite_again(pool: UserPool, user: User | undefined, password: string): Promise<object> {
  if (user === undefined) throw new CognitoError("UserNotFoundException", "User does not exist.");
  if (user.status !== "FORCE_CHANGE_PASSWORD") {
    throw new CognitoError(
      "UnsupportedUserStateException",
      `Resend not possible. ${user.sub} status is not FORCE_CHANGE_PASSWORD`,
    );
  }
  await set_password(pool, user, password, "FORCE_CHANGE_PASSWORD");
  invite(pool, user, password);
  return list_entry(user);
}

function invite(pool: UserPool, user: User, password: string): void {
  pool.deliver({ to: user.email, code: password, kind: "temporary_password" });
}

export const admin_set_user_password: Operation = signed_operation(
  user_request.extend({ Password: parameter.password, Permanent: z.boolean().default(false) }),
  async (pool, request) => {
    require_pool(pool, request.UserPoolId);
    const user = require_user(pool, request.Username);
    require_conforming(request.Password);
    const status = request.Permanent ? "CONFIRMED" : "FORCE_CHANGE_PASSWORD";
    await set_password(pool, user, request.Password, status);
    return {};
  },
);

async function set_password(
  pool: UserPool,
  user: User,
  password: string,
  status: User["status"],
): Promise<void> {
  const password_hash = await hash_password(password);
  const now = pool.clock().getTime();
  pool.store.update_user(user.sub, { password_hash, password_set_at: now, status, modified_at: now });
}

/** Ends the user's sign-ins as well; they stay ended when the user is enabled again. */
export const admin_disable_user: Operation = signed_operation(user_request, (pool, request) => {
  require_pool(pool, request.UserPoolId);
  const { sub } = require_user(pool, request.Username);
  pool.store.transaction(() => {
    pool.store.update_user(sub, { enabled: false, modified_at: pool.clock().getTime() });
    pool.store.revoke_sign_ins_of(sub);
  });
  return {};
});

export const admin_enable_user: Operation = signed_operation(user_request, (pool, request) => {
  require_pool(pool, request.UserPoolId);
  const { sub } = require_user(pool, request.Username);
  pool.store.update_user(sub, { enabled: true, modified_at: pool.clock().getTime() });
  return {};
});

export const admin_delete_user: Operation = signed_operation(user_request, (pool, request) => {
  require_pool(pool, request.UserPoolId);
  pool.store.delete_user(require_user(pool, request.Username).sub);
  return {};
});

export const admin_get_user: Operation = signed_operation(user_request, (pool, request) => {
  require_pool(pool, request.UserPoolId);
  const { Attributes, ...entry } = list_entry(require_user(pool, request.Username));
  return { ...entry, UserAttributes: Attributes };
});

const list_users_request = z.object({
  UserPoolId: parameter.pool_id,
  AttributesToGet: z.array(z.string()).optional(),
  Filter: z.string().max(256).default(""),
  Limit: z.int().min(0).max(60).default(60),
  PaginationToken: z.string().min(1).default(""),
});

export const list_users: Operation = signed_operation(list_users_request, (pool, request) => {
  require_pool(pool, request.UserPoolId);
  const matches = parse_filter(request.Filter);
  const after = Buffer.from(request.PaginationToken, "base64url").toString();
  const found = pool.store.list_users(after).filter(matches);
  const limit = request.Limit || 60;
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const more = found.length > page.length && last !== undefined;
  const wanted = request.AttributesToGet;
  return {
    Users: page.map(list_entry).map((entry) => ({
      ...entry,
      Attributes: entry.Attributes.filter(({ Name }) => wanted === undefined || wanted.includes(Name)),
    })),
    ...(more ? { PaginationToken: Buffer.from(last.sub).toString("base64url") } : {}),
  };
});

/** `<attribute> = "<value>"` or, for a prefix, `^=`; see ListUsers in the API reference. */
function parse_filter(filter: string): (user: User) => boolean {
  if (filter.trim() === "") return () => true;
  const parsed = /^\s*"?([\w:]+)"?\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*$/.exec(filter);
  if (!parsed) throw invalid_parameter("Error while parsing filter.");
  const [, name = "", operator, escaped = ""] = parsed;
  const value = escaped.replace(/\\(.)/g, "$1");
  return (user) => {
    const actual = filterable_value(user, name);
    return operator === "=" ? actual === value : (actual?.startsWith(value) ?? false);
  };
}

function filterable_value(user: User, name: string): string | undefined {
  switch (name) {
    case "username":
      return user.sub;
    case "cognito:user_status":
      return user.status;
    case "status":
      return user.enabled ? "Enabled" : "Disabled";
    default:
      return list_attributes(user).find(({ Name }) => Name === name)?.Value;
  }
}

function list_entry(user: User) {
  return {
    Username: user.sub,
    Attributes: list_attributes(user),
    UserCreateDate: epoch_seconds(user.created_at),
    UserLastModifiedDate: epoch_seconds(user.modified_at),
    Enabled: user.enabled,
    UserStatus: user.status,
  };
}
