/** What no role, and what this or that role, may do: the calls that IAM has to refuse. */
import type { AccessQuestion } from "../support/iam_actions.ts";
import type { DeployedFunction, Deployment } from "./deployed_roles.ts";

export interface Denial extends AccessQuestion {
  readonly what: string;
}

type Context = AccessQuestion["context"];

export const PHOTO = "7c1e4b8a-0f52-4d0e-9d3b-5a8f6c2e1d00/20261123T101530123Z_beach.jpg";

const USER = "7c1e4b8a-0f52-4d0e-9d3b-5a8f6c2e1d00";
const ID = "01hd3k9p4t0123456789abcdef";

/** Keys of nothing that functions keep: what other deployments, an administrator or a later version might have there. */
const NO_KEYS = [
  "terraform.tfstate",
  "photo-uploader/terraform.tfstate",
  "20261123T101530123Z_beach.jpg",
  `${USER}/beach.jpg`,
  `${USER}/`,
  ".quarantine/x",
  ".quarantine/20261123T101530123Z_x.zip",
  `.quarantine/${PHOTO}`,
  `.quarantine/${USER}/${ID}0`,
  `.outcomes/${PHOTO}`,
  `.outcomes/${USER}/${ID}/x`,
  `.tasks/${PHOTO}`,
  `.tasks/${USER}/x/plan`,
  `.jobs/${PHOTO}`,
  `.jobs/${USER}/plan`,
  `.checksums/${USER}/${"a".repeat(63)}`,
  `.checksums/${USER}/${"a".repeat(65)}`,
  `.checksums/${PHOTO}`,
  `.exports/${USER}/${ID}`,
  `.exports/${USER}/plan`,
  `.export_tasks/${PHOTO}`,
  `.exports/${PHOTO}`,
];

interface Kind {
  readonly a: string;
  readonly keys: readonly string[];
  readonly written_once: boolean;
}

/** What functions keep in the bucket. */
const KINDS = {
  photo: { a: "a photo", keys: [PHOTO], written_once: true },
  upload: { a: "an upload", keys: [`.quarantine/${USER}/${ID}`], written_once: false },
  outcome: { a: "an outcome", keys: [`.outcomes/${USER}/${ID}`], written_once: true },
  task: {
    a: "a task",
    keys: ["plan", "000012"].map((part) => `.tasks/${USER}/${ID}/${part}`),
    written_once: true,
  },
  job: {
    a: "what is known of a job",
    keys: ["plan", "outcomes/000012", "done/000012_25_1000_25_0_0"].map(
      (part) => `.jobs/${USER}/${ID}/${part}`,
    ),
    written_once: true,
  },
  claim: { a: "a claim", keys: [`.checksums/${USER}/${"5".repeat(64)}`], written_once: true },
  export_task: {
    a: "a task of exports",
    keys: ["plan", "000012"].map((part) => `.export_tasks/${USER}/${ID}/${part}`),
    written_once: true,
  },
  export: {
    a: "an export",
    keys: ["plan", `parts/000012_${ID}`, "segments/000012", "result", "photos.zip"].map(
      (part) => `.exports/${USER}/${ID}/${part}`,
    ),
    written_once: true,
  },
  trial: { a: "a trial", keys: [`.jobs/${USER}/${ID}/trials/000012`], written_once: false },
} as const satisfies Readonly<Record<string, Kind>>;
type KindName = keyof typeof KINDS;

/** Conditional as the functions write, so that nothing is denied for the lack of it. */
const WRITING: Context = { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" };

const ACTIONS: readonly (readonly [action: string, verb: string, context: Context])[] = [
  ["s3:PutObject", "write", WRITING],
  ["s3:GetObject", "read", {}],
  ["s3:DeleteObject", "delete", {}],
  ["s3:AbortMultipartUpload", "abort the writing of", {}],
  ["s3:ListMultipartUploadParts", "list the parts of", {}],
];

const PUT = "s3:PutObject";
const GET = "s3:GetObject";
const DELETE = "s3:DeleteObject";
const ABORT = "s3:AbortMultipartUpload";
const LIST_PARTS = "s3:ListMultipartUploadParts";

const OF_PARTS: readonly string[] = [ABORT, LIST_PARTS];
const IN_PARTS: readonly KindName[] = ["photo", "upload", "export"];

const ADMISSION = { outcome: [PUT, GET], task: [PUT] };

/** What each function may do; to do the rest is denied. */
const OWN: Readonly<Record<string, Readonly<Partial<Record<KindName, readonly string[]>>>>> = {
  upload_single_photo: { photo: [PUT, GET], claim: [PUT, GET] },
  check: { photo: [GET], claim: [GET] },
  unzip: { photo: [PUT, GET, ABORT], claim: [PUT, GET], upload: [GET, DELETE], ...ADMISSION },
  download: { photo: [GET], export_task: [PUT] },
  list: { photo: [GET] },
  delete: { photo: [DELETE] },
  restore: { photo: [PUT] },
  request_upload: { upload: [PUT] },
  upload_parts: { upload: [PUT, LIST_PARTS, ABORT] },
  complete_upload: {
    photo: [PUT, GET],
    claim: [PUT, GET],
    upload: [PUT, LIST_PARTS, GET, DELETE],
    ...ADMISSION,
  },
  cancel_upload: { upload: [ABORT, DELETE], outcome: [GET] },
  admit: { photo: [PUT, GET], claim: [PUT, GET], upload: [GET, DELETE], ...ADMISSION },
  job: { task: [GET], job: [GET], trial: [GET], export_task: [GET], export: [GET] },
  export: { photo: [GET], export_task: [PUT, GET], export: [PUT, GET, ABORT] },
  extract: {
    photo: [PUT, GET, ABORT],
    claim: [PUT, GET],
    upload: [GET],
    task: [PUT],
    job: [PUT, GET],
    trial: [PUT, GET],
  },
};

const WITHOUT_TLS = "do without TLS what it may do";

const LISTS = ["list", "export"];
const LISTS_DELETED = "list";
const RESTORES = "restore";
const LISTS_JOBS = ["job"];
const LISTS_EXPORTS = ["job", "export"];

const OTHER_BUCKETS: readonly ((bucket: string) => string)[] = [
  () => "another-bucket",
  (bucket) => `${bucket}-2`,
  (bucket) => `2-${bucket}`,
];

/** Further actions on the bucket and its objects that nothing here needs. */
const BUCKET_ACTIONS = [
  "s3:ListBucketMultipartUploads",
  "s3:GetBucketPolicy",
  "s3:PutBucketPolicy",
  "s3:PutBucketPublicAccessBlock",
  "s3:PutBucketVersioning",
  "s3:PutLifecycleConfiguration",
  "s3:DeleteBucket",
];
const OBJECT_ACTIONS = ["s3:DeleteObjectVersion", "s3:PutObjectAcl", "s3:PutObjectTagging"];

const KIND_NAMES: readonly KindName[] = [
  "photo",
  "claim",
  "upload",
  "outcome",
  "task",
  "job",
  "trial",
  "export_task",
  "export",
];

/** Every denial for one function's role, in the deployment that it belongs to. */
export const denials_of = (own: DeployedFunction, deployment: Deployment): readonly Denial[] => [
  ...on_objects(own, deployment),
  ...on_listings(own, deployment),
  ...on_versions(own, deployment),
  ...on_the_bucket(deployment),
  ...on_queues(own, deployment),
  ...on_logs(own, deployment),
  ...on_the_account(own, deployment),
];

function on_objects({ name }: DeployedFunction, { bucket }: Deployment): Denial[] {
  return ACTIONS.flatMap(([action, verb, context]) => {
    const deny = (what: string, key: string, more: Context = context, in_bucket = bucket): Denial => ({
      what,
      action,
      resource: `arn:aws:s3:::${in_bucket}/${key}`,
      context: more,
    });
    const on_kind = (kind: KindName): Denial[] => {
      const { a, keys, written_once } = KINDS[kind];
      if (OF_PARTS.includes(action) && !IN_PARTS.includes(kind))
        return keys.map((key) => deny("ask for parts of what has none", key));
      const own = OWN[name]?.[kind];
      if (own === undefined) return keys.map((key) => deny(`touch ${a}`, key));
      if (!own.includes(action)) return keys.map((key) => deny(`${verb} ${a}`, key));
      return keys.flatMap((key) => [
        deny(WITHOUT_TLS, key, { ...context, "aws:SecureTransport": "false" }),
        ...(written_once && action === PUT
          ? [deny(`overwrite ${a}`, key, { "s3:ObjectCreationOperation": "true" })]
          : []),
      ]);
    };
    return [
      ...KIND_NAMES.flatMap(on_kind),
      ...NO_KEYS.map((key) => deny("touch what is none of these", key)),
      ...OTHER_BUCKETS.flatMap((other) =>
        [PHOTO, ...KINDS.upload.keys].map((key) => deny("touch another bucket", key, context, other(bucket))),
      ),
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
  const users = `${USER}/`;
  const done = `.jobs/${USER}/${ID}/done/`;
  const segments = `.exports/${USER}/${ID}/segments/`;
  const without_tls = { "aws:SecureTransport": "false" };
  return [
    LISTS.includes(name)
      ? with_context(deny(WITHOUT_TLS, users), without_tls)
      : deny("list a user's photos", users),
    LISTS_JOBS.includes(name)
      ? with_context(deny(WITHOUT_TLS, done), without_tls)
      : deny("list what a job has done", done),
    LISTS_EXPORTS.includes(name)
      ? with_context(deny(WITHOUT_TLS, segments), without_tls)
      : deny("list the segments of an export", segments),
    deny("list more than one user's photos"),
    deny("list more than one user's photos", ""),
    deny("list more than one user's photos", "7"),
    deny("list more than one user's photos", "/"),
    ...[
      ".quarantine/",
      ".",
      ".jobs/",
      `.jobs/${USER}/`,
      `.jobs/${USER}/${ID}/`,
      `.exports/${USER}/${ID}/`,
    ].map((prefix) => deny("list what is no user's", prefix)),
    ...[`.quarantine/${USER}/`, `.tasks/${USER}/${ID}/`, "photo-uploader/terraform/"].map((prefix) =>
      deny("list what is no user's", prefix),
    ),
    ...OTHER_BUCKETS.flatMap((other) =>
      [users, done, segments].map((prefix) => deny("touch another bucket", prefix, other(bucket))),
    ),
  ];
}

/** What is deleted, or was overwritten, is listed by two functions and read by one. */
function on_versions({ name }: DeployedFunction, { bucket }: Deployment): Denial[] {
  const arn = `arn:aws:s3:::${bucket}`;
  const listing = (what: string, prefix: string | undefined, resource = arn): Denial => ({
    what,
    action: "s3:ListBucketVersions",
    resource,
    context: prefix === undefined ? {} : { "s3:prefix": prefix },
  });
  const reading = (what: string, key: string): Denial => ({
    what,
    action: "s3:GetObjectVersion",
    resource: `${arn}/${key}`,
    context: {},
  });
  const without_tls = { "aws:SecureTransport": "false" };
  const of_user = listing("list what a user has deleted", `${USER}/`);
  const of_photo = listing("list the versions of a photo", PHOTO);
  const of_bytes = reading("read a version of a photo", PHOTO);
  const own = (denial: Denial, owner: string): Denial =>
    name === owner ? with_context({ ...denial, what: WITHOUT_TLS }, without_tls) : denial;
  const uploads = [
    `.quarantine/${USER}/${ID}`,
    `.outcomes/${USER}/${ID}`,
    `.quarantine/${PHOTO}`,
    `${USER}/beach.jpg`,
  ];
  return [
    own(of_user, LISTS_DELETED),
    own(of_photo, RESTORES),
    own(of_bytes, RESTORES),
    ...[
      undefined,
      "",
      "7",
      "/",
      `${USER}/2026`,
      `.quarantine/${USER}/`,
      `.quarantine/${PHOTO}`,
      `a/b/${PHOTO}`,
    ].map((prefix) => listing("list more versions than those of a photo or a user", prefix)),
    ...uploads.map((key) => reading("read a version of what is no photo", key)),
    ...OTHER_BUCKETS.map((other) => listing("touch another bucket", PHOTO, `arn:aws:s3:::${other(bucket)}`)),
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

/** What Lambda does for whoever has a queue. */
const TAKING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

function on_queues({ queue_arn }: DeployedFunction, { queues }: Deployment): Denial[] {
  const deny = (what: string, resource: string, actions: readonly string[], context: Context = {}) =>
    actions.map((action) => ({ what, action, resource, context }));
  return queues.flatMap(({ arn }) => [
    ...(arn === queue_arn
      ? deny(WITHOUT_TLS, arn, TAKING, { "aws:SecureTransport": "false" })
      : deny("take the messages of another queue", arn, TAKING)),
    ...deny("send a message", arn, ["sqs:SendMessage"]),
    ...deny("look after a queue", arn, [
      ...["sqs:PurgeQueue", "sqs:SetQueueAttributes", "sqs:DeleteQueue", "sqs:AddPermission"],
      "sqs:StartMessageMoveTask",
    ]),
  ]);
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
