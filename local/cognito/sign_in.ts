/** Signing in: by password, by refresh token, and by the answer to the new-password challenge. */
import * as z from "zod";
import { invalid_session } from "./challenge_sessions.ts";
import { CognitoError, invalid_parameter, not_authorized, wrong_credentials } from "./errors.ts";
import { type Operation, open_operation, parameter, signed_operation } from "./operation.ts";
import { PASSWORD_POLICY, require_conforming } from "./password_policy.ts";
import { hash_password, password_matches } from "./passwords.ts";
import type { User } from "./store.ts";
import { type AuthenticationResult, hash_refresh_token, refreshed_tokens, sign_in_tokens } from "./tokens.ts";
import { find_user, require_client, require_pool, type UserPool } from "./user_pool.ts";

const AUTH_FLOWS = [
  "USER_SRP_AUTH",
  "REFRESH_TOKEN_AUTH",
  "REFRESH_TOKEN",
  "CUSTOM_AUTH",
  "ADMIN_NO_SRP_AUTH",
  "USER_PASSWORD_AUTH",
  "ADMIN_USER_PASSWORD_AUTH",
  "USER_AUTH",
] as const;

type AuthParameters = Readonly<Record<string, string>>;

const initiate_auth_request = z.object({
  AuthFlow: z.enum(AUTH_FLOWS),
  AuthParameters: parameter.auth_parameters,
  ClientId: parameter.client_id,
});

export const initiate_auth: Operation = open_operation(initiate_auth_request, async (pool, request) => {
  const parameters = request.AuthParameters;
  require_client(request.ClientId, parameters.SECRET_HASH);
  switch (request.AuthFlow) {
    case "USER_PASSWORD_AUTH":
      return sign_in_with_password(pool, parameters);
    case "REFRESH_TOKEN_AUTH":
    case "REFRESH_TOKEN":
      return sign_in_with_refresh_token(pool, parameters);
    case "ADMIN_NO_SRP_AUTH":
    case "ADMIN_USER_PASSWORD_AUTH":
      throw invalid_parameter("Initiate Auth method not supported.");
    case "USER_SRP_AUTH":
    case "CUSTOM_AUTH":
      throw invalid_parameter(`${request.AuthFlow} is not enabled for the client.`);
    case "USER_AUTH":
      throw invalid_parameter("USER_AUTH flow not enabled for this client");
  }
});

/** The client allows none of the administrator's flows, so only a refresh can succeed here. */
export const admin_initiate_auth: Operation = signed_operation(
  initiate_auth_request.extend({ UserPoolId: parameter.pool_id }),
  async (pool, request) => {
    const parameters = request.AuthParameters;
    require_pool(pool, request.UserPoolId);
    require_client(request.ClientId, parameters.SECRET_HASH);
    switch (request.AuthFlow) {
      case "REFRESH_TOKEN_AUTH":
      case "REFRESH_TOKEN":
        return sign_in_with_refresh_token(pool, parameters);
      case "USER_PASSWORD_AUTH":
        throw invalid_parameter("Initiate Auth method not supported.");
      default:
        throw invalid_parameter("Auth flow not enabled for this client");
    }
  },
);

/** Without rotation, which the client does not have, this is the refresh flow by another name. */
export const get_tokens_from_refresh_token: Operation = open_operation(
  z.object({ RefreshToken: parameter.token, ClientId: parameter.client_id }),
  async (pool, request) => {
    require_client(request.ClientId);
    return { AuthenticationResult: await refresh(pool, request.RefreshToken) };
  },
);

export const respond_to_auth_challenge: Operation = open_operation(
  z.object({
    ClientId: parameter.client_id,
    ChallengeName: z.string(),
    ChallengeResponses: parameter.auth_parameters,
    Session: parameter.session.optional(),
  }),
  async (pool, request) => {
    const responses = request.ChallengeResponses;
    require_client(request.ClientId, responses.SECRET_HASH);
    if (request.ChallengeName !== "NEW_PASSWORD_REQUIRED") {
      throw invalid_parameter("This pool has no challenge but NEW_PASSWORD_REQUIRED.");
    }
    if (request.Session === undefined) throw invalid_parameter("Missing required parameter Session");
    return set_new_password(pool, request.Session, {
      username: required(responses, "USERNAME"),
      new_password: required(responses, "NEW_PASSWORD"),
    });
  },
);

function required(parameters: AuthParameters, name: string): string {
  const value = parameters[name];
  if (value === undefined || value === "") throw invalid_parameter(`Missing required parameter ${name}`);
  return value;
}

async function sign_in_with_password(pool: UserPool, parameters: AuthParameters): Promise<object> {
  const username = required(parameters, "USERNAME");
  const password = required(parameters, "PASSWORD");
  const user = await user_with_password(pool, username, password);
  // Only from here on may the answer tell anything about the user: the password was right.
  if (!user.enabled) throw not_authorized("User is disabled.");
  if (user.status === "UNCONFIRMED") {
    throw new CognitoError("UserNotConfirmedException", "User is not confirmed.");
  }
  if (user.status === "FORCE_CHANGE_PASSWORD") return new_password_challenge(pool, user);
  return signed_in(await sign_in_tokens(pool, user));
}

/** The user with this name and password; an unknown name takes as long and fails with the same words. */
async function user_with_password(pool: UserPool, username: string, password: string): Promise<User> {
  const user = find_user(pool, username);
  const counted_as = user?.sub ?? username.toLowerCase();
  if (pool.attempts.locked(counted_as)) throw not_authorized("Password attempts exceeded");
  const matches = await password_matches(password, user?.password_hash);
  if (!matches || user === undefined) {
    pool.attempts.failed(counted_as);
    throw wrong_credentials();
  }
  pool.attempts.succeeded(counted_as);
  return user;
}

const TEMPORARY_PASSWORD_MS = PASSWORD_POLICY.TemporaryPasswordValidityDays * 24 * 60 * 60 * 1000;

function new_password_challenge(pool: UserPool, user: User): object {
  if (pool.clock().getTime() >= user.password_set_at + TEMPORARY_PASSWORD_MS) {
    throw not_authorized("Temporary password has expired and must be reset by an administrator.");
  }
  const { email, email_verified, attributes } = user;
  return {
    ChallengeName: "NEW_PASSWORD_REQUIRED",
    ChallengeParameters: {
      USER_ID_FOR_SRP: user.sub,
      requiredAttributes: "[]",
      userAttributes: JSON.stringify({ ...attributes, email_verified: String(email_verified), email }),
    },
    Session: pool.challenges.open(user.sub),
  };
}

/** A password that breaks the policy leaves the session open for a better one. */
async function set_new_password(
  pool: UserPool,
  session: string,
  answer: { username: string; new_password: string },
): Promise<object> {
  if (find_user(pool, answer.username)?.sub !== pool.challenges.check(session)) throw invalid_session();
  require_conforming(answer.new_password);
  const password_hash = await hash_password(answer.new_password);
  const user = pool.store.user_by_sub(pool.challenges.use(session));
  if (user?.status !== "FORCE_CHANGE_PASSWORD") throw invalid_session();
  if (!user.enabled) throw not_authorized("User is disabled.");
  const now = pool.clock().getTime();
  pool.store.update_user(user.sub, {
    password_hash,
    password_set_at: now,
    status: "CONFIRMED",
    modified_at: now,
  });
  return signed_in(await sign_in_tokens(pool, user));
}

async function sign_in_with_refresh_token(pool: UserPool, parameters: AuthParameters): Promise<object> {
  return signed_in(await refresh(pool, required(parameters, "REFRESH_TOKEN")));
}

async function refresh(pool: UserPool, refresh_token: string): Promise<AuthenticationResult> {
  const sign_in = pool.store.sign_in_by_refresh_hash(hash_refresh_token(refresh_token));
  const user = sign_in && pool.store.user_by_sub(sign_in.sub);
  if (sign_in === undefined || user === undefined) throw not_authorized("Invalid Refresh Token");
  if (!user.enabled) throw not_authorized("User is disabled.");
  if (sign_in.revoked) throw not_authorized("Refresh Token has been revoked");
  if (pool.clock().getTime() >= sign_in.expires_at) throw not_authorized("Refresh Token has expired");
  return refreshed_tokens(pool, user, sign_in);
}

function signed_in(AuthenticationResult: AuthenticationResult): object {
  return { AuthenticationResult, ChallengeParameters: {} };
}
