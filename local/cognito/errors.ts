/** The errors that Cognito answers with. Clients tell them apart by name; people read the message. */

/** Every error name this server sends. All are HTTP 400 but for those in STATUS. */
export type CognitoErrorName =
  | "AccessDeniedException"
  | "CodeMismatchException"
  | "ExpiredCodeException"
  | "IncompleteSignatureException"
  | "InternalErrorException"
  | "InvalidParameterException"
  | "InvalidPasswordException"
  | "InvalidSignatureException"
  | "LimitExceededException"
  | "MissingAuthenticationTokenException"
  | "NotAuthorizedException"
  | "RequestEntityTooLargeException"
  | "ResourceNotFoundException"
  | "SerializationException"
  | "UnknownOperationException"
  | "UnrecognizedClientException"
  | "UnsupportedTokenTypeException"
  | "UnsupportedUserStateException"
  | "UserNotConfirmedException"
  | "UserNotFoundException"
  | "UsernameExistsException";

const STATUS: Partial<Record<CognitoErrorName, number>> = {
  InternalErrorException: 500,
  RequestEntityTooLargeException: 413,
};

/** An error to be sent to the client as it is: the message must hold nothing secret. */
export class CognitoError extends Error {
  override readonly name: CognitoErrorName;
  readonly status: number;

  constructor(name: CognitoErrorName, message: string) {
    super(message);
    this.name = name;
    this.status = STATUS[name] ?? 400;
  }
}

export function not_authorized(message: string): CognitoError {
  return new CognitoError("NotAuthorizedException", message);
}

export function invalid_parameter(message: string): CognitoError {
  return new CognitoError("InvalidParameterException", message);
}

/** The one answer for a wrong password and for a user that does not exist (PreventUserExistenceErrors). */
export function wrong_credentials(): CognitoError {
  return not_authorized("Incorrect username or password.");
}
