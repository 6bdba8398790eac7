/** Signs a user in to the Cognito user pool, and tells what Cognito answers apart from what a client may know of it. */
import {
  CognitoIdentityProviderClient,
  type CognitoIdentityProviderClientConfig,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
  RespondToAuthChallengeCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { http_status, type Problem, problem } from "@photo-uploader/layer";

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Answers the demand for a new password, in the same call. */
  readonly newPassword?: string | undefined;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  /** Seconds. */
  readonly expires_in: number;
}

export type SignIn = (credentials: Credentials, signal: AbortSignal) => Promise<Tokens>;

/** Two tries of at most 6 s each end within the 15 s that the function has. */
export const cognito_client = (
  config: CognitoIdentityProviderClientConfig = {},
): CognitoIdentityProviderClient =>
  new CognitoIdentityProviderClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
    ...config,
  });

/** @throws Problem for everything but tokens; an unknown user, a wrong password and a disabled user are the same one. */
export const sign_in =
  (cognito: CognitoIdentityProviderClient, client_id: string): SignIn =>
  async ({ username, password, newPassword }, abortSignal) => {
    const first = await identity_answer(
      cognito.send(
        new InitiateAuthCommand({
          ClientId: client_id,
          AuthFlow: "USER_PASSWORD_AUTH",
          AuthParameters: { USERNAME: username, PASSWORD: password },
        }),
        { abortSignal },
      ),
    );
    if (first.ChallengeName === undefined) return tokens_of(first);
    if (first.ChallengeName !== "NEW_PASSWORD_REQUIRED") {
      throw problem("challenge_not_supported", `This user has to answer ${first.ChallengeName} to sign in.`);
    }
    if (newPassword === undefined) {
      throw problem("new_password_required", "Send username, password and newPassword to choose one.");
    }
    return tokens_of(
      await identity_answer(
        cognito.send(
          new RespondToAuthChallengeCommand({
            ClientId: client_id,
            ChallengeName: "NEW_PASSWORD_REQUIRED",
            Session: first.Session,
            ChallengeResponses: {
              USERNAME: first.ChallengeParameters?.USER_ID_FOR_SRP ?? username,
              NEW_PASSWORD: newPassword,
            },
          }),
          { abortSignal },
        ),
      ),
    );
  };

function tokens_of({ AuthenticationResult, ChallengeName }: InitiateAuthCommandOutput): Tokens {
  const { AccessToken, RefreshToken, ExpiresIn } = AuthenticationResult ?? {};
  if (ChallengeName !== undefined) {
    throw problem("challenge_not_supported", `This user has to answer ${ChallengeName} to sign in.`);
  }
  if (AccessToken === undefined || RefreshToken === undefined || ExpiresIn === undefined) {
    throw refused(new Error("Cognito answered neither a challenge nor all of the tokens"));
  }
  return { access_token: AccessToken, refresh_token: RefreshToken, expires_in: ExpiresIn };
}

async function identity_answer<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw identity_problem(error);
  }
}

/**
 * The problem of what Cognito has answered. `UserNotConfirmedException` and `PasswordResetRequiredException` are told
 * apart because Cognito gives them only to someone who knows the password.
 */
export function identity_problem(error: unknown): Problem {
  const { name, message } = error instanceof Error ? error : new Error();
  switch (name) {
    case "NotAuthorizedException":
    case "UserNotFoundException":
      return invalid_credentials();
    case "UserNotConfirmedException":
      return problem("user_not_confirmed", "Confirm the sign-up with the code that was sent, then sign in.");
    case "PasswordResetRequiredException":
      return problem("password_reset_required", "Reset the password with Cognito, then sign in.");
    case "InvalidPasswordException":
      return problem("invalid_new_password", message, { errors: [{ field: "newPassword", message }] });
    case "InvalidParameterException":
      // A name that Cognito's pattern for names excludes is nobody's; any other such error is a pool set up wrongly.
      return message.includes("validation error") ? invalid_credentials() : refused(error);
    case "TooManyRequestsException":
    case "LimitExceededException":
      return problem("identity_unavailable", "Too many sign-ins at once. Try again in a few seconds.", {
        cause: error,
      });
    default:
      return (http_status(error) ?? 500) < 500
        ? refused(error)
        : problem("identity_unavailable", "Try again in a few seconds.", { cause: error });
  }
}

const invalid_credentials = (): Problem =>
  problem("invalid_credentials", "Check the user name and the password.");

const refused = (cause: unknown): Problem =>
  problem("identity_refused", "Tell the operator the apigw-requestid header of this answer.", { cause });
