/** What no role, and what this or that role, may do: the calls that IAM has to refuse. */
import type { AccessQuestion } from "../support/iam_actions.ts";
import type { DeployedFunction, Deployment } from "./deployed_roles.ts";

export interface Denial extends AccessQuestion {
  readonly what: string;
}

type Context = AccessQuestion["context"];

export const PHOTO = "7c1e4b8a-0f52-4d0e-9d3b-5a8f6c2e1d00/20261123T101530123Z_beach.jpg";

/** Keys that no photo has: what other deployments, an administrator or a later version might keep in the bucket. */
const NO_PHOTOS = [
  "terraform.tfstate",
  "photo-uploader/terraform.tfstate",
  "20261123T101530123Z_beach.jpg",
  "7c1e4b8a-0f52-4d0e-9d3b-5a8f6c2e1d00/beach.jpg",
  "7c1e4b8a-0f52-4d0e-9d3b-5a8f6c2e1d00/",
  ".quarantine/x",
  ".quarantine/20261123T101530123Z_x.zip",
  `.quarantine/${PHOTO}`,
];

/** Conditional as the functions write, so that nothing is denied for the lack of it. */
const WRITING: Context = { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" };

const ON_PHOTOS: readonly (readonly [action: string, what: string, context: Context])[] = [
  ["s3:PutObject", "write a photo", WRITING],
  ["s3:GetObject", "read a photo", {}],
  ["s3:DeleteObject", "delete a photo", {}],
  ["s3:AbortMultipartUpload", "abort an upload", {}],
];

/** What each function may do to a photo; to do the rest is denied. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  upload_single_photo: ["s3:PutObject"],
  unzip: ["s3:PutObject", "s3:AbortMultipartUpload"],
  download: ["s3:GetObject"],
  delete: ["s3:DeleteObject"],
};

const LISTS = "list";

const OTHER_BUCKETS: readonly ((bucket: string) => string)[] = [
  () => "another-bucket",
  (bucket) => `${bucket}-2`,
  (bucket) => `2-${bucket}`,
];

/** Further actions on the bucket and its objects that nothing here needs. */
const BUCKET_ACTIONS = [
  "s3:ListBucketVersions",
  "s3:ListBucketMultipartUploads",
  "s3:GetBucketPolicy",
  "s3:PutBucketPolicy",
  "s3:PutBucketPublicAccessBlock",
  "s3:PutBucketVersioning",
  "s3:PutLifecycleConfiguration",
  "s3:DeleteBucket",
];
const OBJECT_ACTIONS = [
  "s3:GetObjectVersion",
  "s3:DeleteObjectVersion",
  "s3:PutObjectAcl",
  "s3:PutObjectTagging",
  "s3:ListMultipartUploadParts",
];

/** Every denial for one function's role, in the deployment that it belongs to. */
export const denials_of = (own: DeployedFunction, deployment: Deployment): readonly Denial[] => [
  ...on_photos(own, deployment),
  ...on_listings(own, deployment),
  ...on_the_bucket(deployment),
  ...on_logs(own, deployment),
  ...on_the_account(own, deployment),
];

function on_photos({ name }: DeployedFunction, { bucket }: Deployment): Denial[] {
  const own = OWN[name] ?? [];
  return ON_PHOTOS.flatMap(([action, what, context]) => {
    const deny = (label: string, key: string, more: Context = context, in_bucket = bucket) => ({
      what: label,
      action,
      resource: `arn:aws:s3:::${in_bucket}/${key}`,
      context: more,
    });
    const without_tls = { ...context, "aws:SecureTransport": "false" };
    const may = own.includes(action);
    return [
      may ? deny(`${what} without TLS`, PHOTO, without_tls) : deny(what, PHOTO),
      ...(may && action === "s3:PutObject"
        ? [deny("write a photo without If-None-Match", PHOTO, { "s3:ObjectCreationOperation": "true" })]
        : []),
      ...NO_PHOTOS.map((key) => deny("touch what is no photo", key)),
      ...OTHER_BUCKETS.map((other) => deny("touch another bucket", PHOTO, context, other(bucket))),
    ];
  });
}

const with_context = (denial: Denial, more: Context): Denial => ({
  ...denial,
  context: { ...denial.context, ...more },
});

function on_listings({ name }: DeployedFunction, { bucket }: Deployment): Denial[] {
  const deny = (what: string, prefix?: string, bucket_name = bucket): Denial => ({
    what,
    action: "s3:ListBucket",
    resource: `arn:aws:s3:::${bucket_name}`,
    context: prefix === undefined ? {} : { "s3:prefix": prefix },
  });
  const users = "7c1e4b8a-0f52-4d0e-9d3b-5a8f6c2e1d00/";
  return [
    name === LISTS
      ? with_context(deny("list a user's photos without TLS", users), { "aws:SecureTransport": "false" })
      : deny("list a user's photos", users),
    deny("list more than one user's photos"),
    deny("list more than one user's photos", ""),
    deny("list more than one user's photos", "7"),
    deny("list more than one user's photos", "/"),
    deny("list what is no user's", ".quarantine/"),
    deny("list what is no user's", "."),
    deny("list what is no user's", "photo-uploader/terraform/"),
    ...OTHER_BUCKETS.map((other) => deny("touch another bucket", users, other(bucket))),
  ];
}

function on_the_bucket({ bucket }: Deployment): Denial[] {
  const arn = `arn:aws:s3:::${bucket}`;
  const what = "look after the bucket";
  return [
    ...BUCKET_ACTIONS.map((action) => ({ what, action, resource: arn, context: {} })),
    ...OBJECT_ACTIONS.map((action) => ({ what, action, resource: `${arn}/${PHOTO}`, context: {} })),
    { what, action: "s3:ListAllMyBuckets", resource: "*", context: {} },
  ];
}

const stream_of = ({ log_group_arn }: DeployedFunction): string =>
  `${log_group_arn}:log-stream:2026/11/23/[1]00000000000000000000000000000000`;

function on_logs(own: DeployedFunction, { functions }: Deployment): Denial[] {
  const others = functions.filter(({ name }) => name !== own.name);
  return [
    ...others.flatMap((other) =>
      ["logs:CreateLogStream", "logs:PutLogEvents"].map((action) => ({
        what: "write another function's log",
        action,
        resource: stream_of(other),
        context: {},
      })),
    ),
    ...["logs:GetLogEvents"].map((action) => ({
      what: "read a log",
      action,
      resource: stream_of(own),
      context: {},
    })),
    ...["logs:FilterLogEvents", "logs:DeleteLogGroup", "logs:PutRetentionPolicy"].map((action) => ({
      what: "look after a log",
      action,
      resource: own.log_group_arn,
      context: {},
    })),
  ];
}

function on_the_account(own: DeployedFunction, { functions }: Deployment): Denial[] {
  const { account, role_arn, arn } = own;
  const region = arn.split(":")[3] ?? "";
  const other = functions.find(({ name }) => name !== own.name) ?? own;
  const pool = `arn:aws:cognito-idp:${region}:${account}:userpool/${region}_Abcdefghi`;
  const deny = (what: string, resource: string, ...actions: string[]) =>
    actions.map((action) => ({ what, action, resource, context: {} }));
  return [
    ...deny("become another role", other.role_arn, "iam:PassRole", "sts:AssumeRole"),
    ...deny(
      "change its own role",
      role_arn,
      "iam:PutRolePolicy",
      "iam:AttachRolePolicy",
      "iam:UpdateAssumeRolePolicy",
    ),
    ...deny(
      "use a key of KMS",
      `arn:aws:kms:${region}:${account}:key/7c1e4b8a-0f52-4d0e-9d3b-5a8f6c2e1d00`,
      "kms:Decrypt",
      "kms:GenerateDataKey",
    ),
    ...deny("call or change a function", other.arn, "lambda:InvokeFunction", "lambda:UpdateFunctionCode"),
    ...deny("call or change a function", arn, "lambda:GetFunction", "lambda:UpdateFunctionConfiguration"),
    ...deny(
      "act for an administrator of users",
      pool,
      "cognito-idp:AdminCreateUser",
      "cognito-idp:AdminInitiateAuth",
      "cognito-idp:AdminGetUser",
      "cognito-idp:ListUsers",
    ),
    ...deny(
      "read a secret",
      `arn:aws:secretsmanager:${region}:${account}:secret:any-a1b2c3`,
      "secretsmanager:GetSecretValue",
    ),
    ...deny("read a secret", `arn:aws:ssm:${region}:${account}:parameter/any`, "ssm:GetParameter"),
  ];
}
