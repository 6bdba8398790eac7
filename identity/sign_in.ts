/** Signs a user in to the Cognito user pool, and tells what Cognito answers apart from what a client may know of it. */
import {
  CognitoIdentityProviderClient,
  type CognitoIdentityProviderClientConfig,
  InitiateAuthCommand,
  type InitiateAuthCommandOutput,
  RespondToAuthChallengeCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { http_status, log, loggable, type Problem, problem } from "@photo-uploader/layer";

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
      "password",
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
        "new_password",
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
    throw identity_refused(new Error("Cognito answered neither a challenge nor all of the tokens"));
  }
  return { access_token: AccessToken, refresh_token: RefreshToken, expires_in: ExpiresIn };
}

/** What Cognito was asked: the parameters that it may find wrong differ. */
export type Step = "password" | "new_password" | "refresh_token";

export async function identity_answer<T>(step: Step, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw identity_problem(error, step);
  }
}

/** What Cognito says of credentials and refresh tokens that are wrong, by the beginning of its message. */
const WRONG_CREDENTIALS = [
  "Incorrect username or password",
  "User does not exist",
  "User is disabled",
  "Password attempts exceeded",
  "Temporary password has expired",
  "Invalid Refresh Token",
  "Refresh Token has been revoked",
  "Refresh Token has expired",
];

/**
 * The problem of what Cognito has answered. With `PreventUserExistenceErrors` set to ENABLED, as this project has it,
 * `UserNotConfirmedException` and `PasswordResetRequiredException` come only to someone who knows the password, so they
 * may be told apart from wrong credentials.
 */
export function identity_problem(error: unknown, step: Step = "password"): Problem {
  const { name, message } = error instanceof Error ? error : new Error();
  const wrong = step === "refresh_token" ? invalid_refresh_token : invalid_credentials;
  switch (name) {
    case "NotAuthorizedException":
      // An app client that has been set up wrongly answers every user with this name, and only its message tells.
      if (!WRONG_CREDENTIALS.some((known) => message.startsWith(known))) {
        log.warn("Cognito refuses a sign-in for an unusual reason", { error: loggable(error) });
      }
      return wrong();
    case "UserNotFoundException":
    // Of a token that a newer one has replaced, where the app client rotates them.
    case "RefreshTokenReuseException":
      return wrong();
    case "UserNotConfirmedException":
      return problem("user_not_confirmed", "Confirm the sign-up with the code that was sent, then sign in.");
    case "PasswordResetRequiredException":
      return problem("password_reset_required", "Reset the password with Cognito, then sign in.");
    case "InvalidPasswordException":
    case "PasswordHistoryPolicyViolationException":
      return invalid_new_password(message);
    case "InvalidParameterException":
      // A value that Cognito's own patterns exclude: a name that is nobody's, or a new password that cannot be one.
      // Any other such error is a pool that has been set up wrongly.
      if (!message.includes("validation error")) return identity_refused(error);
      return step === "new_password"
        ? invalid_new_password("The new password has signs that are not allowed.")
        : wrong();
    case "TooManyRequestsException":
    case "LimitExceededException":
    case "ThrottlingException":
      return problem("identity_unavailable", "Too many sign-ins at once. Try again in a few seconds.", {
        cause: error,
      });
    default:
      return (http_status(error) ?? 500) < 500
        ? identity_refused(error)
        : problem("identity_unavailable", "Try again in a few seconds.", { cause: error });
  }
}

const invalid_credentials = (): Problem =>
  problem("invalid_credentials", "Check the user name and the password.");

const invalid_refresh_token = (): Problem =>
  problem("invalid_refresh_token", "Sign in again with POST /login, which gives a new one.");

const invalid_new_password = (message: string): Problem =>
  problem("invalid_new_password", message, { errors: [{ field: "newPassword", message }] });

export const identity_refused = (cause: unknown): Problem =>
  problem("identity_refused", "Tell the operator the apigw-requestid header of this answer.", { cause });
