/** The problem details of the document: their schema, and what each code means, with an example. */
import { type Problem, type ProblemCode, problem } from "../layer/errors.ts";
import { problem_response } from "../schemas/problem.ts";
import { type JsonSchema, json_schema } from "./json_schema.ts";

export const problem_schema: JsonSchema = {
  description: "Problem details (RFC 9457). Rely on `code`.",
  ...json_schema(problem_response, "output", {
    type: "`urn:photo-uploader:problem:` and the code.",
    title: "What the code means, for people; the same for every such problem.",
    status: "The HTTP status of the answer.",
    code: "What went wrong, for programs; it does not change.",
    detail: "What to do about it, for people; it may change.",
    errors: {
      about: "The fields that are wrong, where there are such; at most 20.",
      fields: {
        field: "The path of the field, with dots; empty for the body as a whole.",
        message: "What is wrong with it, for people.",
      },
    },
    reason: "Why an archive or an upload was refused, for programs; it does not change.",
  }),
};

interface ProblemText {
  /** When it is answered; CommonMark. */
  readonly when: string;
  readonly example: Problem["details"];
}

const text = (when: string, example: Problem): ProblemText => ({ when, example: example.details });

const ASK_AGAIN = "Send the same request again in a few seconds.";
const TELL_THE_OPERATOR = "Tell the operator the apigw-requestid header of this answer.";

/** A code without a line here does not compile. */
export const problem_texts: Readonly<Record<ProblemCode, ProblemText>> = {
  malformed_json: text(
    "The body is not JSON.",
    problem("malformed_json", "Send the body as one JSON object, in UTF-8, without the key __proto__."),
  ),
  invalid_request: text(
    "`errors` names the fields that are missing, wrong or unknown; or the body has more than 65,536 characters (1,000,000 where a request may have many files).",
    problem("invalid_request", "Mend and send again: colour.", {
      errors: [{ field: "colour", message: "There is no such field." }],
    }),
  ),
  malformed_multipart: text(
    "`detail` says where the form is broken.",
    problem(
      "malformed_multipart",
      "The Content-Type header has no boundary. Leave the header to the HTTP client: it sets type and boundary.",
    ),
  ),
  missing_file: text(
    "The form has no file in the field that is expected.",
    problem("missing_file", 'The form has no field "file"; it has "photo". Send the file as "file".', {
      errors: [{ field: "file", message: "The file is missing." }],
    }),
  ),
  too_many_files: text(
    "The form has more than one file.",
    problem("too_many_files", 'Send one file for each request, in the field "file".', {
      errors: [{ field: "second", message: "This is one more file." }],
    }),
  ),
  empty_file: text(
    "The file has no bytes.",
    problem("empty_file", "The file has no bytes. Choose a file that has content.", {
      errors: [{ field: "file", message: "The file is empty." }],
    }),
  ),
  invalid_cursor: text(
    "The cursor was not given to this user by the answer before, or what is asked for has changed since.",
    problem(
      "invalid_cursor",
      "Send the cursor of the answer before, and ask for the same with it; or none.",
      {
        errors: [{ field: "cursor", message: "This list has not given this cursor to this user." }],
      },
    ),
  ),
  invalid_new_password: text(
    "`detail` says which rule of the password policy.",
    problem("invalid_new_password", "Password did not conform with policy: Password not long enough", {
      errors: [
        {
          field: "newPassword",
          message: "Password did not conform with policy: Password not long enough",
        },
      ],
    }),
  ),
  invalid_credentials: text(
    "An unknown user, a wrong password, or a disabled user: not told apart.",
    problem("invalid_credentials", "Check the user name and the password."),
  ),
  invalid_refresh_token: text(
    "Malformed, expired, revoked, used up, or of a disabled user. Only signing in helps.",
    problem("invalid_refresh_token", "Sign in again with POST /login, which gives a new one."),
  ),
  unauthenticated: text(
    "The API was deployed without its authorizer.",
    problem("unauthenticated", "Sign in with POST /login and send the token with the request."),
  ),
  new_password_required: text(
    "An administrator has made this user; send `newPassword` along.",
    problem("new_password_required", "Send username, password and newPassword to choose one."),
  ),
  user_not_confirmed: text(
    "The sign-up is to be confirmed with Cognito.",
    problem("user_not_confirmed", "Confirm the sign-up with the code that was sent, then sign in."),
  ),
  password_reset_required: text(
    "The password is to be reset with Cognito.",
    problem("password_reset_required", "Reset the password with Cognito, then sign in."),
  ),
  challenge_not_supported: text(
    "The user has to take a step that this API does not know, such as a second factor.",
    problem("challenge_not_supported", "This user has to answer SMS_MFA to sign in."),
  ),
  photo_not_found: text(
    "Malformed, another user's, or not there: not told apart.",
    problem("photo_not_found", "None of your photos has this filename. POST /list names them all."),
  ),
  upload_not_found: text(
    "Made up, another user's, or expired: not told apart; or, of its parts, completed or cancelled.",
    problem("upload_not_found", "None of your uploads has this id. Begin anew with POST /request_upload."),
  ),
  job_not_found: text(
    "Made up, or another user's: not told apart.",
    problem("job_not_found", "None of your archives is being extracted under this id."),
  ),
  upload_incomplete: text(
    "The file has not arrived, or not whole; `detail` names the parts that are missing.",
    problem("upload_incomplete", "Of 12 parts 3 have not arrived: 2, 7 to 8. POST /upload_parts signs them."),
  ),
  upload_completed: text(
    "The upload has been admitted or refused meanwhile.",
    problem("upload_completed", "It is too late. POST /complete_upload says what became of it."),
  ),
  file_too_large: text(
    "`detail` says the limit.",
    problem(
      "file_too_large",
      "200000000 bytes are the most for one photo. Save it with a stronger compression, or ask the operator for a higher limit.",
      { errors: [{ field: "size", message: "Too big: expected at most 200000000 bytes" }] },
    ),
  ),
  unsupported_media_type: text(
    "The content type of the body is not one that this operation takes.",
    problem("unsupported_media_type", "Send the body as JSON, with Content-Type: application/json."),
  ),
  not_an_image: text(
    "By its bytes the file is no photo of a kind that is kept.",
    problem(
      "not_an_image",
      "By its bytes this is no photo of a kind that is kept. Send a JPEG, PNG, HEIC or the like.",
      { errors: [{ field: "file", message: "The file is not a photo." }] },
    ),
  ),
  type_not_accepted: text(
    "`contentType` is none of those that `detail` names.",
    problem(
      "type_not_accepted",
      "For archives it is one of application/zip, application/x-zip-compressed, application/x-zip, application/octet-stream.",
      { errors: [{ field: "contentType", message: "This type is not accepted." }] },
    ),
  ),
  upload_refused: text(
    "The file is not what it was declared as. `reason` is `not_an_image`, `not_an_archive`, `size_mismatch`, " +
      "`checksum_mismatch`, or `undeclared`.",
    problem(
      "upload_refused",
      "By its bytes this is no photo of a kind that is kept. Send a JPEG, PNG, HEIC or the like.",
      { reason: "not_an_image" },
    ),
  ),
  invalid_archive: text(
    "The archive cannot be trusted as a whole, and nothing of it was stored. `reason` is `not_a_zip`, `truncated`, " +
      "`bad_end_record`, `bad_directory`, `ambiguous_archive`, `split_archive`, `header_mismatch`, or `overlapping_entries`.",
    problem(
      "invalid_archive",
      "Nothing was stored: the file does not begin as a ZIP and has no end record. Make the archive anew, or send its photos one by one.",
      { reason: "not_a_zip" },
    ),
  ),
  empty_archive: text(
    "The archive has no entries.",
    problem("empty_archive", "Send an archive that has photos in it."),
  ),
  archive_too_large: text(
    "The archive exceeds a limit, and nothing of it was stored. `reason` is `too_many_entries`, `directory_too_large`, or " +
      "`archive_too_large`.",
    problem(
      "archive_too_large",
      "Nothing was stored: the archive has 2001 entries, and 2000 are the most. POST /request_upload takes larger archives.",
      { reason: "too_many_entries" },
    ),
  ),
  internal_error: text("Something went wrong on the server.", problem("internal_error", TELL_THE_OPERATOR)),
  storage_refused: text(
    "S3 is set up wrongly.",
    problem("storage_refused", `The client cannot mend this: ${TELL_THE_OPERATOR.replace("Tell", "tell")}`),
  ),
  storage_unavailable: text("S3 does not answer, or not in time.", problem("storage_unavailable", ASK_AGAIN)),
  identity_refused: text("Cognito is set up wrongly.", problem("identity_refused", TELL_THE_OPERATOR)),
  identity_unavailable: text(
    "Cognito does not answer, or not in time.",
    problem("identity_unavailable", "Try again in a few seconds."),
  ),
  timeout: text(
    "Look with `/list` what was stored before sending it again.",
    problem(
      "timeout",
      "Try again. If a file was sent along, send a smaller one, or send it by POST /request_upload.",
    ),
  ),
};
