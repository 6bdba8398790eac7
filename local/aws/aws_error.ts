/** The error that every AWS stand-in throws: AWS's own code, the HTTP status that goes with it, and a message. */

/** Further elements of the error document, such as `BucketName` or `ExpectedDigest`. */
export type ErrorDetails = Readonly<Record<string, string>>;

export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly code: string;
  readonly statusCode: number;
  readonly details: ErrorDetails;
  /** Of the answer, beside those of every error. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    statusCode: number,
    message: string,
    details: ErrorDetails = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = code;
    this.statusCode = statusCode;
    this.details = details;
    this.headers = headers;
  }
}
