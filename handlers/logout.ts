/** POST /logout: the refresh token is of no more use. It needs no access token, since that may have expired long ago. */
import { read_environment } from "@photo-uploader/layer";
import { type Revoke, revoke } from "../identity/refresh_token.ts";
import { cognito_client } from "../identity/sign_in.ts";
import { json_body } from "../middleware/json_body.ts";
import { type PublicRequest, public_pipeline } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type LogoutRequest, logout_request } from "../schemas/logout.ts";

export const logout =
  (revoke_at_pool: Revoke) =>
  async ({ body: { refreshToken }, signal }: PublicRequest<LogoutRequest>): Promise<Reply> => {
    await revoke_at_pool(refreshToken, signal);
    return { status: 204 };
  };

const { USER_POOL_CLIENT_ID } = read_environment("login");

export const handler = public_pipeline(
  json_body(logout_request),
  logout(revoke(cognito_client(), USER_POOL_CLIENT_ID)),
);
