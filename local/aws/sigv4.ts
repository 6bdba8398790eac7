/**
 * Verifies AWS Signature Version 4 from the request as it came over the wire: the Authorization header,
 * a presigned query, and the policy of a browser's POST form. Error codes are those of S3, which of all
 * services documents the most of them; another service's server maps them to its own names.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-policy.html
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { AwsError } from "./aws_error.ts";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

export interface SignedRequest {
  method: string;
  /** As it came, still percent-encoded, without the query. */
  path: string;
  /** As it came, still percent-encoded, without the question mark; empty if there is none. */
  query: string;
  /** Names in lower case; a repeated header's values joined with a comma. */
  headers: Readonly<Record<string, string>>;
}

/** Whom the signature must be from, where it must be for, and what time it is. */
export interface Expectation {
  /** One of these; they differ in their key ids. */
  credentials: readonly Credentials[];
  region: string;
  /** As it stands in the credential scope: `s3`, `cognito-idp`. */
  service: string;
  now: Date;
}

/** What a verified signature yields; the signatures of an aws-chunked body go on from it. */
export interface VerifiedSignature {
  /** Whose signature it is. */
  access_key_id: string;
  /** 64 hexadecimal digits. */
  signature: string;
  /** `20260101/eu-central-1/s3/aws4_request` */
  scope: string;
  /** `20260101T000000Z` */
  timestamp: string;
  signing_key: Buffer;
  /** Lower case, as signed. */
  signed_headers: readonly string[];
  /** The payload hash that entered the signature: 64 hexadecimal digits or a word such as `UNSIGNED-PAYLOAD`. */
  payload_hash: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const MAX_SKEW_MS = 15 * 60 * 1000;
const MAX_EXPIRES_SECONDS = 7 * 24 * 60 * 60;

/** How S3 names a fault of the credential, by the place where the credential stands. */
interface CredentialFault {
  code: string;
  preamble: string;
}
const HEADER_FAULT: CredentialFault = {
  code: "AuthorizationHeaderMalformed",
  preamble: "The authorization header is malformed; ",
};
const QUERY_FAULT: CredentialFault = {
  code: "AuthorizationQueryParametersError",
  preamble: "Error parsing the X-Amz-Credential parameter; ",
};
const FORM_FAULT: CredentialFault = { code: "InvalidArgument", preamble: "" };

/**
 * Verifies the Authorization header. The payload hash that enters the signature is the value of
 * `x-amz-content-sha256` or, where the service does not use that header, `payload_hash`: the hash that the
 * caller computed over the body. Whether the body matches the header is the caller's to check.
 */
export function verify_header(
  request: SignedRequest,
  expectation: Expectation,
  payload_hash?: string,
): VerifiedSignature {
  const { credential, signed_headers, signature } = parse_authorization(request.headers.authorization ?? "");
  const { signer, scope } = check_scope(credential, expectation, HEADER_FAULT);
  const timestamp = request.headers["x-amz-date"] ?? "";
  const signed_at = parse_timestamp(timestamp);
  if (signed_at === undefined) {
    throw new AwsError("AccessDenied", 403, "AWS authentication requires a valid Date or x-amz-date header");
  }
  check_scope_date(scope, timestamp, HEADER_FAULT);
  if (Math.abs(expectation.now.getTime() - signed_at.getTime()) > MAX_SKEW_MS) {
    throw new AwsError(
      "RequestTimeTooSkewed",
      403,
      "The difference between the request time and the current time is too large.",
      {
        RequestTime: timestamp,
        ServerTime: expectation.now.toISOString(),
        MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
      },
    );
  }
  const claimed = request.headers["x-amz-content-sha256"] ?? payload_hash;
  if (claimed === undefined) {
    throw new AwsError(
      "InvalidRequest",
      400,
      "Missing required header for this request: x-amz-content-sha256",
    );
  }
  const query = parse_query(request.query);
  return check_request_signature(request, query, signer, {
    scope,
    timestamp,
    signed_headers,
    signature,
    payload_hash: claimed,
  });
}

/**
 * Verifies a presigned URL, as S3 makes them: the payload hash is `UNSIGNED-PAYLOAD` unless the request
 * names another in `X-Amz-Content-Sha256`, as a query parameter or a header.
 */
export function verify_query(request: SignedRequest, expectation: Expectation): VerifiedSignature {
  const query = parse_query(request.query);
  const parameter = (name: string): string => {
    const values = query.filter(([key]) => key === name);
    const value = values[0]?.[1];
    if (values.length !== 1 || !value) {
      throw new AwsError(
        "AuthorizationQueryParametersError",
        400,
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
      );
    }
    return value;
  };
  const algorithm = parameter("X-Amz-Algorithm");
  const credential = parameter("X-Amz-Credential");
  const signature = parameter("X-Amz-Signature");
  const timestamp = parameter("X-Amz-Date");
  const signed_headers = parameter("X-Amz-SignedHeaders").split(";");
  const expires = parameter("X-Amz-Expires");
  if (algorithm !== ALGORITHM) {
    throw new AwsError(
      "AuthorizationQueryParametersError",
      400,
      `X-Amz-Algorithm only supports "${ALGORITHM}"`,
    );
  }
  const { signer, scope } = check_scope(credential, expectation, QUERY_FAULT);
  const signed_at = parse_timestamp(timestamp);
  if (signed_at === undefined) {
    throw new AwsError(
      "AuthorizationQueryParametersError",
      400,
      "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    );
  }
  check_scope_date(scope, timestamp, QUERY_FAULT);
  check_expiry(signed_at, expires, expectation.now);
  const payload_hash =
    query.find(([name]) => name === "X-Amz-Content-Sha256")?.[1] ??
    request.headers["x-amz-content-sha256"] ??
    "UNSIGNED-PAYLOAD";
  const signed_query = query.filter(([name]) => name !== "X-Amz-Signature");
  return check_request_signature(request, signed_query, signer, {
    scope,
    timestamp,
    signed_headers,
    signature,
    payload_hash,
  });
}

/** The form fields of a POST that sign its policy. `policy` is the base64 as it stands in the form. */
export interface SignedPolicy {
  policy: string;
  algorithm: string;
  credential: string;
  timestamp: string;
  signature: string;
}

/**
 * Verifies the signature of a POST policy, and returns the key id of its signer. When the policy expires is for the
 * caller, who reads it.
 */
export function verify_policy(form: SignedPolicy, expectation: Expectation): string {
  if (form.algorithm !== ALGORITHM) {
    throw new AwsError("InvalidArgument", 400, `Only ${ALGORITHM} is supported as x-amz-algorithm.`);
  }
  const { signer, scope } = check_scope(form.credential, expectation, FORM_FAULT);
  if (parse_timestamp(form.timestamp) === undefined) {
    throw new AwsError(
      "InvalidArgument",
      400,
      "x-amz-date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
    );
  }
  check_scope_date(scope, form.timestamp, FORM_FAULT);
  const key = derive_signing_key(signer.secretAccessKey, scope);
  if (!equal_signatures(sign(key, form.policy), form.signature)) throw signature_does_not_match();
  return signer.accessKeyId;
}

/** True when the request carries a presigned query of this version. */
export function has_signed_query(query: string): boolean {
  return parse_query(query).some(([name]) => name === "X-Amz-Algorithm" || name === "X-Amz-Signature");
}

/** Hexadecimal HMAC-SHA256 of a string to sign. */
export function sign(signing_key: Buffer, string_to_sign: string): string {
  return createHmac("sha256", signing_key).update(string_to_sign, "latin1").digest("hex");
}

/** Compares two signatures in a time that does not depend on where they differ. */
export function equal_signatures(expected: string, given: string): boolean {
  const a = Buffer.from(expected, "latin1");
  const b = Buffer.from(given, "latin1");
  return a.length === b.length && timingSafeEqual(a, b);
}

export function signature_does_not_match(details: Record<string, string> = {}): AwsError {
  return new AwsError(
    "SignatureDoesNotMatch",
    403,
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    details,
  );
}

interface ClaimedSignature {
  scope: string;
  timestamp: string;
  signed_headers: readonly string[];
  signature: string;
  payload_hash: string;
}

function check_request_signature(
  request: SignedRequest,
  query: readonly (readonly [string, string])[],
  signer: Credentials,
  claim: ClaimedSignature,
): VerifiedSignature {
  if (!claim.signed_headers.includes("host")) {
    throw new AwsError(
      "AccessDenied",
      403,
      "There were headers present in the request which were not signed",
      {
        HeadersNotSigned: "host",
      },
    );
  }
  const canonical_request = [
    request.method,
    canonical_path(request.path),
    canonical_query(query),
    ...claim.signed_headers.map((name) => `${name}:${canonical_header(request.headers[name] ?? "")}`),
    "",
    claim.signed_headers.join(";"),
    claim.payload_hash,
  ].join("\n");
  // Header values are what Node read byte for byte as Latin-1; everything else here is ASCII.
  const hash = createHash("sha256").update(canonical_request, "latin1").digest("hex");
  const string_to_sign = [ALGORITHM, claim.timestamp, claim.scope, hash].join("\n");
  const signing_key = derive_signing_key(signer.secretAccessKey, claim.scope);
  if (!equal_signatures(sign(signing_key, string_to_sign), claim.signature)) {
    throw signature_does_not_match({ StringToSign: string_to_sign, CanonicalRequest: canonical_request });
  }
  return { ...claim, access_key_id: signer.accessKeyId, signing_key };
}

/** `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` */
function parse_authorization(header: string): {
  credential: string;
  signed_headers: string[];
  signature: string;
} {
  const [algorithm, rest] = split_once(header, " ");
  if (algorithm !== ALGORITHM) {
    throw new AwsError(
      "InvalidRequest",
      400,
      `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
    );
  }
  const fields = new Map(rest.split(",").map((field) => split_once(field.trim(), "=")));
  const credential = fields.get("Credential");
  const signed_headers = fields.get("SignedHeaders");
  const signature = fields.get("Signature");
  if (!credential || !signed_headers || !signature || fields.size !== 3) {
    throw new AwsError(
      "AuthorizationHeaderMalformed",
      400,
      "The authorization header is malformed; Credential, SignedHeaders and Signature are each required once.",
    );
  }
  return { credential, signed_headers: signed_headers.split(";"), signature };
}

/** Checks `<key id>/<date>/<region>/<service>/aws4_request`; the scope is what follows the key id. */
function check_scope(
  credential: string,
  expectation: Expectation,
  fault: CredentialFault,
): { signer: Credentials; scope: string } {
  const [access_key_id, scope] = split_once(credential, "/");
  const [date = "", region, service, terminator, ...more] = scope.split("/");
  if (!/^\d{8}$/.test(date) || terminator !== "aws4_request" || more.length > 0) {
    throw new AwsError(
      fault.code,
      400,
      `${fault.preamble}the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`,
    );
  }
  const signer = expectation.credentials.find(({ accessKeyId }) => accessKeyId === access_key_id);
  if (signer === undefined) {
    throw new AwsError(
      "InvalidAccessKeyId",
      403,
      "The AWS Access Key Id you provided does not exist in our records.",
      { AWSAccessKeyId: access_key_id },
    );
  }
  if (region !== expectation.region) {
    throw new AwsError(
      fault.code,
      400,
      `${fault.preamble}the region '${region}' is wrong; expecting '${expectation.region}'`,
      { Region: expectation.region },
    );
  }
  if (service !== expectation.service) {
    throw new AwsError(
      fault.code,
      400,
      `${fault.preamble}incorrect service "${service}". This endpoint belongs to "${expectation.service}".`,
    );
  }
  return { signer, scope };
}

function check_scope_date(scope: string, timestamp: string, fault: CredentialFault): void {
  if (scope.slice(0, 8) !== timestamp.slice(0, 8)) {
    throw new AwsError(
      fault.code,
      400,
      `${fault.preamble}invalid credential date "${scope.slice(0, 8)}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`,
    );
  }
}

function check_expiry(signed_at: Date, expires: string, now: Date): void {
  const seconds = /^\d{1,9}$/.test(expires) ? Number(expires) : -1;
  if (seconds < 1 || seconds > MAX_EXPIRES_SECONDS) {
    const message =
      seconds > MAX_EXPIRES_SECONDS
        ? `X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than ${MAX_EXPIRES_SECONDS} seconds`
        : "X-Amz-Expires should be a number of seconds, at least 1";
    throw new AwsError("AuthorizationQueryParametersError", 400, message);
  }
  if (signed_at.getTime() - now.getTime() > MAX_SKEW_MS) {
    throw new AwsError("AccessDenied", 403, "Request is not yet valid");
  }
  const expires_at = signed_at.getTime() + seconds * 1000;
  if (now.getTime() > expires_at) {
    throw new AwsError("AccessDenied", 403, "Request has expired", {
      "X-Amz-Expires": expires,
      Expires: new Date(expires_at).toISOString(),
      ServerTime: now.toISOString(),
    });
  }
}

/** Reads `20260101T000000Z`; undefined for anything else, a 31st of February included. */
function parse_timestamp(text: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const date = new Date(`${iso}Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? date : undefined;
}

function derive_signing_key(secret: string, scope: string): Buffer {
  let key: Buffer = Buffer.from(`AWS4${secret}`);
  for (const part of scope.split("/")) key = createHmac("sha256", key).update(part).digest();
  return key;
}

/** S3 neither resolves `..` nor merges slashes; other services here only ever see `/`. */
function canonical_path(path: string): string {
  return path.split("/").map(re_encode).join("/") || "/";
}

function canonical_query(pairs: readonly (readonly [string, string])[]): string {
  const encoded = pairs.map(([name, value]) => [uri_encode(name), uri_encode(value)] as const);
  return encoded
    .toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function canonical_header(value: string): string {
  return value.trim().replace(/ +/g, " ");
}

/** The decoded pairs of a query in their order; a `+` is a space, as S3 reads it. */
export function parse_query(query: string): [string, string][] {
  return query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name, value] = split_once(pair.replaceAll("+", "%20"), "=");
      return [percent_decode(name), percent_decode(value)];
    });
}

/** Decodes percent-encoded UTF-8, and refuses what is not. */
export function percent_decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError("InvalidURI", 400, "Couldn't parse the specified URI.", { URI: text });
  }
}

/** Percent-encodes all but RFC 3986's unreserved characters. */
export function uri_encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function re_encode(segment: string): string {
  return uri_encode(percent_decode(segment));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function split_once(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
