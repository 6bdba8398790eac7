# One role for each function, with the actions of the table on the resources named here, and nothing else.

locals {
  # What the table's permissions may name. A photo's key is <user>/<timestamp>_<name>, and a timestamp is always like
  # 20261123T101530123Z (layer/photo_keys.ts). The first segment can be any user, but begins with no dot.
  resources = {
    photos = {
      arn       = "${aws_s3_bucket.photos.arn}/*/????????T?????????Z_*"
      condition = null
    }
    # The bucket, but only the listing of one user: neither of all photos, nor of what is kept under a dot.
    photo_listings = {
      arn = aws_s3_bucket.photos.arn
      condition = {
        StringLike    = { "s3:prefix" = "?*/" }
        StringNotLike = { "s3:prefix" = [".*", "*/?*"] }
      }
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
      # IAM's patterns cannot say "begins with no dot". What the function may do elsewhere by name is left to it.
      [
        for actions in [setsubtract(lookup(f.permissions, "photos", []), flatten([for resource, actions in f.permissions : actions if resource != "photos"]))] : {
          Sid       = "PhotosAreUnderUsers"
          Effect    = "Deny"
          Action    = actions
          Resource  = "${aws_s3_bucket.photos.arn}/.*"
          Condition = null
        } if length(actions) > 0
      ],
      # S3 itself refuses to overwrite a photo, even where the code forgot to ask it. The second condition spares the
      # parts of an upload, which take no If-None-Match:
      # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
      [
        for action in lookup(f.permissions, "photos", []) : {
          Sid      = "NothingIsOverwritten"
          Effect   = "Deny"
          Action   = [action]
          Resource = local.resources.photos.arn
          Condition = {
            Null = { "s3:if-none-match" = "true" }
            Bool = { "s3:ObjectCreationOperation" = "true" }
          }
        } if action == "s3:PutObject"
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
