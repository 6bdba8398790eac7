# From a push to a deployment: the repository, the pipeline that its pushes start, and the build that does the work.

locals {
  # Both have Node 24: https://docs.aws.amazon.com/codebuild/latest/userguide/available-runtimes.html
  build_machines = {
    arm64  = { type = "ARM_CONTAINER", image = "aws/codebuild/amazonlinux-aarch64-standard:3.0" }
    x86_64 = { type = "LINUX_CONTAINER", image = "aws/codebuild/amazonlinux-x86_64-standard:5.0" }
  }

  pipeline_arn      = "arn:${local.partition}:codepipeline:${local.here}:${var.name}"
  build_name        = "${var.name}-deploy"
  build_project_arn = "arn:${local.partition}:codebuild:${local.here}:project/${local.build_name}"

  # What the role of the builds is made for; the other variables of terraform/ are in a terraform.tfvars of the repository.
  build_variables = {
    STATE_BUCKET = var.state_bucket
    STATE_KEY    = var.state_key
    STATE_REGION = coalesce(var.state_region, var.region)

    TF_VAR_name                     = var.name
    TF_VAR_region                   = var.region
    TF_VAR_photos_bucket            = var.photos_bucket
    TF_VAR_permissions_boundary_arn = aws_iam_policy.functions_boundary.arn
  }

  # CodeBuild reads these when a build begins, and masks their values in its log.
  build_secrets = var.smoke_test_secret_arn == null ? {} : {
    SMOKE_USERNAME = "${var.smoke_test_secret_arn}:username"
    SMOKE_PASSWORD = "${var.smoke_test_secret_arn}:password"
  }
}

resource "aws_codecommit_repository" "source" {
  repository_name = var.repository
  description     = "The source of ${var.name}. Each push to ${var.branch} is deployed."

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "build" {
  name              = "/aws/codebuild/${local.build_name}"
  retention_in_days = var.log_retention_days
}

resource "aws_codebuild_project" "deploy" {
  name         = local.build_name
  description  = "Tests, plans, applies and tries out ${var.name}: buildspec.yml"
  service_role = aws_iam_role.build.arn

  # Minutes. The tests take the most of it.
  build_timeout  = 60
  queued_timeout = 120

  source {
    type      = "CODEPIPELINE"
    buildspec = "buildspec.yml"
  }

  artifacts {
    type = "CODEPIPELINE"
  }

  cache {
    type     = "S3"
    location = "${aws_s3_bucket.pipeline.bucket}/cache"
  }

  environment {
    type         = local.build_machines[var.build_architecture].type
    image        = local.build_machines[var.build_architecture].image
    compute_type = var.build_compute_type

    dynamic "environment_variable" {
      for_each = local.build_variables

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }

    dynamic "environment_variable" {
      for_each = local.build_secrets

      content {
        name  = environment_variable.key
        type  = "SECRETS_MANAGER"
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.build.name
    }
  }

  # A build that begins before its role may do its work fails.
  depends_on = [aws_iam_role_policy.build]
}

resource "aws_codepipeline" "deploy" {
  name          = var.name
  pipeline_type = "V2"
  role_arn      = aws_iam_role.pipeline.arn

  # A newer push takes the place of one that still waits, and has its commits.
  execution_mode = "SUPERSEDED"

  artifact_store {
    type     = "S3"
    location = aws_s3_bucket.pipeline.bucket
  }

  stage {
    name = "Source"

    action {
      name             = "Push"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeCommit"
      version          = "1"
      output_artifacts = ["source"]

      configuration = {
        RepositoryName = aws_codecommit_repository.source.repository_name
        BranchName     = var.branch
        # The rule below starts the pipeline.
        PollForSourceChanges = "false"
        OutputArtifactFormat = "CODE_ZIP"
      }
    }
  }

  stage {
    name = "Build"

    action {
      name             = "Deploy"
      category         = "Build"
      owner            = "AWS"
      provider         = "CodeBuild"
      version          = "1"
      input_artifacts  = ["source"]
      output_artifacts = ["plan"]

      configuration = {
        ProjectName = aws_codebuild_project.deploy.name
      }
    }
  }

  depends_on = [aws_iam_role_policy.pipeline]
}

resource "aws_cloudwatch_event_rule" "push" {
  name        = "${var.name}-push"
  description = "A push to ${var.branch} of ${var.repository}"

  event_pattern = jsonencode({
    source      = ["aws.codecommit"]
    detail-type = ["CodeCommit Repository State Change"]
    resources   = [aws_codecommit_repository.source.arn]
    detail = {
      event         = ["referenceCreated", "referenceUpdated"]
      referenceType = ["branch"]
      referenceName = [var.branch]
    }
  })
}

resource "aws_cloudwatch_event_target" "push" {
  rule     = aws_cloudwatch_event_rule.push.name
  arn      = aws_codepipeline.deploy.arn
  role_arn = aws_iam_role.trigger.arn
}

# ---- Who is told of a failure ----

resource "aws_cloudwatch_event_rule" "failure" {
  count = var.failure_email == null ? 0 : 1

  name        = "${var.name}-failure"
  description = "A deployment of ${var.name} that failed"

  event_pattern = jsonencode({
    source      = ["aws.codepipeline"]
    detail-type = ["CodePipeline Pipeline Execution State Change"]
    detail      = { pipeline = [aws_codepipeline.deploy.name], state = ["FAILED"] }
  })
}

resource "aws_sns_topic" "failure" {
  count = var.failure_email == null ? 0 : 1

  # Not as the topics of the deployment, which its builds may change.
  name = "pipeline-${var.name}-failure"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FailuresOfThisPipeline"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = "arn:${local.partition}:sns:${local.here}:pipeline-${var.name}-failure"
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.failure[0].arn } }
    }]
  })
}

resource "aws_sns_topic_subscription" "failure" {
  count = var.failure_email == null ? 0 : 1

  topic_arn = aws_sns_topic.failure[0].arn
  protocol  = "email"
  endpoint  = var.failure_email
}

resource "aws_cloudwatch_event_target" "failure" {
  count = var.failure_email == null ? 0 : 1

  rule = aws_cloudwatch_event_rule.failure[0].name
  arn  = aws_sns_topic.failure[0].arn

  input_transformer {
    input_paths    = { execution = "$.detail.execution-id" }
    input_template = "\"A deployment of ${var.name} failed, execution <execution>. Its build says why: https://${var.region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${var.name}/view?region=${var.region}\""
  }
}
