/**
 * What the AWS provider asks of IAM to make, read, change and remove each kind of resource that terraform/ has: the calls
 * of hashicorp/terraform-provider-aws 6, with the permission of each by the Service Authorization Reference. Written
 * down by hand, since no provider runs here, so it can lack one. Removing the bucket and the user pool is left out.
 */
import * as z from "zod";
import type { AccessQuestion } from "../support/iam_actions.ts";
import type { DeployedResource } from "../support/terraform_state.ts";

export interface Place {
  readonly region: string;
  readonly account: string;
  /** ARN of the permissions boundary of every role that is made. */
  readonly boundary: string;
  /** The value of the tag Project, which every resource has. */
  readonly project: string;
}

type Values = DeployedResource["values"];
type Calls = (values: Values, place: Place) => readonly AccessQuestion[];

const text = (values: Values, name: string): string => z.string().parse(values[name]);

const ask = (
  service: string,
  resource: string,
  actions: readonly string[],
  context: AccessQuestion["context"] = {},
): AccessQuestion[] => actions.map((action) => ({ action: `${service}:${action}`, resource, context }));

const TAGS = ["TagResource", "UntagResource", "ListTagsForResource"];

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-create-and-manage-api.html */
const on_gateway = (region: string, path: string, ...verbs: string[]): AccessQuestion[] =>
  ask("apigateway", `arn:aws:apigateway:${region}::${path}`, verbs);

/** A member of a collection below an API: made in the collection, and then known by its id. */
const part_of_api =
  (collection: string): Calls =>
  (values, { region }) => {
    const path = `/apis/${text(values, "api_id")}/${collection}`;
    return [
      ...on_gateway(region, path, "POST"),
      ...on_gateway(region, `${path}/${text(values, "id")}`, "GET", "PATCH", "DELETE"),
    ];
  };

const gateway_tags = (region: string, arn: string): AccessQuestion[] =>
  on_gateway(region, `/tags/${encodeURIComponent(arn)}`, "GET", "POST", "DELETE");

/** A setting of the bucket that is read by one action and written, and taken back, by another. */
const bucket_setting =
  (...actions: string[]): Calls =>
  (values) =>
    ask("s3", `arn:aws:s3:::${text(values, "bucket")}`, actions);

const function_arn = (values: Values, { region, account }: Place): string =>
  `arn:aws:lambda:${region}:${account}:function:${text(values, "function_name")}`;

const role_arn = (values: Values, { account }: Place): string =>
  `arn:aws:iam::${account}:role/${text(values, "role")}`;

const alarm: Calls = (values) =>
  ask("cloudwatch", text(values, "arn"), ["PutMetricAlarm", "DescribeAlarms", "DeleteAlarms", ...TAGS]);

export const CALLS: Readonly<Record<string, Calls>> = {
  aws_apigatewayv2_api: (values, { region }) => [
    ...on_gateway(region, "/apis", "POST"),
    ...on_gateway(region, `/apis/${text(values, "id")}`, "GET", "PATCH", "DELETE"),
    ...on_gateway(region, `/apis/${text(values, "id")}/cors`, "DELETE"),
    ...on_gateway(region, "/apis", "TagResource"),
    ...gateway_tags(region, text(values, "arn")),
  ],
  aws_apigatewayv2_authorizer: part_of_api("authorizers"),
  aws_apigatewayv2_integration: part_of_api("integrations"),
  aws_apigatewayv2_route: part_of_api("routes"),
  aws_apigatewayv2_stage: (values, { region }) => {
    const stages = `/apis/${text(values, "api_id")}/stages`;
    const stage = `${stages}/${text(values, "name")}`;
    return [
      ...on_gateway(region, stages, "POST", "TagResource"),
      ...on_gateway(region, stage, "GET", "PATCH", "DELETE"),
      ...on_gateway(region, `${stage}/routesettings/POST%20%2Flogin`, "DELETE"),
      ...on_gateway(region, `${stage}/accesslogsettings`, "DELETE"),
      ...gateway_tags(region, text(values, "arn")),
      // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
      ...ask("logs", "*", [
        ...["CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery"],
        ...["ListLogDeliveries", "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"],
      ]),
    ];
  },
  aws_apigatewayv2_domain_name: (values, { region }) => [
    ...on_gateway(region, "/domainnames", "POST", "TagResource"),
    ...on_gateway(region, `/domainnames/${text(values, "domain_name")}`, "GET", "PATCH", "DELETE"),
    ...gateway_tags(region, text(values, "arn")),
  ],
  aws_apigatewayv2_api_mapping: (values, { region }) => {
    const mappings = `/domainnames/${text(values, "domain_name")}/apimappings`;
    return [
      ...on_gateway(region, mappings, "POST"),
      ...on_gateway(region, `${mappings}/${text(values, "id")}`, "GET", "PATCH", "DELETE"),
    ];
  },

  aws_cloudwatch_dashboard: (values, { account }) =>
    ask("cloudwatch", `arn:aws:cloudwatch::${account}:dashboard/${text(values, "dashboard_name")}`, [
      ...["PutDashboard", "GetDashboard", "DeleteDashboards"],
      ...TAGS,
    ]),
  aws_cloudwatch_metric_alarm: alarm,
  aws_cloudwatch_log_group: (values) => [
    ...ask("logs", text(values, "arn"), [
      ...["CreateLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy", "DeleteLogGroup"],
      ...TAGS,
    ]),
    ...ask("logs", "*", ["DescribeLogGroups"]),
  ],
  aws_cloudwatch_log_metric_filter: (values, { region, account }) =>
    ask("logs", `arn:aws:logs:${region}:${account}:log-group:${text(values, "log_group_name")}`, [
      ...["PutMetricFilter", "DescribeMetricFilters", "DeleteMetricFilter"],
    ]),

  aws_cognito_user_pool: (values, { project }) => [
    ...ask("cognito-idp", "*", ["CreateUserPool"], { "aws:RequestTag/Project": project }),
    ...ask(
      "cognito-idp",
      text(values, "arn"),
      ["DescribeUserPool", "GetUserPoolMfaConfig", "SetUserPoolMfaConfig", "UpdateUserPool", ...TAGS],
      { "aws:ResourceTag/Project": project },
    ),
  ],
  aws_cognito_user_pool_client: (values, { region, account, project }) =>
    ask(
      "cognito-idp",
      `arn:aws:cognito-idp:${region}:${account}:userpool/${text(values, "user_pool_id")}`,
      ["CreateUserPoolClient", "DescribeUserPoolClient", "UpdateUserPoolClient", "DeleteUserPoolClient"],
      { "aws:ResourceTag/Project": project },
    ),

  aws_iam_role: (values, { boundary }) => [
    ...ask("iam", text(values, "arn"), ["CreateRole", "PutRolePermissionsBoundary"], {
      "iam:PermissionsBoundary": boundary,
    }),
    ...ask("iam", text(values, "arn"), [
      ...["GetRole", "ListRolePolicies", "ListAttachedRolePolicies", "ListInstanceProfilesForRole"],
      ...[
        "UpdateRole",
        "UpdateRoleDescription",
        "UpdateAssumeRolePolicy",
        "DeleteRole",
        "TagRole",
        "UntagRole",
      ],
    ]),
  ],
  aws_iam_role_policy: (values, place) => [
    ...ask("iam", role_arn(values, place), ["PutRolePolicy"], { "iam:PermissionsBoundary": place.boundary }),
    ...ask("iam", role_arn(values, place), ["GetRolePolicy", "DeleteRolePolicy"]),
  ],

  aws_lambda_function: (values) => [
    ...ask("lambda", text(values, "arn"), [
      ...["CreateFunction", "GetFunction", "GetFunctionConfiguration", "ListVersionsByFunction"],
      ...[
        "GetFunctionCodeSigningConfig",
        "UpdateFunctionCode",
        "UpdateFunctionConfiguration",
        "PublishVersion",
      ],
      ...["PutFunctionConcurrency", "DeleteFunctionConcurrency", "DeleteFunction"],
      ...["TagResource", "UntagResource", "ListTags"],
    ]),
    ...ask("iam", text(values, "role"), ["PassRole"], { "iam:PassedToService": "lambda.amazonaws.com" }),
    ...z
      .array(z.string())
      .parse(values.layers)
      .flatMap((layer) => ask("lambda", layer, ["GetLayerVersion"])),
  ],
  aws_lambda_alias: (values, place) =>
    ask("lambda", function_arn(values, place), ["CreateAlias", "GetAlias", "UpdateAlias", "DeleteAlias"]),
  aws_lambda_permission: (values, place) => [
    ...ask("lambda", `${function_arn(values, place)}:${text(values, "qualifier")}`, ["AddPermission"], {
      "lambda:Principal": text(values, "principal"),
    }),
    ...ask("lambda", `${function_arn(values, place)}:${text(values, "qualifier")}`, [
      ...["GetPolicy", "RemovePermission"],
    ]),
  ],
  aws_lambda_layer_version: (values) => [
    ...ask("lambda", text(values, "layer_arn"), ["PublishLayerVersion"]),
    ...ask("lambda", text(values, "arn"), ["GetLayerVersion", "DeleteLayerVersion"]),
  ],

  aws_s3_bucket: bucket_setting(
    ...[
      "CreateBucket",
      "ListBucket",
      "GetBucketLocation",
      "GetBucketAcl",
      "GetBucketCORS",
      "GetBucketWebsite",
    ],
    ...["GetBucketVersioning", "GetAccelerateConfiguration", "GetBucketRequestPayment", "GetBucketLogging"],
    ...["GetLifecycleConfiguration", "GetReplicationConfiguration", "GetEncryptionConfiguration"],
    ...[
      "GetBucketObjectLockConfiguration",
      "GetBucketPolicy",
      "GetBucketTagging",
      "PutBucketTagging",
      ...TAGS,
    ],
  ),
  aws_s3_bucket_cors_configuration: bucket_setting("GetBucketCORS", "PutBucketCORS"),
  aws_s3_bucket_lifecycle_configuration: bucket_setting(
    "GetLifecycleConfiguration",
    "PutLifecycleConfiguration",
  ),
  aws_s3_bucket_ownership_controls: bucket_setting(
    "GetBucketOwnershipControls",
    "PutBucketOwnershipControls",
  ),
  aws_s3_bucket_policy: bucket_setting("GetBucketPolicy", "PutBucketPolicy"),
  aws_s3_bucket_public_access_block: bucket_setting(
    "GetBucketPublicAccessBlock",
    "PutBucketPublicAccessBlock",
  ),
  aws_s3_bucket_server_side_encryption_configuration: bucket_setting(
    "GetEncryptionConfiguration",
    "PutEncryptionConfiguration",
  ),
  aws_s3_bucket_versioning: bucket_setting("GetBucketVersioning", "PutBucketVersioning"),

  aws_sns_topic: (values) =>
    ask("sns", text(values, "arn"), [
      ...["CreateTopic", "GetTopicAttributes", "SetTopicAttributes", "DeleteTopic"],
      ...TAGS,
    ]),
  aws_sns_topic_subscription: (values) =>
    ask("sns", text(values, "topic_arn"), [
      ...["Subscribe", "GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe"],
      ...["ListSubscriptionsByTopic"],
    ]),

  /** Terraform's own: it asks nobody. */
  terraform_data: () => [],
};
