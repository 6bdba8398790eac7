/** The Lambda authorizer: says whether an access token is this app's, and whose it is. */
import { log, loggable, read_environment, token_in, username_of } from "@photo-uploader/layer";
import type {
  APIGatewayRequestAuthorizerEventV2,
  APIGatewaySimpleAuthorizerWithContextResult,
} from "aws-lambda";
import { type AccessTokenVerifier, access_token_verifier, token_fault } from "../identity/access_token.ts";

type Verdict = APIGatewaySimpleAuthorizerWithContextResult<{ username?: string }>;

/**
 * Denies a token that is wrong, and throws where it could not find out: API Gateway caches a denial, and an outage
 * of the keys must not become one.
 */
export const authorizer =
  (verify: AccessTokenVerifier) =>
  async ({ identitySource, requestContext }: APIGatewayRequestAuthorizerEventV2): Promise<Verdict> => {
    const { requestId } = requestContext;
    try {
      const claims = await verify(token_in(identitySource?.[0] ?? ""));
      const username = username_of(claims);
      if (username !== undefined) return { isAuthorized: true, context: { username } };
      log.info("token refused", { requestId, fault: "no user name" });
      return { isAuthorized: false, context: {} };
    } catch (error) {
      const fault = token_fault(error);
      if (fault === undefined) {
        log.error("The keys of the user pool could not be had", { requestId, error: loggable(error) });
        throw new Error("The token could not be verified.");
      }
      log.info("token refused", { requestId, fault });
      return { isAuthorized: false, context: {} };
    }
  };

export const handler = authorizer(access_token_verifier(read_environment("authorizer")));
