/** The S3 client of the functions, and how its errors become problems. */
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { http_status, type Problem, problem } from "@photo-uploader/layer";

/**
 * Three tries of at most 7 s each end within the 29 s that a function has, so that a storage that hangs is answered
 * with a problem and not with the gateway's own time-out.
 */
export function s3_client(config: S3ClientConfig = {}): S3Client {
  const client = new S3Client({
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 5_000,
      throwOnRequestTimeout: true,
      socketTimeout: 5_000,
    },
    ...config,
  });
  client.middlewareStack.add(
    (next) => (args) => {
      if (is_checked(args.request)) args.request.headers["x-amz-content-sha256"] ??= "UNSIGNED-PAYLOAD";
      return next(args);
    },
    { step: "build", priority: "low", name: "checked_bodies_are_unsigned" },
  );
  return client;
}

interface CheckedRequest {
  readonly headers: Record<string, string>;
}

/**
 * A body of which a CRC-32 is sent, that is signed and that S3 compares, is signed without its SHA-256
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html): TLS keeps it as it is
 * on its way, and hashing it a second time would be a tenth of what an archive costs the processor.
 */
const is_checked = (request: unknown): request is CheckedRequest =>
  typeof request === "object" &&
  request !== null &&
  "headers" in request &&
  typeof request.headers === "object" &&
  request.headers !== null &&
  "x-amz-checksum-crc32" in request.headers;

/**
 * The client that makes presigned URLs. With the SDK's default it would have the URL ask for a checksum, which whoever
 * opens it has no use for.
 */
export const presigning_s3_client = (): S3Client =>
  s3_client({ requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" });

/**
 * The client for what S3 takes its time over: it copies, and joins parts, at some hundred megabytes a second, and the
 * largest photo may have some hundred. A copy whose answer does not come in time is found by the next try.
 */
export const patient_s3_client = (config: S3ClientConfig = {}): S3Client =>
  s3_client({
    maxAttempts: 2,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 20_000,
      throwOnRequestTimeout: true,
      socketTimeout: 20_000,
    },
    ...config,
  });

/** Errors of S3 after which the same request may succeed, beside every 5xx. */
const TRANSIENT = new Set(["SlowDown", "RequestTimeout", "TooManyRequests", "ConditionalRequestConflict"]);

/** The problem of an error that S3, or the way to it, has answered a command with. */
export function storage_problem(error: unknown): Problem {
  const status = http_status(error);
  const name = error instanceof Error ? error.name : "";
  // No status: the connection failed or timed out before S3 answered.
  if (status === undefined || status >= 500 || TRANSIENT.has(name)) {
    return problem("storage_unavailable", "Send the same request again in a few seconds.", {
      cause: error,
    });
  }
  return problem(
    "storage_refused",
    "The client cannot mend this: tell the operator the apigw-requestid header of this answer.",
    { cause: error },
  );
}

/** The answer of S3 to a command; what S3 cannot do is a problem. */
export async function s3_answer<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw storage_problem(error);
  }
}
