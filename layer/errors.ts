/** Every problem that the functions answer with: its code, HTTP status and title, on one page (RFC 9457). */

export type ProblemCode =
  | "malformed_json"
  | "invalid_request"
  | "malformed_multipart"
  | "missing_file"
  | "too_many_files"
  | "empty_file"
  | "invalid_cursor"
  | "invalid_new_password"
  | "invalid_credentials"
  | "invalid_refresh_token"
  | "unauthenticated"
  | "new_password_required"
  | "user_not_confirmed"
  | "password_reset_required"
  | "challenge_not_supported"
  | "photo_not_found"
  | "upload_not_found"
  | "job_not_found"
  | "upload_incomplete"
  | "upload_completed"
  | "file_too_large"
  | "unsupported_media_type"
  | "not_an_image"
  | "type_not_accepted"
  | "upload_refused"
  | "invalid_archive"
  | "empty_archive"
  | "archive_too_large"
  | "internal_error"
  | "storage_refused"
  | "storage_unavailable"
  | "identity_refused"
  | "identity_unavailable"
  | "timeout";

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** Seconds after which the same request may succeed; sent as Retry-After. */
  readonly retry_after?: number;
}

/** A code without a line here does not compile. */
const kinds: Readonly<Record<ProblemCode, ProblemKind>> = {
  malformed_json: { status: 400, title: "The body is not valid JSON" },
  invalid_request: { status: 400, title: "The request has a field that is missing or wrong" },
  malformed_multipart: { status: 400, title: "The multipart form is malformed" },
  missing_file: { status: 400, title: "The form has no file in the expected field" },
  too_many_files: { status: 400, title: "The form has more than one file" },
  empty_file: { status: 400, title: "The file is empty" },
  invalid_cursor: { status: 400, title: "The cursor is not one that this list gave to this user" },
  invalid_new_password: { status: 400, title: "The new password does not satisfy the password policy" },
  invalid_credentials: { status: 401, title: "The user name or the password is wrong" },
  invalid_refresh_token: { status: 401, title: "The refresh token is not valid, or not any more" },
  unauthenticated: { status: 401, title: "The request carries no verified user" },
  new_password_required: { status: 403, title: "A new password must be chosen" },
  user_not_confirmed: { status: 403, title: "The sign-up has not been confirmed yet" },
  password_reset_required: { status: 403, title: "The password must be reset" },
  challenge_not_supported: {
    status: 403,
    title: "This user needs a sign-in step that is not supported here",
  },
  photo_not_found: { status: 404, title: "There is no such photo" },
  upload_not_found: { status: 404, title: "There is no such upload" },
  job_not_found: { status: 404, title: "There is no such job" },
  upload_incomplete: { status: 409, title: "The upload has not arrived whole" },
  upload_completed: { status: 409, title: "The upload has been completed" },
  file_too_large: { status: 413, title: "The file is larger than the limit" },
  unsupported_media_type: { status: 415, title: "The content type is not supported" },
  not_an_image: { status: 415, title: "The file is not a photo" },
  type_not_accepted: { status: 422, title: "Files of this type are not accepted" },
  upload_refused: { status: 422, title: "The uploaded file was refused" },
  invalid_archive: { status: 422, title: "The archive cannot be read" },
  empty_archive: { status: 422, title: "The archive has no entries" },
  archive_too_large: { status: 422, title: "The archive exceeds a limit" },
  internal_error: { status: 500, title: "Something went wrong on the server" },
  storage_refused: { status: 502, title: "The photo storage refused the request" },
  storage_unavailable: { status: 503, title: "The photo storage is not available", retry_after: 2 },
  identity_refused: { status: 502, title: "The identity service refused the request" },
  identity_unavailable: { status: 503, title: "The identity service is not available", retry_after: 2 },
  timeout: { status: 504, title: "The request took too long" },
};

/** One field of the request and what is wrong with it; `field` is a dotted path. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** What a client sees of a problem: RFC 9457 with `code`, and what else helps to mend the request. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  /** Why an archive or an upload was refused: a stable code, of the archive engine or of the admission. */
  readonly reason?: string;
}

export interface ProblemOptions extends ErrorOptions {
  readonly errors?: readonly FieldError[];
  readonly reason?: string;
}

/**
 * An error that is meant to be seen by the client. `detail` says what to do about it and holds nothing secret;
 * `cause` goes to the log and never into the answer.
 */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly statusCode: number;
  readonly retry_after: number | undefined;
  readonly details: ProblemDetails;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    const { status, title, retry_after } = kinds[code];
    this.code = code;
    this.statusCode = status;
    this.retry_after = retry_after;
    this.details = {
      type: `urn:photo-uploader:problem:${code}`,
      title,
      status,
      code,
      detail,
      ...(options.errors && { errors: options.errors }),
      ...(options.reason && { reason: options.reason }),
    };
  }
}

export const problem = (code: ProblemCode, detail: string, options?: ProblemOptions): Problem =>
  new Problem(code, detail, options);

/**
 * Recognises a problem by its fields: the class of the layer and the class that a bundle or a test may hold
 * differ, so `instanceof` would miss it.
 */
export const is_problem = (error: unknown): error is Problem =>
  error instanceof Error && "code" in error && "details" in error && error.name === "Problem";
