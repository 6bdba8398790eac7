# What is deployed with the defaults, and with every setting changed. Nothing is asked of AWS: the provider is mocked, with
# ARNs where it looks for one.

mock_provider "aws" {
  # A plan then knows what AWS would decide, and nothing has to be made: what may not be destroyed could not be cleaned up.
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/mock" }
  }
  mock_resource "aws_lambda_layer_version" {
    defaults = { arn = "arn:aws:lambda:eu-central-1:123456789012:layer:mock:1" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { version = "1", invoke_arn = "the newest code" }
  }
  mock_resource "aws_lambda_alias" {
    defaults = { invoke_arn = "the alias" }
  }
  mock_resource "aws_apigatewayv2_authorizer" {
    defaults = { id = "mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mock" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::yourplace" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = { execution_arn = "arn:aws:execute-api:eu-central-1:123456789012:mock" }
  }
  mock_resource "aws_apigatewayv2_stage" {
    defaults = { id = "mock", invoke_url = "https://mock.execute-api.eu-central-1.amazonaws.com/test" }
  }
  mock_resource "aws_cognito_user_pool" {
    defaults = { id = "eu-central-1_Mock00001" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mock" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
}

override_resource {
  target          = aws_sqs_queue.queue["admissions"]
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:mock-admissions", url = "mock-admissions" }
}

override_resource {
  target          = aws_sqs_queue.queue["extractions"]
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:mock-extractions", url = "mock-extractions" }
}

override_resource {
  target          = aws_sqs_queue.queue["exports"]
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:mock-exports", url = "mock-exports" }
}

override_resource {
  target          = aws_sqs_queue.dead_letters["admissions"]
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:mock-admissions-dead", url = "mock-admissions-dead" }
}

override_resource {
  target          = aws_sqs_queue.dead_letters["extractions"]
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:mock-extractions-dead", url = "mock-extractions-dead" }
}

override_resource {
  target          = aws_sqs_queue.dead_letters["exports"]
  override_during = plan
  values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:mock-exports-dead", url = "mock-exports-dead" }
}

override_resource {
  target          = aws_lambda_alias.live["admit"]
  override_during = plan
  values          = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:mock-admit:live", invoke_arn = "the alias" }
}

override_resource {
  target          = aws_lambda_alias.live["extract"]
  override_during = plan
  values          = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:mock-extract:live", invoke_arn = "the alias" }
}

override_resource {
  target          = aws_lambda_alias.live["export"]
  override_during = plan
  values          = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:mock-export:live", invoke_arn = "the alias" }
}

variables {
  # Any file that is there: nothing is uploaded, so no build is needed.
  packages = "functions.auto.tfvars.json"

  # The defaults once more, so that a terraform.tfvars beside the configuration does not change what is asserted.
  name                     = "photo-uploader"
  region                   = "eu-central-1"
  photos_bucket            = "yourplace"
  old_version_days         = 30
  photo_max_bytes          = 200000000
  quarantine_days          = 7
  job_days                 = 30
  stage_name               = "test"
  token_header             = "JWT"
  authorizer_ttl_s         = 60
  cors_origins             = ["*"]
  default_throttle         = { rate_per_s = 50, burst = 100 }
  throttles                = { login = { rate_per_s = 5, burst = 10 }, unzip = { rate_per_s = 10, burst = 20 } }
  domain                   = null
  self_sign_up             = true
  access_token_minutes     = 60
  refresh_token_days       = 30
  user_pool_tier           = "LITE"
  email                    = null
  deletion_protection      = true
  reserve_concurrency      = true
  queue_concurrency        = {}
  permissions_boundary_arn = null
  log_retention_days       = 30
  alarm_email              = null
  alarm_topic_arn          = null
}

run "with_the_defaults" {
  command = plan

  assert {
    condition     = toset(keys(aws_apigatewayv2_route.function)) == toset([for name, f in var.functions : name if name != "authorizer" && f.queue == null])
    error_message = "Every function of the table has a route, but the authorizer and those of the queues."
  }
  assert {
    condition     = alltrue([for name, route in aws_apigatewayv2_route.function : route.route_key == (name == "openapi" ? "GET /openapi.json" : "POST /${name}")])
    error_message = "A route is named as its function."
  }
  assert {
    condition = alltrue([
      for name, route in aws_apigatewayv2_route.function :
      contains(["login", "refresh", "logout", "openapi"], name) ? route.authorization_type == "NONE" : route.authorization_type == "CUSTOM" && route.authorizer_id == aws_apigatewayv2_authorizer.token.id
    ])
    error_message = "Every route but those of login, refresh, logout and openapi asks the authorizer."
  }
  assert {
    condition = alltrue([
      for name, integration in aws_apigatewayv2_integration.function :
      integration.integration_uri == aws_lambda_alias.live[name].invoke_arn && integration.payload_format_version == "2.0"
    ]) && aws_apigatewayv2_authorizer.token.authorizer_uri == aws_lambda_alias.live["authorizer"].invoke_arn
    error_message = "The gateway calls the alias of each function, so that a deployment can be rolled back."
  }
  assert {
    condition     = alltrue([for permission in concat(values(aws_lambda_permission.route), [aws_lambda_permission.authorizer]) : permission.qualifier == "live" && !endswith(permission.source_arn, "*")])
    error_message = "A permission is for the alias, and for one route or the authorizer alone."
  }
  assert {
    condition     = one(aws_apigatewayv2_authorizer.token.identity_sources) == "$request.header.JWT" && aws_apigatewayv2_authorizer.token.authorizer_result_ttl_in_seconds <= 60 && aws_apigatewayv2_authorizer.token.enable_simple_responses
    error_message = "The authorizer reads the header JWT, answers simply, and is asked again after a minute."
  }
  assert {
    condition     = toset([for settings in aws_apigatewayv2_stage.api.route_settings : settings.route_key]) == toset([for route in aws_apigatewayv2_route.function : route.route_key])
    error_message = "Every route is throttled."
  }
  assert {
    condition     = one([for settings in aws_apigatewayv2_stage.api.route_settings : settings if settings.route_key == "POST /login"]).throttling_rate_limit <= 10
    error_message = "Passwords are guessed no faster than ten times a second."
  }
  assert {
    condition     = !can(regex("(?i)header|token|query|body|claims|userAgent|path", replace(aws_apigatewayv2_stage.api.access_log_settings[0].format, "$context.error.", "")))
    error_message = "The access log holds no token."
  }
  assert {
    condition = alltrue([
      for field in ["requestId", "routeKey", "status", "responseLatency", "integrationErrorMessage"] :
      strcontains(aws_apigatewayv2_stage.api.access_log_settings[0].format, "\"$context.${field}\"")
    ])
    error_message = "The access log tells request, route, status, latency and the integration's error."
  }

  assert {
    condition = alltrue([
      for name, function in aws_lambda_function.function :
      function.runtime == "nodejs24.x" && one(function.architectures) == "arm64" && function.publish && function.tracing_config[0].mode == "Active"
    ])
    error_message = "Every function runs on Node 24 on arm64, is published as a version, and is traced."
  }
  assert {
    condition = alltrue([
      for name, function in aws_lambda_function.function :
      function.memory_size == var.functions[name].memory_mb && function.timeout == var.functions[name].timeout_s
    ])
    error_message = "Memory and time-out are those of the table."
  }
  assert {
    condition = alltrue([
      for name, function in aws_lambda_function.function :
      function.logging_config[0].log_group == aws_cloudwatch_log_group.function[name].name && function.logging_config[0].log_format == "JSON"
    ])
    error_message = "Every function writes JSON to a log group of its own."
  }
  assert {
    condition     = alltrue([for group in concat(values(aws_cloudwatch_log_group.function), [aws_cloudwatch_log_group.access]) : coalesce(group.retention_in_days, 0) > 0])
    error_message = "Every log group forgets."
  }
  assert {
    condition     = aws_lambda_function.function["login"].reserved_concurrent_executions > 0 && aws_lambda_function.function["unzip"].reserved_concurrent_executions > 0 && aws_lambda_function.function["authorizer"].reserved_concurrent_executions > 0
    error_message = "A flood of sign-ins or archives takes no more than its share, and leaves the authorizer its own."
  }

  assert {
    condition     = length(distinct([for role in aws_iam_role.function : role.name])) == length(var.functions)
    error_message = "Every function has a role of its own."
  }
  assert {
    condition = alltrue(flatten([
      for name, policy in aws_iam_role_policy.function : [
        for statement in jsondecode(policy.policy).Statement : [
          for action in statement.Action : !strcontains(action, "*")
        ]
      ]
    ]))
    error_message = "No policy has a wildcard for an action."
  }
  assert {
    condition = alltrue(flatten([
      for name, policy in aws_iam_role_policy.function : [
        for statement in jsondecode(policy.policy).Statement :
        statement.Effect == "Deny" || statement.Resource != "*" || statement.Sid == "Traces"
      ]
    ]))
    error_message = "No policy has a wildcard for a resource, but for the two actions of X-Ray that know none."
  }
  assert {
    condition = alltrue(flatten([
      for name, policy in aws_iam_role_policy.function : [
        for statement in jsondecode(policy.policy).Statement :
        statement.Effect == "Deny" || !contains(statement.Action, "s3:ListBucket") || (
          contains(["list", "export"], name) && try(statement.Condition.StringLike["s3:prefix"], "") == "?*/" && can(statement.Condition.StringNotLike["s3:prefix"])
          || name == "job" && try(statement.Condition.StringLike["s3:prefix"], "") == ".jobs/?*/??????????????????????????/done/"
          || contains(["job", "export"], name) && try(statement.Condition.StringLike["s3:prefix"], "") == ".exports/?*/??????????????????????????/segments/"
        )
      ]
    ]))
    error_message = "Only list lists the photos of one user, and only job what one job has done."
  }
  assert {
    condition = alltrue(flatten([
      for name, policy in aws_iam_role_policy.function : [
        for statement in jsondecode(policy.policy).Statement :
        statement.Effect == "Deny" || !contains(statement.Action, "s3:ListBucketVersions") || (
          name == "list" && try(statement.Condition.StringLike["s3:prefix"], "") == "?*/" && can(statement.Condition.StringNotLike["s3:prefix"])
          || name == "restore" && try(statement.Condition.StringLike["s3:prefix"], "") == "?*/????????T?????????Z_*" && can(statement.Condition.StringNotLike["s3:prefix"])
        )
      ]
    ]))
    error_message = "Only list lists the versions of one user's photos, and only restore those of one photo."
  }
  assert {
    condition     = !strcontains(join("", [for policy in aws_iam_role_policy.function : policy.policy]), "s3:DeleteObjectVersion")
    error_message = "No function can destroy a version."
  }
  assert {
    condition = alltrue(flatten([
      for name, policy in aws_iam_role_policy.function : [
        for statement in jsondecode(policy.policy).Statement :
        statement.Effect == "Deny" || !anytrue([for action in statement.Action : startswith(action, "s3:")]) || contains(statement.Action, "s3:ListBucket") || contains(statement.Action, "s3:ListBucketVersions") || contains([
          "arn:aws:s3:::yourplace/*/????????T?????????Z_*",
          "arn:aws:s3:::yourplace/.checksums/*/????????????????????????????????????????????????????????????????",
          "arn:aws:s3:::yourplace/.quarantine/*/??????????????????????????",
          "arn:aws:s3:::yourplace/.outcomes/*/??????????????????????????",
          "arn:aws:s3:::yourplace/.tasks/*/??????????????????????????/*",
          "arn:aws:s3:::yourplace/.jobs/*/??????????????????????????/*",
          "arn:aws:s3:::yourplace/.export_tasks/*/??????????????????????????/*",
          "arn:aws:s3:::yourplace/.exports/*/??????????????????????????/*",
        ], statement.Resource)
      ]
    ]))
    error_message = "What a function may do to objects it may do to photos and to what is kept of uploads alone."
  }
  assert {
    condition = alltrue(flatten([
      for name, f in var.functions : [
        for action in lookup(f.permissions, "photos", []) : anytrue([
          for statement in jsondecode(aws_iam_role_policy.function[name].policy).Statement :
          statement.Effect == "Deny" && contains(statement.Action, action) && try(statement.Resource == "arn:aws:s3:::yourplace/.*/????????T?????????Z_*", false)
        ])
      ]
    ]))
    error_message = "No function takes for a photo what begins with a dot."
  }
  assert {
    condition = alltrue([
      for name, f in var.functions : contains(lookup(f.permissions, "photos", []), "s3:PutObject") ? anytrue([
        for statement in jsondecode(aws_iam_role_policy.function[name].policy).Statement :
        statement.Effect == "Deny" && contains(statement.Action, "s3:PutObject") && try(statement.Condition.Null["s3:if-none-match"], "") == "true" && contains(flatten([statement.Resource]), "arn:aws:s3:::yourplace/*/????????T?????????Z_*")
      ]) : true
    ])
    error_message = "Who writes photos cannot overwrite one."
  }
  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.function["extract"].policy).Statement : statement.Resource if statement.Sid == "NothingIsOverwritten"
      ])) == toset([
      "arn:aws:s3:::yourplace/*/????????T?????????Z_*",
      "arn:aws:s3:::yourplace/.tasks/*/??????????????????????????/*",
      "arn:aws:s3:::yourplace/.jobs/*/??????????????????????????/plan",
      "arn:aws:s3:::yourplace/.jobs/*/??????????????????????????/outcomes/*",
      "arn:aws:s3:::yourplace/.jobs/*/??????????????????????????/done/*",
    ])
    error_message = "A worker overwrites nothing but its trials."
  }
  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.function["export"].policy).Statement : statement.Resource if statement.Sid == "NothingIsOverwritten"
      ])) == toset([
      "arn:aws:s3:::yourplace/.export_tasks/*/??????????????????????????/*",
      "arn:aws:s3:::yourplace/.exports/*/??????????????????????????/*",
    ])
    error_message = "A worker of exports overwrites nothing."
  }
  assert {
    condition = {
      for name, policy in aws_iam_role_policy.function : name => [for statement in jsondecode(policy.policy).Statement : statement.Resource if anytrue([for action in statement.Action : startswith(action, "sqs:")])] if strcontains(policy.policy, "sqs:")
      } == {
      for name, f in var.functions : name => ["arn:aws:sqs:eu-central-1:123456789012:mock-${f.queue}"] if f.queue != null
    }
    error_message = "Only a function with a queue takes messages, and those of its own."
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.photos.bucket == aws_s3_bucket.photos.id && aws_s3_bucket_public_access_block.photos.block_public_acls && aws_s3_bucket_public_access_block.photos.block_public_policy && aws_s3_bucket_public_access_block.photos.ignore_public_acls && aws_s3_bucket_public_access_block.photos.restrict_public_buckets
    error_message = "The bucket of the photos is closed to the public in all four ways."
  }
  assert {
    condition     = aws_s3_bucket_ownership_controls.photos.rule[0].object_ownership == "BucketOwnerEnforced" && aws_s3_bucket_versioning.photos.versioning_configuration[0].status == "Enabled" && one(one(aws_s3_bucket_server_side_encryption_configuration.photos.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "The bucket has no ACLs, keeps versions and encrypts."
  }
  assert {
    condition     = !coalesce(aws_s3_bucket.photos.force_destroy, false)
    error_message = "A bucket with photos in it is never deleted."
  }
  assert {
    condition = anytrue([
      for statement in jsondecode(aws_s3_bucket_policy.photos.policy).Statement :
      statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "s3:*" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
    ])
    error_message = "Nobody reaches the bucket without TLS."
  }
  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.photos.rule : rule.filter[0].prefix => [rule.expiration[0].days, rule.noncurrent_version_expiration[0].noncurrent_days] if rule.status == "Enabled" && !contains(["unfinished_uploads", "old_versions"], rule.id)
    } == { ".quarantine/" = [7, 1], ".outcomes/" = [30, 1], ".tasks/" = [30, 1], ".jobs/" = [30, 1], ".export_tasks/" = [2, 1], ".exports/" = [2, 1] }
    error_message = "What is kept of uploads below dots goes in the end, with its versions, and no photo does."
  }
  assert {
    condition     = anytrue([for rule in aws_s3_bucket_lifecycle_configuration.photos.rule : rule.status == "Enabled" && can(rule.abort_incomplete_multipart_upload[0].days_after_initiation)]) && anytrue([for rule in aws_s3_bucket_lifecycle_configuration.photos.rule : rule.status == "Enabled" && can(rule.noncurrent_version_expiration[0].noncurrent_days)])
    error_message = "Unfinished uploads and old versions go in the end."
  }

  # ---- Queues ----

  assert {
    condition = { for queue in aws_s3_bucket_notification.photos.queue : queue.id => [queue.queue_arn, queue.filter_prefix, one(queue.events)] } == {
      admissions  = ["arn:aws:sqs:eu-central-1:123456789012:mock-admissions", ".quarantine/", "s3:ObjectCreated:*"]
      extractions = ["arn:aws:sqs:eu-central-1:123456789012:mock-extractions", ".tasks/", "s3:ObjectCreated:*"]
      exports     = ["arn:aws:sqs:eu-central-1:123456789012:mock-exports", ".export_tasks/", "s3:ObjectCreated:*"]
    }
    error_message = "S3 tells admissions of uploads, and extractions and exports of their tasks."
  }
  assert {
    condition = { for name, mapping in aws_lambda_event_source_mapping.queue : name => [mapping.event_source_arn, mapping.function_name, one(mapping.function_response_types)] } == {
      for name, f in var.functions : f.queue => ["arn:aws:sqs:eu-central-1:123456789012:mock-${f.queue}", "arn:aws:lambda:eu-central-1:123456789012:function:mock-${name}:live", "ReportBatchItemFailures"] if f.queue != null
    }
    error_message = "The messages of a queue invoke its function, by its alias, and fail one by one."
  }
  assert {
    condition     = { for name, mapping in aws_lambda_event_source_mapping.queue : name => [mapping.batch_size, mapping.scaling_config[0].maximum_concurrency] } == { admissions = [1, 10], extractions = [1, 20], exports = [1, 10] }
    error_message = "A queue takes no more than its share of the sandboxes."
  }
  assert {
    condition     = alltrue([for name, f in var.functions : aws_sqs_queue.queue[f.queue].visibility_timeout_seconds == (f.queue == "admissions" ? 6 : 2) * f.timeout_s if f.queue != null])
    error_message = "A message does not come again while Lambda is still at it."
  }
  assert {
    condition = alltrue([
      for name, policy in aws_sqs_queue_redrive_policy.queue :
      policy.queue_url == "mock-${name}" && jsondecode(policy.redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:123456789012:mock-${name}-dead", maxReceiveCount = 5 }
    ]) && length(aws_sqs_queue_redrive_policy.queue) == 3
    error_message = "What fails five times becomes a dead letter."
  }
  assert {
    condition = alltrue([
      for name, queue in aws_sqs_queue.dead_letters :
      jsondecode(queue.redrive_allow_policy) == { redrivePermission = "byQueue", sourceQueueArns = ["arn:aws:sqs:eu-central-1:123456789012:mock-${name}"] } && queue.message_retention_seconds > aws_sqs_queue.queue[name].message_retention_seconds
    ])
    error_message = "Dead letters are those of one queue, and are kept for longer than its messages."
  }
  assert {
    condition     = alltrue([for queue in concat(values(aws_sqs_queue.queue), values(aws_sqs_queue.dead_letters)) : queue.sqs_managed_sse_enabled])
    error_message = "Messages are encrypted."
  }
  assert {
    condition = alltrue([
      for name, queue_policy in aws_sqs_queue_policy.queue : [
        for statement in jsondecode(queue_policy.policy).Statement : {
          principal = statement.Principal
          actions   = statement.Action
          resource  = statement.Resource
          condition = statement.Condition
        } if statement.Effect == "Allow"
        ] == [{
          principal = { Service = "s3.amazonaws.com" }
          actions   = "sqs:SendMessage"
          resource  = "arn:aws:sqs:eu-central-1:123456789012:mock-${name}"
          condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:s3:::yourplace" }, StringEquals = { "aws:SourceAccount" = "123456789012" } }
      }]
    ])
    error_message = "Only S3 sends messages, on behalf of this bucket of this account."
  }
  assert {
    condition = alltrue([
      for queue_policy in concat(values(aws_sqs_queue_policy.queue), values(aws_sqs_queue_policy.dead_letters)) : anytrue([
        for statement in jsondecode(queue_policy.policy).Statement :
        statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "sqs:*" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
      ])
    ]) && length(aws_sqs_queue_policy.queue) == 3 && length(aws_sqs_queue_policy.dead_letters) == 3
    error_message = "Nobody reaches a queue without TLS."
  }
  assert {
    condition     = { for name, alarm in aws_cloudwatch_metric_alarm.dead_letters : name => [alarm.dimensions.QueueName, alarm.metric_name, tostring(alarm.threshold)] } == { for name, queue in aws_sqs_queue.dead_letters : name => [queue.name, "ApproximateNumberOfMessagesVisible", "1"] }
    error_message = "One dead letter is an alarm."
  }
  assert {
    condition     = { for name, alarm in aws_cloudwatch_metric_alarm.age : name => [alarm.dimensions.QueueName, alarm.metric_name] } == { for name, queue in aws_sqs_queue.queue : name => [queue.name, "ApproximateAgeOfOldestMessage"] }
    error_message = "Messages that wait for long are an alarm."
  }
  assert {
    condition     = aws_lambda_function.function["request_upload"].environment[0].variables["PHOTO_MAX_BYTES"] == "200000000"
    error_message = "A photo may have 200 MB."
  }
  assert {
    condition     = alltrue([for name in ["upload_single_photo", "check", "unzip", "complete_upload", "admit", "extract"] : aws_lambda_function.function[name].environment[0].variables["DETECT_DUPLICATES"] == "true"])
    error_message = "Duplicates are looked for."
  }

  assert {
    condition     = aws_cognito_user_pool.users.deletion_protection == "ACTIVE" && one(aws_cognito_user_pool.users.username_attributes) == "email"
    error_message = "The user pool signs in by e-mail, and refuses to be deleted."
  }
  assert {
    condition     = aws_cognito_user_pool_client.app.prevent_user_existence_errors == "ENABLED" && aws_cognito_user_pool_client.app.enable_token_revocation && toset(aws_cognito_user_pool_client.app.explicit_auth_flows) == toset(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    error_message = "The app client tells nothing of who exists, revokes tokens, and has no flow that is not used."
  }

  assert {
    condition     = length(aws_sns_topic.alarms) == 0 && alltrue([for alarm in aws_cloudwatch_metric_alarm.function : length(alarm.alarm_actions) == 0])
    error_message = "Without an address there is no topic."
  }
  assert {
    condition     = toset([for alarm in aws_cloudwatch_metric_alarm.function : alarm.dimensions.FunctionName if alarm.metric_name == "Errors"]) == toset([for function in aws_lambda_function.function : function.function_name])
    error_message = "Every function has an alarm on its errors."
  }
  assert {
    condition     = output.api_url == "https://mock.execute-api.eu-central-1.amazonaws.com/test" && output.user_pool_id == "eu-central-1_Mock00001" && output.photos_bucket == "yourplace"
    error_message = "An app is configured with the outputs."
  }
  assert {
    condition     = length(aws_apigatewayv2_domain_name.own) == 0 && output.region == "eu-central-1" && output.functions["list"] == { function_name = "photo-uploader-list", alias = "live", version = "1" }
    error_message = "The outputs name region, functions and alias, and there is no domain unless asked for."
  }
}

run "with_everything_set" {
  command = plan

  variables {
    name                     = "photos-eu"
    region                   = "eu-west-1"
    photos_bucket            = "photos-of-example"
    stage_name               = "$default"
    token_header             = "Authorization"
    cors_origins             = ["https://app.example.com"]
    authorizer_ttl_s         = 0
    domain                   = { name = "api.example.com", certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/mock" }
    alarm_email              = "ops@example.com"
    alarm_topic_arn          = "arn:aws:sns:eu-west-1:123456789012:pager"
    email                    = { ses_identity_arn = "arn:aws:ses:eu-west-1:123456789012:identity/example.com", from = "photos@example.com" }
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/boundary"
    reserve_concurrency      = false
    self_sign_up             = false
    deletion_protection      = false
    log_retention_days       = 365
    throttles                = {}
    photo_max_bytes          = 5368709120
    detect_duplicates        = false
    quarantine_days          = 2
    job_days                 = 3
    export_days              = 5
    queue_concurrency        = { extractions = 100 }
  }

  assert {
    condition     = aws_lambda_permission.route["list"].source_arn == "${aws_apigatewayv2_api.http.execution_arn}/$default/POST/list"
    error_message = "A permission names the stage that there is."
  }
  assert {
    condition     = one(aws_apigatewayv2_authorizer.token.identity_sources) == "$request.header.Authorization" && contains(aws_apigatewayv2_api.http.cors_configuration[0].allow_headers, "authorization") && one(aws_apigatewayv2_api.http.cors_configuration[0].allow_origins) == "https://app.example.com"
    error_message = "The token's header is the authorizer's source, and pages of the origin may send it."
  }
  assert {
    condition     = output.api_url == "https://api.example.com" && aws_apigatewayv2_api_mapping.own[0].stage == aws_apigatewayv2_stage.api.id
    error_message = "The domain stands for the stage."
  }
  assert {
    condition     = aws_sns_topic_subscription.alarms[0].endpoint == "ops@example.com" && length(aws_cloudwatch_metric_alarm.api_5xx.alarm_actions) == 2
    error_message = "The alarms go to the address and to the topic."
  }
  assert {
    condition     = alltrue([for role in aws_iam_role.function : role.permissions_boundary == "arn:aws:iam::123456789012:policy/boundary"])
    error_message = "The boundary is on every role."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.function : function.reserved_concurrent_executions == -1 && startswith(function.function_name, "photos-eu-")])
    error_message = "Nothing is reserved where that is not wanted, and every function is named after the deployment."
  }
  assert {
    condition     = aws_cognito_user_pool.users.admin_create_user_config[0].allow_admin_create_user_only && aws_cognito_user_pool.users.deletion_protection == "INACTIVE" && aws_cognito_user_pool.users.email_configuration[0].email_sending_account == "DEVELOPER"
    error_message = "The pool follows its settings."
  }
  assert {
    condition     = { for name, mapping in aws_lambda_event_source_mapping.queue : name => mapping.scaling_config[0].maximum_concurrency } == { admissions = 10, extractions = 100, exports = 10 }
    error_message = "The share of a queue is set by itself."
  }
  assert {
    condition     = alltrue([for queue in concat(values(aws_sqs_queue.queue), values(aws_sqs_queue.dead_letters)) : startswith(queue.name, "photos-eu-")])
    error_message = "Every queue is named after the deployment."
  }
  assert {
    condition     = alltrue([for alarm in concat(values(aws_cloudwatch_metric_alarm.dead_letters), values(aws_cloudwatch_metric_alarm.age)) : length(alarm.alarm_actions) == 2])
    error_message = "The alarms of the queues go to the address and to the topic."
  }
  assert {
    condition     = aws_lambda_function.function["request_upload"].environment[0].variables["PHOTO_MAX_BYTES"] == "5368709120"
    error_message = "A photo may have as much as S3 copies at once."
  }
  assert {
    condition     = aws_lambda_function.function["extract"].environment[0].variables["DETECT_DUPLICATES"] == "false"
    error_message = "Duplicates are not looked for where that is not wanted."
  }
  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.photos.rule : rule.filter[0].prefix => rule.expiration[0].days if !contains(["unfinished_uploads", "old_versions"], rule.id)
    } == { ".quarantine/" = 2, ".outcomes/" = 3, ".tasks/" = 3, ".jobs/" = 3, ".export_tasks/" = 5, ".exports/" = 5 }
    error_message = "What is kept of uploads is kept for as long as it is said."
  }
  assert {
    condition     = toset([for rule in aws_s3_bucket_cors_configuration.photos.cors_rule : one(rule.allowed_origins) if contains(rule.allowed_methods, "PUT")]) == toset(["https://app.example.com"])
    error_message = "Only the pages of the origin may upload."
  }
}
