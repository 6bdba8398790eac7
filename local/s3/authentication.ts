/** Decides whether a request is signed, and by what means; nothing here is open to anyone unsigned. */
import {
  type Expectation,
  has_signed_query,
  type VerifiedSignature,
  verify_header,
  verify_query,
} from "../aws/sigv4.ts";
import { access_denied, invalid_argument, invalid_request, invalid_token } from "./errors.ts";
import type { S3Request, SignedS3Request } from "./request.ts";

/** Parameters of a presigned URL's signature; all other `x-amz-…` parameters stand for headers. */
export const SIGNING_PARAMETERS: readonly string[] = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
  "X-Amz-Signature",
  "X-Amz-Content-Sha256",
];

/** Verifies a request's signature. Headers that a presigned URL carries as parameters become headers. */
export function authenticate(request: S3Request, expectation: Expectation): SignedS3Request {
  const by_header = request.headers.authorization !== undefined;
  const by_query = has_signed_query(request.raw_query);
  if (by_header && by_query) {
    throw invalid_argument(
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
    );
  }
  if (request.query.has("AWSAccessKeyId") || request.query.has("Signature")) {
    throw invalid_request(
      "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    );
  }
  if (!by_header && !by_query) throw access_denied("Access Denied");
  if (request.headers["x-amz-security-token"] ?? request.query.get("X-Amz-Security-Token")) {
    throw invalid_token();
  }
  const raw = {
    method: request.method,
    path: request.raw_path,
    query: request.raw_query,
    headers: request.headers,
  };
  const signature = by_header ? verify_header(raw, expectation) : verify_query(raw, expectation);
  require_signed_headers(request, signature);
  return by_header ? { ...request, signature } : { ...hoisted_headers(request), signature };
}

function require_signed_headers(request: S3Request, signature: VerifiedSignature): void {
  const unsigned = Object.keys(request.headers).filter(
    (name) => name.startsWith("x-amz-") && !signature.signed_headers.includes(name),
  );
  if (unsigned.length > 0) {
    throw access_denied("There were headers present in the request which were not signed", {
      HeadersNotSigned: unsigned.join(", "),
    });
  }
}

/** SDKs move `x-amz-…` headers into the query of a presigned URL; S3 takes them from there. */
function hoisted_headers(request: S3Request): S3Request {
  const headers = { ...request.headers };
  const query = new Map<string, string>();
  for (const [name, value] of request.query) {
    const header = name.toLowerCase();
    if (!header.startsWith("x-amz-") || SIGNING_PARAMETERS.includes(name)) {
      query.set(name, value);
    } else if (headers[header] !== undefined && headers[header] !== value) {
      throw invalid_argument("A header and a query parameter of one name differ.", { ArgumentName: header });
    } else {
      headers[header] = value;
    }
  }
  return { ...request, query, headers };
}
