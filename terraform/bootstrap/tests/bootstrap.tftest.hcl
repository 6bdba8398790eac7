# What is made with the defaults, and what with every setting changed. Nothing is asked of AWS: the provider is mocked, with
# ARNs where it looks for one.

mock_provider "aws" {
  # A plan then knows what AWS would decide, and nothing has to be made: what may not be destroyed could not be cleaned up.
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/pipeline/mock" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::123456789012:policy/pipeline/boundary" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { id = "mock-bucket", arn = "arn:aws:s3:::mock-bucket" }
  }
  mock_resource "aws_codecommit_repository" {
    defaults = { arn = "arn:aws:codecommit:eu-central-1:123456789012:mock" }
  }
  mock_resource "aws_codepipeline" {
    defaults = { arn = "arn:aws:codepipeline:eu-central-1:123456789012:mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:mock" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-central-1:123456789012:rule/mock" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:mock" }
  }
}

run "with_the_defaults" {
  command = plan

  # ---- Buckets ----

  assert {
    condition     = aws_s3_bucket.state[0].bucket == "terraform-remote-state" && aws_s3_bucket.pipeline.bucket == "photo-uploader-pipeline-123456789012"
    error_message = "The bucket of the states has the name that the description of the project gives it."
  }
  assert {
    condition     = toset(keys(local.buckets)) == toset(["state", "pipeline"])
    error_message = "Both buckets are closed."
  }
  assert {
    condition = alltrue([
      for block in values(aws_s3_bucket_public_access_block.closed) :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ]) && length(aws_s3_bucket_public_access_block.closed) == 2
    error_message = "Public access to every bucket is blocked."
  }
  assert {
    condition     = alltrue([for versioning in values(aws_s3_bucket_versioning.closed) : one(versioning.versioning_configuration).status == "Enabled"]) && length(aws_s3_bucket_versioning.closed) == 2
    error_message = "Every bucket keeps versions: a state that was spoilt can be brought back."
  }
  assert {
    condition = alltrue([
      for encryption in values(aws_s3_bucket_server_side_encryption_configuration.closed) :
      one(one(encryption.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    ]) && length(aws_s3_bucket_server_side_encryption_configuration.closed) == 2
    error_message = "Every bucket is encrypted."
  }
  assert {
    condition     = alltrue([for ownership in values(aws_s3_bucket_ownership_controls.closed) : one(ownership.rule).object_ownership == "BucketOwnerEnforced"])
    error_message = "No bucket knows ACLs."
  }
  assert {
    condition = alltrue([
      for bucket_policy in values(aws_s3_bucket_policy.closed) : anytrue([
        for statement in jsondecode(bucket_policy.policy).Statement :
        statement.Effect == "Deny" && statement.Principal == "*" && statement.Action == "s3:*" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"
      ])
    ]) && length(aws_s3_bucket_policy.closed) == 2
    error_message = "Every bucket is reached over TLS alone."
  }

  # ---- Pipeline ----

  assert {
    condition     = aws_codepipeline.deploy.pipeline_type == "V2" && [for stage in aws_codepipeline.deploy.stage : stage.name] == ["Source", "Build"]
    error_message = "The pipeline is of type V2, and goes from the source to the build."
  }
  assert {
    condition     = aws_codepipeline.deploy.stage[0].action[0].provider == "CodeCommit" && aws_codepipeline.deploy.stage[0].action[0].configuration["PollForSourceChanges"] == "false"
    error_message = "A push starts the pipeline by its event; nothing polls."
  }
  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.push.event_pattern) == {
      source      = ["aws.codecommit"]
      detail-type = ["CodeCommit Repository State Change"]
      resources   = ["arn:aws:codecommit:eu-central-1:123456789012:mock"]
      detail      = { event = ["referenceCreated", "referenceUpdated"], referenceType = ["branch"], referenceName = ["main"] }
    }
    error_message = "The rule sees pushes to the one branch of the one repository."
  }
  assert {
    condition     = aws_cloudwatch_event_target.push.arn == aws_codepipeline.deploy.arn && aws_cloudwatch_event_target.push.role_arn == aws_iam_role.trigger.arn
    error_message = "The rule starts the pipeline, by a role."
  }
  assert {
    condition     = one(aws_codebuild_project.deploy.source).buildspec == "buildspec.yml" && one(aws_codebuild_project.deploy.environment).type == "LINUX_CONTAINER" && endswith(one(aws_codebuild_project.deploy.environment).image, "x86_64-standard:5.0")
    error_message = "The build runs buildspec.yml."
  }
  assert {
    condition = { for variable in one(aws_codebuild_project.deploy.environment).environment_variable : variable.name => variable.value } == {
      STATE_BUCKET                    = "terraform-remote-state"
      STATE_KEY                       = "photo-uploader/terraform.tfstate"
      STATE_REGION                    = "eu-central-1"
      TF_VAR_name                     = "photo-uploader"
      TF_VAR_region                   = "eu-central-1"
      TF_VAR_photos_bucket            = "yourplace"
      TF_VAR_permissions_boundary_arn = "arn:aws:iam::123456789012:policy/pipeline/boundary"
    }
    error_message = "The build is told where the state is, and what is deployed."
  }
  assert {
    condition     = aws_cloudwatch_log_group.build.retention_in_days == 90
    error_message = "The builds' log is not kept for ever."
  }
  assert {
    condition     = length(aws_sns_topic.failure) == 0 && length(aws_cloudwatch_event_target.failure) == 0
    error_message = "Nobody is told of failures unless asked for."
  }

  # ---- Roles ----

  assert {
    condition     = alltrue([for role in [aws_iam_role.trigger, aws_iam_role.pipeline, aws_iam_role.build] : role.path == "/pipeline/"])
    error_message = "The roles are under a path that the build may not touch."
  }
  assert {
    condition = alltrue([
      for role in [aws_iam_role.trigger, aws_iam_role.pipeline, aws_iam_role.build] : alltrue([
        for statement in jsondecode(role.assume_role_policy).Statement :
        keys(statement.Principal) == ["Service"] && statement.Condition.StringEquals["aws:SourceAccount"] == "123456789012" && !strcontains(statement.Condition.ArnEquals["aws:SourceArn"], "*")
      ])
    ])
    error_message = "Each role is for one service, on behalf of one resource of this account."
  }
  assert {
    condition = alltrue(flatten([
      for role_policy in concat(values(aws_iam_role_policy.build), [aws_iam_role_policy.pipeline, aws_iam_role_policy.trigger]) : [
        for statement in jsondecode(role_policy.policy).Statement : [
          for action in flatten([statement.Action]) : can(regex("^[a-z0-9-]+:[A-Za-z]", action))
        ]
      ]
    ]))
    error_message = "No role may do everything, and none everything of a service."
  }
  assert {
    condition = toset(flatten([
      for role_policy in concat(values(aws_iam_role_policy.build), [aws_iam_role_policy.pipeline, aws_iam_role_policy.trigger]) : [
        for statement in jsondecode(role_policy.policy).Statement : statement.Sid if contains(flatten([statement.Resource]), "*")
      ]
    ])) == toset(["AccessLog", "NewUserPool"])
    error_message = "Only what has no resources in AWS is for all of them."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.build["roles"].policy).Statement :
      try(statement.Condition.StringEquals["iam:PermissionsBoundary"], "") == "arn:aws:iam::123456789012:policy/pipeline/boundary"
      if length(setintersection(statement.Action, ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"])) > 0
    ])
    error_message = "A role is made, and gets permissions, only within the boundary."
  }
  assert {
    condition = length(flatten([
      for role_policy in values(aws_iam_role_policy.build) : [
        for statement in jsondecode(role_policy.policy).Statement : setintersection(statement.Action, [
          "iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreatePolicyVersion", "iam:CreateUser", "iam:CreateAccessKey",
          "s3:DeleteBucket", "cognito-idp:DeleteUserPool", "lambda:InvokeFunction", "lambda:CreateFunctionUrlConfig",
        ])
      ]
    ])) == 0
    error_message = "The build can neither leave its bounds nor take photos and users away."
  }
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: 10,240 characters in all of a role's own policies.
  assert {
    condition     = sum([for role_policy in values(aws_iam_role_policy.build) : length(role_policy.policy)]) <= 10240
    error_message = "The policies of the build's role are longer than IAM takes."
  }
}

run "with_everything_set" {
  command = plan

  variables {
    name                  = "acme-photos"
    region                = "eu-west-1"
    photos_bucket         = "acme-photos"
    domain                = "api.example.com"
    state_bucket          = "acme-states"
    create_state_bucket   = false
    state_region          = "us-east-1"
    state_key             = "acme/photos.tfstate"
    repository            = "photos"
    branch                = "release"
    build_architecture    = "arm64"
    build_compute_type    = "BUILD_GENERAL1_LARGE"
    smoke_test_secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:photos/smoke-a1B2c3"
    failure_email         = "ops@example.com"
    log_retention_days    = 365
    artifact_days         = 7
  }

  assert {
    condition     = length(aws_s3_bucket.state) == 0 && keys(aws_s3_bucket_policy.closed) == ["pipeline"]
    error_message = "A bucket that is there already is left as it is."
  }
  assert {
    condition = alltrue([
      for name, value in { STATE_BUCKET = "acme-states", STATE_KEY = "acme/photos.tfstate", STATE_REGION = "us-east-1", TF_VAR_name = "acme-photos", TF_VAR_region = "eu-west-1", TF_VAR_photos_bucket = "acme-photos" } :
      contains([for variable in one(aws_codebuild_project.deploy.environment).environment_variable : "${variable.name}=${variable.value}"], "${name}=${value}")
    ])
    error_message = "The build gets the settings of the deployment."
  }
  assert {
    condition = {
      for variable in one(aws_codebuild_project.deploy.environment).environment_variable : variable.name => variable.value if variable.type == "SECRETS_MANAGER"
      } == {
      SMOKE_USERNAME = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:photos/smoke-a1B2c3:username"
      SMOKE_PASSWORD = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:photos/smoke-a1B2c3:password"
    }
    error_message = "The test user comes from the secret, and from nowhere else."
  }
  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.build["build"].policy).Statement : statement.Resource if statement.Sid == "TestUser"]) == "arn:aws:secretsmanager:eu-west-1:123456789012:secret:photos/smoke-a1B2c3"
    error_message = "The build may read this one secret."
  }
  assert {
    condition     = one(aws_codebuild_project.deploy.environment).type == "ARM_CONTAINER" && endswith(one(aws_codebuild_project.deploy.environment).image, "aarch64-standard:3.0")
    error_message = "The kind of container is that of the image."
  }
  assert {
    condition     = jsondecode(one(aws_cloudwatch_event_rule.failure).event_pattern).detail == { pipeline = ["acme-photos"], state = ["FAILED"] } && one(aws_sns_topic_subscription.failure).endpoint == "ops@example.com" && one(aws_cloudwatch_event_target.failure).arn == one(aws_sns_topic.failure).arn
    error_message = "A failure is told to the address that was given."
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.push.event_pattern).detail.referenceName == ["release"] && aws_codepipeline.deploy.stage[0].action[0].configuration["BranchName"] == "release"
    error_message = "The rule and the pipeline speak of the same branch."
  }
  assert {
    condition     = one([for statement in jsondecode(aws_iam_role_policy.build["api"].policy).Statement : statement.Resource if statement.Sid == "OwnDomain"])[1] == "arn:aws:apigateway:eu-west-1::/domainnames/api.example.com"
    error_message = "The build may set up the domain that there is."
  }
  assert {
    condition     = sum([for role_policy in values(aws_iam_role_policy.build) : length(role_policy.policy)]) <= 10240
    error_message = "The policies of the build's role are longer than IAM takes."
  }
}

# ---- What is refused ----

run "values_out_of_range" {
  command = plan

  variables {
    name                  = "Photos"
    photos_bucket         = "My Photos"
    domain                = "https://api.example.com/"
    state_bucket          = "x"
    state_region          = "us-east-1"
    build_architecture    = "riscv64"
    build_compute_type    = "BUILD_GENERAL1_SMALL"
    smoke_test_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:photos/*"
    failure_email         = "nobody"
    log_retention_days    = 8
    artifact_days         = 0
  }

  expect_failures = [
    var.name, var.photos_bucket, var.domain, var.state_bucket, var.state_region, var.build_architecture, var.build_compute_type,
    var.smoke_test_secret_arn, var.failure_email, var.log_retention_days, var.artifact_days,
  ]
}
