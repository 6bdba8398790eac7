/** Checks the signature of administrators' requests, and names its faults as Cognito does. */
import { createHash } from "node:crypto";
import { AwsError } from "../aws/aws_error.ts";
import { type Credentials, type SignedRequest, verify_header } from "../aws/sigv4.ts";
import { CognitoError } from "./errors.ts";

const BAD_SIGNATURE =
  "The request signature we calculated does not match the signature you provided. " +
  "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";

/** Returns the key id of the signer; throws CognitoError unless it is one of these, for cognito-idp, now. */
export function require_signature(
  request: SignedRequest,
  body: Buffer,
  signer: { credentials: readonly Credentials[]; region: string },
): string {
  if (!request.headers.authorization) {
    throw new CognitoError("MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  const payload_hash = createHash("sha256").update(body).digest("hex");
  const claimed_hash = request.headers["x-amz-content-sha256"] ?? payload_hash;
  if (claimed_hash !== payload_hash) throw new CognitoError("InvalidSignatureException", BAD_SIGNATURE);
  try {
    // The signer's clock is the machine's, whatever time the pool is told that it is.
    const expectation = { ...signer, service: "cognito-idp", now: new Date() };
    return verify_header(request, expectation, payload_hash).access_key_id;
  } catch (error) {
    throw error instanceof AwsError ? cognito_error(error) : error;
  }
}

function cognito_error(error: AwsError): CognitoError {
  switch (error.code) {
    case "InvalidAccessKeyId":
      return new CognitoError(
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
      );
    case "SignatureDoesNotMatch":
      return new CognitoError("InvalidSignatureException", BAD_SIGNATURE);
    case "RequestTimeTooSkewed":
      return new CognitoError("InvalidSignatureException", `Signature expired: ${error.message}`);
    default:
      return new CognitoError("IncompleteSignatureException", error.message);
  }
}
