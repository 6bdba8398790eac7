/** POST /refresh: a refresh token becomes a new access token, without a password. */
import { read_environment } from "@photo-uploader/layer";
import { type Refresh, refresh as refresh_at } from "../identity/refresh_token.ts";
import { cognito_client } from "../identity/sign_in.ts";
import { json_body } from "../middleware/json_body.ts";
import { type PublicRequest, public_pipeline } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type RefreshRequest, type RefreshResponse, refresh_request } from "../schemas/refresh.ts";

export const refresh =
  (refresh_at_pool: Refresh) =>
  async ({ body: { refreshToken }, signal }: PublicRequest<RefreshRequest>): Promise<Reply> => {
    const { access_token, expires_in, refresh_token } = await refresh_at_pool(refreshToken, signal);
    const answer: RefreshResponse = { jwt: access_token, expiresIn: expires_in, refreshToken: refresh_token };
    return { status: 200, body: answer };
  };

const { USER_POOL_CLIENT_ID } = read_environment("login");

export const handler = public_pipeline(
  json_body(refresh_request),
  refresh(refresh_at(cognito_client(), USER_POOL_CLIENT_ID)),
);
