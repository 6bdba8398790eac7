/** Ending sign-ins. API Gateway and other verifiers of a token's signature accept it until it expires. */
import * as z from "zod";
import { CognitoError } from "./errors.ts";
import { type Operation, open_operation, parameter, signed_operation } from "./operation.ts";
import { access_token_user, hash_refresh_token } from "./tokens.ts";
import { require_client, require_pool, require_user } from "./user_pool.ts";

/** Ends the one sign-in of this refresh token. A token that is unknown is as good as revoked (RFC 7009, 2.2). */
export const revoke_token: Operation = open_operation(
  z.object({
    Token: parameter.token,
    ClientId: parameter.client_id,
    ClientSecret: parameter.secret_hash,
  }),
  (pool, request) => {
    require_client(request.ClientId, request.ClientSecret);
    if (request.Token.includes(".")) {
      throw new CognitoError("UnsupportedTokenTypeException", "Only refresh tokens can be revoked.");
    }
    const sign_in = pool.store.sign_in_by_refresh_hash(hash_refresh_token(request.Token));
    if (sign_in) pool.store.revoke_sign_in(sign_in.origin_jti);
    return {};
  },
);

/** Ends all sign-ins of the user. */
export const global_sign_out: Operation = open_operation(
  z.object({ AccessToken: parameter.token }),
  async (pool, request) => {
    const user = await access_token_user(pool, request.AccessToken);
    pool.store.revoke_sign_ins_of(user.sub);
    return {};
  },
);

export const admin_user_global_sign_out: Operation = signed_operation(
  z.object({ UserPoolId: parameter.pool_id, Username: parameter.username }),
  (pool, request) => {
    require_pool(pool, request.UserPoolId);
    pool.store.revoke_sign_ins_of(require_user(pool, request.Username).sub);
    return {};
  },
);
