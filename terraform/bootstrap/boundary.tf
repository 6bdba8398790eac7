# The most that a role of a function can ever do, whatever policy the build gives it. The build can make no role without
# this boundary and cannot change it; otherwise a commit could make itself administrator of the account, by a role that
# may do everything and a function that uses it. A function that needs another service needs it here first.

resource "aws_iam_policy" "functions_boundary" {
  name        = "${var.name}-functions-boundary"
  path        = local.role_path
  description = "The most that the functions of ${var.name} may do"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "Photos"
        Effect = "Allow"
        Action = [
          "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload",
          "s3:ListMultipartUploadParts",
        ]
        Resource = "${local.photos_bucket_arn}/*"
      },
      {
        Sid      = "PhotoListings"
        Effect   = "Allow"
        Action   = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]
        Resource = local.photos_bucket_arn
      },
      {
        Sid      = "Queues"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        Resource = local.arn.queues
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:${local.partition}:logs:${local.here}:log-group:/aws/lambda/${var.name}-*"
      },
      {
        # X-Ray has no resources for these two.
        Sid      = "Traces"
        Effect   = "Allow"
        Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        Resource = "*"
      },
    ]
  })
}

locals {
  photos_bucket_arn = "arn:${local.partition}:s3:::${var.photos_bucket}"
}
