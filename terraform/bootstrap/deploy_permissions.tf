# What terraform apply of terraform/ may do, kept to this deployment by the names of its resources, by its tag, or by the
# boundary. Reading is granted by whole families: what the provider reads changes with its versions, and these are the
# deployment's own settings.
#
# Not granted, on purpose: deleting the photos' bucket or the user pool, reading or deleting a photo, making or reading a
# user, calling a function, any role outside NAME-*, and this pipeline itself. A plan that needs one of these fails, and a
# person has to look at it.

locals {
  arn = {
    api        = "arn:${local.partition}:apigateway:${var.region}::"
    lambda     = "arn:${local.partition}:lambda:${local.here}"
    log_group  = "arn:${local.partition}:logs:${local.here}:log-group"
    cloudwatch = "arn:${local.partition}:cloudwatch"
    topic      = "arn:${local.partition}:sns:${local.here}:${var.name}-alarms"
    role       = "arn:${local.partition}:iam::${local.account}:role"
    user_pools = "arn:${local.partition}:cognito-idp:${local.here}:userpool/*"
  }

  # Each of them with its streams, which some actions name.
  log_groups = flatten([
    for group in ["/aws/lambda/${var.name}-*", "/aws/vendedlogs/apigateway/${var.name}"] :
    ["${local.arn.log_group}:${group}", "${local.arn.log_group}:${group}:*"]
  ])

  deploy_statements = {
    # https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required
    state = [
      {
        # The names of states and not their contents. Without it a state that is not there yet is a 403 and no 404.
        Sid      = "FindTheState"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = local.state_bucket_arn
      },
      {
        Sid      = "ReadAndWriteTheState"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${local.state_bucket_arn}/${var.state_key}"
      },
      {
        Sid      = "LockTheState"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        Resource = "${local.state_bucket_arn}/${var.state_key}.tflock"
      },
    ]

    functions = [
      {
        Sid    = "Functions"
        Effect = "Allow"
        Action = [
          "lambda:Get*", "lambda:List*", "lambda:TagResource", "lambda:UntagResource",
          "lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:DeleteFunction",
          "lambda:PublishVersion", "lambda:CreateAlias", "lambda:UpdateAlias", "lambda:DeleteAlias",
          "lambda:PutFunctionConcurrency", "lambda:DeleteFunctionConcurrency", "lambda:RemovePermission",
        ]
        Resource = "${local.arn.lambda}:function:${var.name}-*"
      },
      {
        Sid       = "CalledByTheGatewayAlone"
        Effect    = "Allow"
        Action    = ["lambda:AddPermission"]
        Resource  = "${local.arn.lambda}:function:${var.name}-*"
        Condition = { StringEquals = { "lambda:Principal" = "apigateway.amazonaws.com" } }
      },
      {
        Sid      = "Layers"
        Effect   = "Allow"
        Action   = ["lambda:PublishLayerVersion", "lambda:GetLayerVersion", "lambda:DeleteLayerVersion"]
        Resource = ["${local.arn.lambda}:layer:${var.name}-*", "${local.arn.lambda}:layer:${var.name}-*:*"]
      },
    ]

    roles = [
      {
        Sid    = "RolesWithinTheBoundary"
        Effect = "Allow"
        Action = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
        # A name that begins like this, and no path before it.
        Resource  = "${local.arn.role}/${var.name}-*"
        Condition = { StringEquals = { "iam:PermissionsBoundary" = aws_iam_policy.functions_boundary.arn } }
      },
      {
        Sid    = "Roles"
        Effect = "Allow"
        Action = [
          "iam:GetRole", "iam:GetRolePolicy", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRoleTags",
          "iam:UpdateRole", "iam:UpdateRoleDescription", "iam:UpdateAssumeRolePolicy", "iam:DeleteRolePolicy", "iam:DeleteRole",
          "iam:TagRole", "iam:UntagRole",
        ]
        Resource = "${local.arn.role}/${var.name}-*"
      },
      {
        Sid       = "RolesForFunctionsAlone"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = "${local.arn.role}/${var.name}-*"
        Condition = { StringEquals = { "iam:PassedToService" = "lambda.amazonaws.com" } }
      },
      {
        # The first API with a domain, and the first pool that sends by SES, make these roles of AWS itself.
        Sid    = "RolesOfTheServices"
        Effect = "Allow"
        Action = ["iam:CreateServiceLinkedRole"]
        Resource = [
          "${local.arn.role}/aws-service-role/ops.apigateway.amazonaws.com/*",
          "${local.arn.role}/aws-service-role/email.cognito-idp.amazonaws.com/*",
        ]
        Condition = { StringEquals = { "iam:AWSServiceName" = ["ops.apigateway.amazonaws.com", "email.cognito-idp.amazonaws.com"] } }
      },
    ]

    api = concat(
      [
        {
          # An API's ARN has a random id in place of a name, and its routes have no tags: there is nothing finer. Other HTTP
          # APIs of this account and region are within reach.
          # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
          Sid      = "HttpApis"
          Effect   = "Allow"
          Action   = ["apigateway:GET", "apigateway:POST", "apigateway:PUT", "apigateway:PATCH", "apigateway:DELETE"]
          Resource = ["${local.arn.api}/apis", "${local.arn.api}/apis/*", "${local.arn.api}/tags/*"]
        },
        {
          # No page of AWS names these two, but a stage with tags is refused without the first:
          # https://github.com/hashicorp/terraform-provider-aws/issues/20634
          Sid      = "Tags"
          Effect   = "Allow"
          Action   = ["apigateway:TagResource", "apigateway:UntagResource"]
          Resource = ["${local.arn.api}/apis", "${local.arn.api}/apis/*"]
        },
      ],
      [
        for domain in compact([var.domain]) : {
          Sid      = "OwnDomain"
          Effect   = "Allow"
          Action   = ["apigateway:GET", "apigateway:POST", "apigateway:PUT", "apigateway:PATCH", "apigateway:DELETE", "apigateway:TagResource", "apigateway:UntagResource"]
          Resource = ["${local.arn.api}/domainnames", "${local.arn.api}/domainnames/${domain}", "${local.arn.api}/domainnames/${domain}/*"]
        }
      ],
    )

    users = [
      {
        # A pool that is not there has no ARN; it is born with the tag.
        Sid       = "NewUserPool"
        Effect    = "Allow"
        Action    = ["cognito-idp:CreateUserPool"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:RequestTag/Project" = var.name } }
      },
      {
        Sid    = "OwnUserPool"
        Effect = "Allow"
        Action = [
          "cognito-idp:DescribeUserPool", "cognito-idp:GetUserPoolMfaConfig", "cognito-idp:ListTagsForResource",
          "cognito-idp:UpdateUserPool", "cognito-idp:SetUserPoolMfaConfig", "cognito-idp:TagResource", "cognito-idp:UntagResource",
          "cognito-idp:CreateUserPoolClient", "cognito-idp:DescribeUserPoolClient", "cognito-idp:UpdateUserPoolClient", "cognito-idp:DeleteUserPoolClient",
        ]
        Resource  = local.arn.user_pools
        Condition = { StringEquals = { "aws:ResourceTag/Project" = var.name } }
      },
    ]

    # The bucket and its settings, and no object in it.
    photos = [
      {
        Sid    = "PhotosBucket"
        Effect = "Allow"
        Action = [
          "s3:CreateBucket", "s3:ListBucket", "s3:GetBucket*", "s3:GetAccelerateConfiguration", "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListTagsForResource", "s3:TagResource", "s3:UntagResource",
          "s3:PutBucketTagging", "s3:PutBucketPublicAccessBlock", "s3:PutBucketOwnershipControls", "s3:PutEncryptionConfiguration",
          "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "s3:PutBucketCORS", "s3:PutBucketPolicy",
        ]
        Resource = local.photos_bucket_arn
      },
    ]

    logs_and_alarms = [
      {
        Sid    = "LogGroups"
        Effect = "Allow"
        Action = [
          "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy",
          "logs:ListTagsForResource", "logs:TagResource", "logs:UntagResource",
          "logs:PutMetricFilter", "logs:DeleteMetricFilter", "logs:DescribeMetricFilters",
        ]
        Resource = local.log_groups
      },
      {
        # The access log of an API is a delivery, and AWS has no resources for those:
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
        Sid    = "AccessLog"
        Effect = "Allow"
        Action = [
          "logs:DescribeLogGroups", "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
          "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies",
        ]
        Resource = "*"
      },
      {
        Sid      = "Alarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:ListTagsForResource", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
        Resource = "${local.arn.cloudwatch}:${local.here}:alarm:${var.name}-*"
      },
      {
        # Alarms are looked up among all of them.
        Sid      = "LookUpAlarms"
        Effect   = "Allow"
        Action   = ["cloudwatch:DescribeAlarms"]
        Resource = "${local.arn.cloudwatch}:${local.here}:alarm:*"
      },
      {
        Sid      = "Dashboard"
        Effect   = "Allow"
        Action   = ["cloudwatch:GetDashboard", "cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards", "cloudwatch:ListTagsForResource", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
        Resource = "${local.arn.cloudwatch}::${local.account}:dashboard/${var.name}"
      },
      {
        Sid    = "AlarmTopic"
        Effect = "Allow"
        Action = [
          "sns:CreateTopic", "sns:DeleteTopic", "sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:ListTagsForResource", "sns:TagResource", "sns:UntagResource",
          "sns:Subscribe", "sns:Unsubscribe", "sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:ListSubscriptionsByTopic",
        ]
        # A subscription's ARN is its topic's with an id behind.
        Resource = [local.arn.topic, "${local.arn.topic}:*"]
      },
    ]
  }
}
