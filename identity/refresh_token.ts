/** Trades a refresh token for new tokens, and ends the sign-in that it stands for. */
import {
  type CognitoIdentityProviderClient,
  GetTokensFromRefreshTokenCommand,
  RevokeTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { is_named, problem } from "@photo-uploader/layer";
import { identity_answer, identity_problem, identity_refused, type Tokens } from "./sign_in.ts";

export type Refresh = (refresh_token: string, signal: AbortSignal) => Promise<Tokens>;
export type Revoke = (refresh_token: string, signal: AbortSignal) => Promise<void>;

/**
 * By the one call that an app client takes whether or not it rotates its tokens. One that does gives a new refresh token
 * with each call; otherwise the old one goes on.
 * https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetTokensFromRefreshToken.html
 *
 * @throws Problem `invalid_refresh_token` for one that is malformed, unknown, expired, revoked, used up, or a disabled user's
 */
export const refresh =
  (cognito: CognitoIdentityProviderClient, client_id: string): Refresh =>
  async (refresh_token, abortSignal) => {
    const command = new GetTokensFromRefreshTokenCommand({
      ClientId: client_id,
      RefreshToken: refresh_token,
    });
    const answer = await identity_answer("refresh_token", cognito.send(command, { abortSignal }));
    const { AccessToken, RefreshToken = refresh_token, ExpiresIn } = answer.AuthenticationResult ?? {};
    if (AccessToken === undefined || ExpiresIn === undefined) {
      throw identity_refused(new Error("Cognito answered without an access token or its time"));
    }
    return { access_token: AccessToken, refresh_token: RefreshToken, expires_in: ExpiresIn };
  };

/**
 * Revokes the refresh token, and with it the access tokens that came of it, as far as anybody asks Cognito about them. One
 * that is no good already is as good as revoked (RFC 7009, 2.2).
 *
 * @throws Problem `invalid_request` for another kind of token
 */
export const revoke =
  (cognito: CognitoIdentityProviderClient, client_id: string): Revoke =>
  async (refresh_token, abortSignal) => {
    const command = new RevokeTokenCommand({ ClientId: client_id, Token: refresh_token });
    try {
      await cognito.send(command, { abortSignal });
    } catch (error) {
      if (is_named(error, "UnsupportedTokenTypeException")) throw not_a_refresh_token();
      const found = identity_problem(error, "refresh_token");
      if (found.code !== "invalid_refresh_token") throw found;
    }
  };

const not_a_refresh_token = () =>
  problem("invalid_request", "Send the refreshToken of POST /login.", {
    errors: [{ field: "refreshToken", message: "This is another kind of token." }],
  });
