# One role for each function, with the actions of the table on the resources named here, and nothing else.

locals {
  # IAM's patterns for what layer/ makes keys of: a photo's file name begins with a timestamp like 20261123T101530123Z, and an
  # upload has an id of 26 characters.
  photo_name = "????????T?????????Z_*"
  upload_id  = join("", [for _ in range(26) : "?"])

  claims = "${aws_s3_bucket.photos.arn}/.checksums/*/${join("", [for _ in range(64) : "?"])}"

  below_dots = { for kind in keys(local.days_below_dots) : kind => "${aws_s3_bucket.photos.arn}/.${kind}/*/${local.upload_id}" }

  # What the table's permissions may name, what of it is written once, and what only anew by whoever has read it. A photo's key is <user>/<timestamp>_<name>. The
  # first segment can be any user, but begins with no dot.
  resources = {
    photos = {
      arn          = "${aws_s3_bucket.photos.arn}/*/${local.photo_name}"
      condition    = null
      written_once = ["${aws_s3_bucket.photos.arn}/*/${local.photo_name}"]
    }
    # By whose SHA-256 duplicates are found. A claim is replaced on condition that it is the one that was read.
    checksums = {
      arn          = local.claims
      condition    = null
      written_once = []
    }
    # The bucket, but only the listing of one user: neither of all photos, nor of what is kept under a dot.
    photo_listings = {
      arn = aws_s3_bucket.photos.arn
      condition = {
        StringLike    = { "s3:prefix" = "?*/" }
        StringNotLike = { "s3:prefix" = [".*", "*/?*"] }
      }
      written_once = []
    }
    # The bucket, but only the versions of one photo, or of photos that it is the beginning of: of one user all the same.
    photo_versions = {
      arn = aws_s3_bucket.photos.arn
      condition = {
        StringLike    = { "s3:prefix" = "?*/${local.photo_name}" }
        StringNotLike = { "s3:prefix" = [".*", "*/*/*"] }
      }
      written_once = []
    }
    # A form that a client sends can carry no If-None-Match: until its form has expired, it may send the file once more.
    quarantine = {
      arn          = local.below_dots.quarantine
      condition    = null
      written_once = []
    }
    outcomes = {
      arn          = local.below_dots.outcomes
      condition    = null
      written_once = [local.below_dots.outcomes]
    }
    tasks = {
      arn          = "${local.below_dots.tasks}/*"
      condition    = null
      written_once = ["${local.below_dots.tasks}/*"]
    }
    # All but the trials is written once (docs/decisions/0018-jobs-in-s3.md).
    jobs = {
      arn          = "${local.below_dots.jobs}/*"
      condition    = null
      written_once = [for part in ["plan", "outcomes/*", "done/*"] : "${local.below_dots.jobs}/${part}"]
    }
    # The bucket, but only the listing of what one job has done.
    job_listings = {
      arn          = aws_s3_bucket.photos.arn
      condition    = { StringLike = { "s3:prefix" = ".jobs/?*/${local.upload_id}/done/" } }
      written_once = []
    }
    export_tasks = {
      arn          = "${local.below_dots.export_tasks}/*"
      condition    = null
      written_once = ["${local.below_dots.export_tasks}/*"]
    }
    exports = {
      arn          = "${local.below_dots.exports}/*"
      condition    = null
      written_once = ["${local.below_dots.exports}/*"]
    }
    # The bucket, but only the listing of the segments of one export.
    export_listings = {
      arn          = aws_s3_bucket.photos.arn
      condition    = { StringLike = { "s3:prefix" = ".exports/?*/${local.upload_id}/segments/" } }
      written_once = []
    }
  }

  function_statements = {
    for name, f in var.functions : name => concat(
      [
        for resource, actions in f.permissions : {
          Sid       = replace(title(replace(resource, "_", " ")), " ", "")
          Effect    = "Allow"
          Action    = actions
          Resource  = local.resources[resource].arn
          Condition = local.resources[resource].condition
        }
      ],
      # IAM's patterns cannot say "begins with no dot", so what looks like a photo below one is denied. Nothing else that a
      # function may reach there does: the names of users are UUIDs.
      [
        for actions in [lookup(f.permissions, "photos", [])] : {
          Sid       = "PhotosAreUnderUsers"
          Effect    = "Deny"
          Action    = actions
          Resource  = "${aws_s3_bucket.photos.arn}/.*/${local.photo_name}"
          Condition = null
        } if length(actions) > 0
      ],
      # S3 itself refuses to overwrite what is written once, even where the code forgot to ask it. The second condition spares
      # the parts of an upload, which take no If-None-Match:
      # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
      # A copy takes it since October 2025, as that page did not know before:
      # https://www.amazonaws.cn/en/new/2025/amazon-s3-adds-conditional-write-functionality-to-copy-operations
      [
        for objects in [flatten([for resource, actions in f.permissions : local.resources[resource].written_once if contains(actions, "s3:PutObject")])] : {
          Sid      = "NothingIsOverwritten"
          Effect   = "Deny"
          Action   = ["s3:PutObject"]
          Resource = objects
          Condition = {
            Null = { "s3:if-none-match" = "true" }
            Bool = { "s3:ObjectCreationOperation" = "true" }
          }
        } if length(objects) > 0
      ],
      # As above, but that If-Match is as good: whoever replaces a claim knows which one.
      [
        for actions in [lookup(f.permissions, "checksums", [])] : {
          Sid       = "NoClaimIsOverwrittenBlindly"
          Effect    = "Deny"
          Action    = ["s3:PutObject"]
          Resource  = local.claims
          Condition = { Null = { "s3:if-none-match" = "true", "s3:if-match" = "true" } }
        } if contains(actions, "s3:PutObject")
      ],
      # Lambda takes the messages with the role of the function that gets them:
      # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaSQSQueueExecutionRole.html
      [
        for queue in [f.queue] : {
          Sid       = "OwnQueue"
          Effect    = "Allow"
          Action    = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
          Resource  = aws_sqs_queue.queue[queue].arn
          Condition = null
        } if queue != null
      ],
      [
        {
          Sid       = "OwnLog"
          Effect    = "Allow"
          Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource  = "${aws_cloudwatch_log_group.function[name].arn}:*"
          Condition = null
        },
        {
          # X-Ray has no resources for these two:
          # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
          Sid       = "Traces"
          Effect    = "Allow"
          Action    = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
          Resource  = "*"
          Condition = null
        },
      ],
    )
  }
}

resource "aws_iam_role" "function" {
  for_each = var.functions

  name                 = "${var.name}-${each.key}"
  description          = "What the function ${each.key} of ${var.name} may do"
  permissions_boundary = var.permissions_boundary_arn

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = var.functions

  name = "calls"
  role = aws_iam_role.function[each.key].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [for statement in local.function_statements[each.key] : { for key, value in statement : key => value if value != null }]
  })
}
