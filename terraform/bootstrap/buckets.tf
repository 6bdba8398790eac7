# The bucket of the states and the bucket of the pipeline, closed in the same way.

resource "aws_s3_bucket" "state" {
  count = var.create_state_bucket ? 1 : 0

  bucket = var.state_bucket

  # Without its states nobody knows any more what belongs to which deployment.
  lifecycle {
    prevent_destroy = true
  }
}

# Sources, plans and caches: all of it can be made again.
resource "aws_s3_bucket" "pipeline" {
  bucket        = "${var.name}-pipeline-${local.account}"
  force_destroy = true
}

locals {
  buckets = merge(
    { pipeline = aws_s3_bucket.pipeline },
    { for bucket in aws_s3_bucket.state : "state" => bucket },
  )

  state_bucket_arn = "arn:${local.partition}:s3:::${var.state_bucket}"
}

resource "aws_s3_bucket_public_access_block" "closed" {
  for_each = local.buckets

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "closed" {
  for_each = local.buckets

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "closed" {
  for_each = local.buckets

  bucket = each.value.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# CodePipeline wants versions of its own bucket too.
resource "aws_s3_bucket_versioning" "closed" {
  for_each = local.buckets

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_policy" "closed" {
  for_each = local.buckets

  bucket = each.value.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for sid, condition in {
        TlsOnly  = { Bool = { "aws:SecureTransport" = "false" } }
        NoOldTls = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
        } : {
        Sid       = sid
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [each.value.arn, "${each.value.arn}/*"]
        Condition = condition
      }
    ]
  })

  # S3 looks at a policy with the public access block that it has at that moment.
  depends_on = [aws_s3_bucket_public_access_block.closed]
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  count = var.create_state_bucket ? 1 : 0

  # Old versions are only expired where there are versions.
  bucket = aws_s3_bucket_versioning.closed["state"].bucket

  rule {
    id     = "old_states"
    status = "Enabled"
    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 365
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "pipeline" {
  bucket = aws_s3_bucket_versioning.closed["pipeline"].bucket

  rule {
    id     = "old_artifacts"
    status = "Enabled"
    filter {}

    expiration {
      days = var.artifact_days
    }
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}
