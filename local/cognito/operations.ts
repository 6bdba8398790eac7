/** Every operation that this server knows, by the name in X-Amz-Target. */
import * as admin_users from "./admin_users.ts";
import * as descriptions from "./descriptions.ts";
import type { Operation } from "./operation.ts";
import * as own_account from "./own_account.ts";
import * as sign_in from "./sign_in.ts";
import * as sign_out from "./sign_out.ts";
import * as sign_up from "./sign_up.ts";

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ["AdminConfirmSignUp", sign_up.admin_confirm_sign_up],
  ["AdminCreateUser", admin_users.admin_create_user],
  ["AdminDeleteUser", admin_users.admin_delete_user],
  ["AdminDisableUser", admin_users.admin_disable_user],
  ["AdminEnableUser", admin_users.admin_enable_user],
  ["AdminGetUser", admin_users.admin_get_user],
  ["AdminInitiateAuth", sign_in.admin_initiate_auth],
  ["AdminSetUserPassword", admin_users.admin_set_user_password],
  ["AdminUserGlobalSignOut", sign_out.admin_user_global_sign_out],
  ["ChangePassword", own_account.change_password],
  ["ConfirmForgotPassword", own_account.confirm_forgot_password],
  ["ConfirmSignUp", sign_up.confirm_sign_up],
  ["DescribeUserPool", descriptions.describe_user_pool],
  ["DescribeUserPoolClient", descriptions.describe_user_pool_client],
  ["ForgotPassword", own_account.forgot_password],
  ["GetTokensFromRefreshToken", sign_in.get_tokens_from_refresh_token],
  ["GetUser", own_account.get_user],
  ["GlobalSignOut", sign_out.global_sign_out],
  ["InitiateAuth", sign_in.initiate_auth],
  ["ListUserPoolClients", descriptions.list_user_pool_clients],
  ["ListUserPools", descriptions.list_user_pools],
  ["ListUsers", admin_users.list_users],
  ["ResendConfirmationCode", sign_up.resend_confirmation_code],
  ["RespondToAuthChallenge", sign_in.respond_to_auth_challenge],
  ["RevokeToken", sign_out.revoke_token],
  ["SignUp", sign_up.sign_up],
]);
