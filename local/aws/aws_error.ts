/** The error that every AWS stand-in throws: AWS's own code, the HTTP status that goes with it, and a message. */

/** Further elements of the error document, such as `BucketName` or `ExpectedDigest`. */
export type ErrorDetails = Readonly<Record<string, string>>;

export class AwsError extends Error {
  override readonly name = "AwsError";
  readonly code: string;
  readonly statusCode: number;
  readonly details: ErrorDetails;

  constructor(code: string, statusCode: number, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.statusCode = statusCode;
    this.details = details;
  }
}
