# Who may do what: the rule that starts the pipeline, the pipeline, and the build. The permissions with which the build
# deploys are in deploy_permissions.tf.

locals {
  # A path of their own, so that what the build may do to the roles of the deployment, NAME-*, is not for these.
  role_path = "/pipeline/"

  # Each role can be taken by its service alone, and only on behalf of what is made here.
  role_users = {
    trigger  = { service = "events.amazonaws.com", source = aws_cloudwatch_event_rule.push.arn }
    pipeline = { service = "codepipeline.amazonaws.com", source = local.pipeline_arn }
    build    = { service = "codebuild.amazonaws.com", source = local.build_project_arn }
  }

  trust = {
    for role, user in local.role_users : role => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = user.service }
        Condition = {
          StringEquals = { "aws:SourceAccount" = local.account }
          ArnEquals    = { "aws:SourceArn" = user.source }
        }
      }]
    })
  }
}

# ---- The rule that sees a push ----

resource "aws_iam_role" "trigger" {
  name               = "${var.name}-trigger"
  path               = local.role_path
  description        = "Starts the pipeline of ${var.name} after a push"
  assume_role_policy = local.trust["trigger"]
}

resource "aws_iam_role_policy" "trigger" {
  name = "calls"
  role = aws_iam_role.trigger.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "StartThePipeline"
      Effect   = "Allow"
      Action   = "codepipeline:StartPipelineExecution"
      Resource = local.pipeline_arn
    }]
  })
}

# ---- The pipeline ----

resource "aws_iam_role" "pipeline" {
  name               = "${var.name}-pipeline"
  path               = local.role_path
  description        = "Takes the source of ${var.name} from the repository to its build"
  assume_role_policy = local.trust["pipeline"]
}

resource "aws_iam_role_policy" "pipeline" {
  name = "calls"
  role = aws_iam_role.pipeline.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Source"
        Effect   = "Allow"
        Action   = ["codecommit:GetBranch", "codecommit:GetCommit", "codecommit:UploadArchive", "codecommit:GetUploadArchiveStatus", "codecommit:CancelUploadArchive"]
        Resource = aws_codecommit_repository.source.arn
      },
      {
        Sid      = "Build"
        Effect   = "Allow"
        Action   = ["codebuild:StartBuild", "codebuild:BatchGetBuilds"]
        Resource = local.build_project_arn
      },
      {
        Sid      = "Artifacts"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
        Resource = "${aws_s3_bucket.pipeline.arn}/*"
      },
      {
        Sid      = "ArtifactBucket"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:GetBucketAcl"]
        Resource = aws_s3_bucket.pipeline.arn
      },
    ]
  })
}

# ---- The build ----

resource "aws_iam_role" "build" {
  name               = "${var.name}-build"
  path               = local.role_path
  description        = "Tests and deploys ${var.name}"
  assume_role_policy = local.trust["build"]
}

resource "aws_iam_role_policy" "build" {
  for_each = merge({ build = local.build_statements }, local.deploy_statements)

  name   = each.key
  role   = aws_iam_role.build.name
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value })
}

locals {
  # What every build does, whatever it builds.
  build_statements = concat(
    [
      {
        Sid      = "OwnLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.build.arn}:*"
      },
      {
        Sid      = "ArtifactsAndCache"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
        Resource = "${aws_s3_bucket.pipeline.arn}/*"
      },
      {
        Sid      = "ArtifactBucket"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:GetBucketAcl"]
        Resource = aws_s3_bucket.pipeline.arn
      },
    ],
    [
      for arn in compact([var.smoke_test_secret_arn]) : {
        Sid      = "TestUser"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = arn
      }
    ],
  )
}
