/** A user's attributes as Cognito's lists of name and value. */
import { randomUUID } from "node:crypto";
import { CognitoError, invalid_parameter, not_authorized } from "./errors.ts";
import type { User } from "./store.ts";
import type { UserPool } from "./user_pool.ts";

export interface Attribute {
  Name: string;
  Value?: string | undefined;
}

/** The pool has the standard attributes (OpenID Connect Core, section 5.1) and no custom ones. */
const STANDARD_ATTRIBUTES: ReadonlySet<string> = new Set([
  "address",
  "birthdate",
  "email",
  "email_verified",
  "family_name",
  "gender",
  "given_name",
  "locale",
  "middle_name",
  "name",
  "nickname",
  "phone_number",
  "phone_number_verified",
  "picture",
  "preferred_username",
  "profile",
  "updated_at",
  "website",
  "zoneinfo",
]);

/** Attributes that only an administrator may write. */
const ADMIN_ATTRIBUTES: ReadonlySet<string> = new Set(["email_verified", "phone_number_verified"]);

/** Reads the attributes of a new user, whose e-mail is the user name. */
export function read_attributes(
  username: string,
  list: readonly Attribute[],
  writer: "client" | "admin",
): { email_verified: boolean; others: Record<string, string> } {
  const given = new Map(list.map(({ Name, Value }) => [Name, Value ?? ""]));
  for (const name of given.keys()) {
    if (!STANDARD_ATTRIBUTES.has(name)) {
      throw invalid_parameter(
        `Attributes did not conform to the schema: ${name}: Attribute does not exist in the schema.`,
      );
    }
    if (writer === "client" && ADMIN_ATTRIBUTES.has(name)) {
      throw not_authorized("A client attempted to write unauthorized attribute");
    }
  }
  const email = given.get("email") ?? username;
  if (email.toLowerCase() !== username.toLowerCase()) {
    throw invalid_parameter(
      "The email attribute must be the user name, by which users of this pool sign in.",
    );
  }
  const email_verified = given.get("email_verified")?.toLowerCase() === "true";
  given.delete("email");
  given.delete("email_verified");
  return { email_verified, others: Object.fromEntries(given) };
}

export function list_attributes(user: User): { Name: string; Value: string }[] {
  return Object.entries({
    ...user.attributes,
    email: user.email,
    email_verified: String(user.email_verified),
    sub: user.sub,
  }).map(([Name, Value]) => ({ Name, Value }));
}

/** The user name of a new user has to be an e-mail address; what is one is left to the mail. */
export function require_email(username: string): void {
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(username)) throw invalid_parameter("Username should be an email.");
}

export interface NewUser {
  email: string;
  email_verified: boolean;
  status: User["status"];
  password_hash: string | null;
  attributes: Record<string, string>;
}

/** Adds the user, or throws UsernameExistsException. */
export function register_user(pool: Pick<UserPool, "store" | "clock">, fields: NewUser): User {
  const now = pool.clock().getTime();
  const times = { password_set_at: now, created_at: now, modified_at: now };
  const user: User = { sub: randomUUID(), enabled: true, ...fields, ...times };
  if (!pool.store.add_user(user)) throw email_taken();
  return user;
}

export function email_taken(): CognitoError {
  return new CognitoError("UsernameExistsException", "An account with the given email already exists.");
}
