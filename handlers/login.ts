/** POST /login: a user name and a password become tokens, or one and the same 401 whatever is wrong with them. */
import { read_environment } from "@photo-uploader/layer";
import { cognito_client, type SignIn, sign_in } from "../identity/sign_in.ts";
import { json_body } from "../middleware/json_body.ts";
import { type PublicRequest, public_pipeline } from "../middleware/pipeline.ts";
import type { Reply } from "../middleware/reply.ts";
import { type LoginRequest, type LoginResponse, login_request } from "../schemas/login.ts";

export const login =
  (sign_in_to_pool: SignIn) =>
  async ({ body, signal }: PublicRequest<LoginRequest>): Promise<Reply> => {
    const tokens = await sign_in_to_pool(body, signal);
    const answer: LoginResponse = {
      jwt: tokens.access_token,
      credentials: body.username,
      expiresIn: tokens.expires_in,
      refreshToken: tokens.refresh_token,
    };
    return { status: 200, body: answer };
  };

const { USER_POOL_CLIENT_ID } = read_environment("login");

export const handler = public_pipeline(
  json_body(login_request),
  login(sign_in(cognito_client(), USER_POOL_CLIENT_ID)),
);
