/**
 * Which permissions a call of AWS needs, as the services document it:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html and
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
import type { AwsCall } from "../../local/aws/call.ts";

/** What IAM is asked: may this action be done to this resource, under these conditions? */
export interface AccessQuestion {
  readonly action: string;
  /** An ARN, or `*` for an action that has no resources. */
  readonly resource: string;
  /** Condition keys of the request. */
  readonly context: Readonly<Record<string, string>>;
}

type Operations = Readonly<Record<string, string>>;

const OBJECT_OPERATIONS: Operations = {
  PutObject: "s3:PutObject",
  PostObject: "s3:PutObject",
  CopyObject: "s3:PutObject",
  CreateMultipartUpload: "s3:PutObject",
  UploadPart: "s3:PutObject",
  UploadPartCopy: "s3:PutObject",
  CompleteMultipartUpload: "s3:PutObject",
  AbortMultipartUpload: "s3:AbortMultipartUpload",
  ListParts: "s3:ListMultipartUploadParts",
  GetObject: "s3:GetObject",
  HeadObject: "s3:GetObject",
  DeleteObject: "s3:DeleteObject",
};

const BUCKET_OPERATIONS: Operations = {
  ListObjectsV2: "s3:ListBucket",
  ListObjectVersions: "s3:ListBucketVersions",
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html */
const CREATES_AN_OBJECT: Operations = {
  PutObject: "true",
  PostObject: "true",
  CopyObject: "true",
  CompleteMultipartUpload: "true",
  CreateMultipartUpload: "false",
  UploadPart: "false",
  UploadPartCopy: "false",
};

const READ = "s3:GetObject";
const READ_VERSION = "s3:GetObjectVersion";

/** S3 has these condition keys for writes only. */
const OF_WRITES: readonly string[] = ["if-match", "if-none-match"];

/**
 * Nothing for an operation that is open to anyone, such as Cognito's InitiateAuth:
 * https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flows-public-server-side.html
 *
 * @throws Error for an operation that is not known here: look up what it needs, and add it.
 */
export function questions_of(call: AwsCall): readonly AccessQuestion[] {
  const { service, operation, access_key_id, bucket, key, conditions } = call;
  if (access_key_id === undefined) return [];
  const on_object = service === "s3" ? OBJECT_OPERATIONS[operation] : undefined;
  const on_bucket = service === "s3" ? BUCKET_OPERATIONS[operation] : undefined;
  const action = on_object ?? on_bucket;
  if (action === undefined) {
    throw new Error(`tests/support/iam_actions.ts does not know what ${service} ${operation} needs.`);
  }
  const bucket_arn = `arn:aws:s3:::${bucket}`;
  const creates = CREATES_AN_OBJECT[operation];
  const signature = { "s3:authType": auth_type(call), "s3:signatureversion": "AWS4-HMAC-SHA256" };
  const asked = Object.entries(conditions).filter(([name]) => action !== READ || !OF_WRITES.includes(name));
  const question = {
    action,
    resource: on_object === undefined ? bucket_arn : `${bucket_arn}/${key}`,
    context: {
      ...Object.fromEntries(asked.map(([name, value]) => [`s3:${name}`, value])),
      ...(creates && { "s3:ObjectCreationOperation": creates }),
      ...signature,
    },
  };
  const source = conditions["x-amz-copy-source"];
  if (source !== undefined) {
    const [path = "", version] = source.split("?versionId=");
    const read = `arn:aws:s3:::${decodeURIComponent(path).replace(/^\//, "")}`;
    return [question, { action: version ? READ_VERSION : READ, resource: read, context: signature }];
  }
  // What depends on the ETag reads it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html and
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
  const reads = action !== READ && (conditions["if-match"] ?? "*") !== "*";
  return reads ? [question, { action: READ, resource: question.resource, context: signature }] : [question];
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html */
function auth_type({ operation, presigned }: AwsCall): string {
  if (operation === "PostObject") return "POST";
  return presigned ? "REST-QUERY-STRING" : "REST-HEADER";
}
