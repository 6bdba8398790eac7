# The bucket of the photos: private, versioned, and reached over TLS alone.

resource "aws_s3_bucket" "photos" {
  bucket = var.photos_bucket

  # A new name, or a destroy, would take the bucket's policy and versions away before AWS refuses to delete the rest.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_public_access_block" "photos" {
  bucket                  = aws_s3_bucket.photos.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "photos" {
  bucket = aws_s3_bucket.photos.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "photos" {
  bucket = aws_s3_bucket.photos.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "photos" {
  bucket = aws_s3_bucket.photos.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "photos" {
  # Old versions are only expired where there are versions.
  bucket = aws_s3_bucket_versioning.photos.bucket

  rule {
    id     = "unfinished_uploads"
    status = "Enabled"
    filter {}

    # An upload in parts may be resumed for a day. What is unfinished after two has been left behind.
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  rule {
    id     = "old_versions"
    status = "Enabled"
    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.old_version_days
    }
    # What a deletion leaves when the last version behind it has expired.
    expiration {
      expired_object_delete_marker = true
    }
  }

  # Nothing here is for anybody to bring back. Where two rules fit, S3 goes by the shorter time:
  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
  dynamic "rule" {
    for_each = local.days_below_dots

    content {
      id     = rule.key
      status = "Enabled"

      filter {
        prefix = ".${rule.key}/"
      }
      expiration {
        days = rule.value
      }
      noncurrent_version_expiration {
        noncurrent_days = 1
      }
    }
  }
}

locals {
  # By the prefix without its dot: layer/upload_keys.ts, layer/job_keys.ts and layer/export_keys.ts say what is below each.
  days_below_dots = {
    quarantine   = var.quarantine_days
    outcomes     = var.job_days
    tasks        = var.job_days
    jobs         = var.job_days
    export_tasks = var.export_days
    exports      = var.export_days
  }
}

# CORS gives nobody a permission: whatever a page asks for needs a signature all the same. So reading is open to any origin,
# and has to be: a browser that follows the 303 of /download from one host to another sends "Origin: null", and sends the
# token's header along, whatever that is called. Uploads come from the pages that may call the API. Those in parts put,
# join and remove parts, and read the ETag of each.
resource "aws_s3_bucket_cors_configuration" "photos" {
  bucket = aws_s3_bucket.photos.id

  cors_rule {
    allowed_origins = ["*"]
    allowed_methods = ["GET", "HEAD"]
    allowed_headers = ["*"]
    expose_headers  = ["ETag", "Location", "Content-Disposition", "Content-Range", "Accept-Ranges", "Last-Modified"]
    max_age_seconds = 3000
  }

  cors_rule {
    allowed_origins = var.cors_origins
    allowed_methods = ["POST", "PUT", "DELETE"]
    allowed_headers = ["*"]
    expose_headers  = ["ETag", "Location", "x-amz-checksum-crc32", "x-amz-checksum-type"]
    max_age_seconds = 3000
  }
}

resource "aws_s3_bucket_policy" "photos" {
  bucket = aws_s3_bucket.photos.id
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
        Resource  = [aws_s3_bucket.photos.arn, "${aws_s3_bucket.photos.arn}/*"]
        Condition = condition
      }
    ]
  })

  # S3 looks at a policy with the public access block that it has at that moment.
  depends_on = [aws_s3_bucket_public_access_block.photos]
}
