/**
 * Every error of S3 that this server gives, on one page: its code, its status and S3's own words.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
import { AwsError, type ErrorDetails } from "../aws/aws_error.ts";

const error =
  (code: string, status: number, message: string) =>
  (details?: ErrorDetails): AwsError =>
    new AwsError(code, status, message, details);

const worded =
  (code: string, status: number) =>
  (message: string, details?: ErrorDetails): AwsError =>
    new AwsError(code, status, message, details);

export const invalid_argument = worded("InvalidArgument", 400);
export const invalid_request = worded("InvalidRequest", 400);
export const invalid_part_order = error(
  "InvalidPartOrder",
  400,
  "The list of parts was not in ascending order. Parts must be ordered by part number.",
);
export const invalid_part = error(
  "InvalidPart",
  400,
  "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
);
export const invalid_bucket_name = error("InvalidBucketName", 400, "The specified bucket is not valid.");
export const invalid_uri = error("InvalidURI", 400, "Couldn't parse the specified URI.");
export const invalid_digest = error("InvalidDigest", 400, "The Content-MD5 you specified was invalid.");
export const invalid_token = error(
  "InvalidToken",
  400,
  "The provided token is malformed or otherwise invalid.",
);
export const bad_digest = worded("BadDigest", 400);
export const content_sha256_mismatch = error(
  "XAmzContentSHA256Mismatch",
  400,
  "The provided 'x-amz-content-sha256' header does not match what was computed.",
);
export const incomplete_body = error(
  "IncompleteBody",
  400,
  "You did not provide the number of bytes specified by the Content-Length HTTP header.",
);
export const malformed_trailer = error(
  "MalformedTrailerError",
  400,
  "The request contained trailing data that was not well-formed or did not conform to our published schema.",
);
export const malformed_xml = error(
  "MalformedXML",
  400,
  "The XML you provided was not well-formed or did not validate against our published schema.",
);
export const malformed_post = error(
  "MalformedPOSTRequest",
  400,
  "The body of your POST request is not well-formed multipart/form-data.",
);
export const post_fields_too_large = error(
  "MaxPostPreDataLengthExceeded",
  400,
  "Your POST request fields preceding the upload file were too large.",
);
export const invalid_policy_document = worded("InvalidPolicyDocument", 400);
export const message_too_long = error("MaxMessageLengthExceeded", 400, "Your request was too big.");
export const metadata_too_large = error(
  "MetadataTooLarge",
  400,
  "Your metadata headers exceed the maximum allowed metadata size",
);
export const key_too_long = error("KeyTooLongError", 400, "Your key is too long");
export const entity_too_large = error(
  "EntityTooLarge",
  400,
  "Your proposed upload exceeds the maximum allowed size",
);
export const entity_too_small = error(
  "EntityTooSmall",
  400,
  "Your proposed upload is smaller than the minimum allowed size",
);
export const illegal_location_constraint = worded("IllegalLocationConstraintException", 400);
export const insufficient_preflight = error(
  "BadRequest",
  400,
  "Insufficient information. Origin and Access-Control-Request-Method request headers needed.",
);
export const access_denied = worded("AccessDenied", 403);
export const invalid_chunk_size = error(
  "InvalidChunkSizeError",
  403,
  "Only the last chunk is allowed to have a size less than 8192 bytes",
);
export const no_such_bucket = error("NoSuchBucket", 404, "The specified bucket does not exist");
export const no_such_key = error("NoSuchKey", 404, "The specified key does not exist.");
export const no_such_version = error("NoSuchVersion", 404, "The specified version does not exist.");
/** Of a key whose newest version is a delete marker. */
export const deleted_key = (key: string, headers: Readonly<Record<string, string>>): AwsError =>
  new AwsError("NoSuchKey", 404, "The specified key does not exist.", { Key: key }, headers);
/** Of a delete marker that is asked for by its version. */
export const marker_not_allowed = (headers: Readonly<Record<string, string>>): AwsError =>
  new AwsError(
    "MethodNotAllowed",
    405,
    "The specified method is not allowed against this resource.",
    { Method: "GET", ResourceType: "DeleteMarker" },
    { ...headers, allow: "DELETE" },
  );
export const no_such_upload = error(
  "NoSuchUpload",
  404,
  "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
);
export const method_not_allowed = error(
  "MethodNotAllowed",
  405,
  "The specified method is not allowed against this resource.",
);
export const bucket_already_owned_by_you = error(
  "BucketAlreadyOwnedByYou",
  409,
  "Your previous request to create the named bucket succeeded and you already own it.",
);
export const bucket_not_empty = error("BucketNotEmpty", 409, "The bucket you tried to delete is not empty");
export const conditional_request_conflict = error(
  "ConditionalRequestConflict",
  409,
  "The conditional request cannot succeed due to a conflicting operation against this resource.",
);
export const missing_content_length = error(
  "MissingContentLength",
  411,
  "You must provide the Content-Length HTTP header.",
);
export const precondition_failed = (condition: string): AwsError =>
  new AwsError("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold", {
    Condition: condition,
  });
export const invalid_range = error("InvalidRange", 416, "The requested range is not satisfiable");
export const internal_error = error(
  "InternalError",
  500,
  "We encountered an internal error. Please try again.",
);
/** For whatever would change what a request means and is not honoured here. */
export const not_implemented = (details: ErrorDetails): AwsError =>
  new AwsError(
    "NotImplemented",
    501,
    `A ${details.Header ? "header" : "query parameter"} you provided implies functionality that is not implemented`,
    details,
  );
