/** The pool and its app client described as the API describes them; these settings cannot be changed. */
import * as z from "zod";
import { SESSION_MINUTES } from "./challenge_sessions.ts";
import { epoch_seconds, type Operation, parameter, signed_operation } from "./operation.ts";
import { PASSWORD_POLICY } from "./password_policy.ts";
import {
  CLIENT_ID,
  CLIENT_NAME,
  EXPLICIT_AUTH_FLOWS,
  POOL_NAME,
  require_client,
  require_pool,
  type UserPool,
} from "./user_pool.ts";

const MAX_RESULTS = z.int().min(1).max(60);

export const list_user_pools: Operation = signed_operation(z.object({ MaxResults: MAX_RESULTS }), (pool) => ({
  UserPools: [{ Id: pool.id, Name: POOL_NAME, LambdaConfig: {}, ...dates(pool) }],
}));

export const list_user_pool_clients: Operation = signed_operation(
  z.object({ UserPoolId: parameter.pool_id, MaxResults: MAX_RESULTS.optional() }),
  (pool, request) => {
    require_pool(pool, request.UserPoolId);
    return { UserPoolClients: [{ ClientId: CLIENT_ID, UserPoolId: pool.id, ClientName: CLIENT_NAME }] };
  },
);

export const describe_user_pool: Operation = signed_operation(
  z.object({ UserPoolId: parameter.pool_id }),
  (pool, request) => {
    require_pool(pool, request.UserPoolId);
    return {
      UserPool: {
        Id: pool.id,
        Name: POOL_NAME,
        Arn: `arn:aws:cognito-idp:${pool.region}:000000000000:userpool/${pool.id}`,
        Policies: { PasswordPolicy: PASSWORD_POLICY },
        UsernameAttributes: ["email"],
        UsernameConfiguration: { CaseSensitive: false },
        AutoVerifiedAttributes: ["email"],
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: false },
        AccountRecoverySetting: { RecoveryMechanisms: [{ Name: "verified_email", Priority: 1 }] },
        MfaConfiguration: "OFF",
        DeletionProtection: "INACTIVE",
        LambdaConfig: {},
        EstimatedNumberOfUsers: pool.store.list_users("").length,
        ...dates(pool),
      },
    };
  },
);

export const describe_user_pool_client: Operation = signed_operation(
  z.object({ UserPoolId: parameter.pool_id, ClientId: parameter.client_id }),
  (pool, request) => {
    require_pool(pool, request.UserPoolId);
    require_client(request.ClientId);
    return {
      UserPoolClient: {
        UserPoolId: pool.id,
        ClientId: CLIENT_ID,
        ClientName: CLIENT_NAME,
        ExplicitAuthFlows: EXPLICIT_AUTH_FLOWS,
        PreventUserExistenceErrors: "ENABLED",
        EnableTokenRevocation: true,
        EnablePropagateAdditionalUserContextData: false,
        AllowedOAuthFlowsUserPoolClient: false,
        AuthSessionValidity: SESSION_MINUTES,
        AccessTokenValidity: pool.lifetimes.access_seconds,
        IdTokenValidity: pool.lifetimes.id_seconds,
        RefreshTokenValidity: pool.lifetimes.refresh_seconds,
        TokenValidityUnits: { AccessToken: "seconds", IdToken: "seconds", RefreshToken: "seconds" },
        ...dates(pool),
      },
    };
  },
);

function dates(pool: UserPool): { CreationDate: number; LastModifiedDate: number } {
  const created = epoch_seconds(Number(pool.store.setting("created_at")));
  return { CreationDate: created, LastModifiedDate: created };
}
