# The functions of the table, the layer that they share, and the alias by which the gateway and the queues call them.

locals {
  environment = {
    PHOTOS_BUCKET       = aws_s3_bucket.photos.bucket
    USER_POOL_ID        = aws_cognito_user_pool.users.id
    USER_POOL_CLIENT_ID = aws_cognito_user_pool_client.app.id
    CURSOR_KEY          = sensitive(terraform_data.cursor_key.output)
    PHOTO_MAX_BYTES     = var.photo_max_bytes
    DETECT_DUPLICATES   = var.detect_duplicates
  }

  zips = { for name in concat(keys(var.functions), ["layer"]) : name => "${path.module}/${replace(var.packages, "{name}", name)}" }
}

# The secret that seals the cursors of /list and the uploadIds of /request_upload: two times 128 random bits, which stay the
# same from apply to apply. A new one, by -replace=terraform_data.cursor_key, makes the lists that are being read begin anew,
# and whoever is uploading has to ask for a new uploadId; what has arrived is admitted all the same.
resource "terraform_data" "cursor_key" {
  input = sensitive("${uuid()}${uuid()}")

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_lambda_layer_version" "shared" {
  layer_name               = "${var.name}-shared"
  description              = "What every function shares: keys of photos, errors, log, settings, the user's name"
  filename                 = local.zips["layer"]
  source_code_hash         = try(filebase64sha256(local.zips["layer"]), null)
  compatible_runtimes      = ["nodejs24.x"]
  compatible_architectures = ["arm64"]

  lifecycle {
    # A function keeps its copy of a layer version that has been deleted, but no new one can be made with it.
    create_before_destroy = true

    precondition {
      condition     = fileexists(local.zips["layer"])
      error_message = "${local.zips["layer"]} is missing. Run npm run build first."
    }
  }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = var.functions

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "function" {
  for_each = var.functions

  function_name    = "${var.name}-${each.key}"
  description      = coalesce(each.value.route, each.value.queue == null ? "Asked by API Gateway whose a token is" : "Takes the messages of the queue ${coalesce(each.value.queue, "-")}")
  role             = aws_iam_role.function[each.key].arn
  filename         = local.zips[each.key]
  source_code_hash = try(filebase64sha256(local.zips[each.key]), null)
  handler          = "index.handler"
  runtime          = "nodejs24.x"
  architectures    = ["arm64"]
  layers           = [aws_lambda_layer_version.shared.arn]
  memory_size      = each.value.memory_mb
  timeout          = each.value.timeout_s

  # A cap on what a flood may use, and a share that no other function can take away; -1 is none.
  reserved_concurrent_executions = var.reserve_concurrency && each.value.reserved_concurrency != null ? each.value.reserved_concurrency : -1

  # Each change becomes a version, and stays: rolling back is pointing the alias at the version before.
  publish = true

  environment {
    variables = { for variable in each.value.environment : variable => local.environment[variable] }
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.function[each.key].name
    application_log_level = "INFO"
    # Lambda's own report of each invocation, with the memory that it used, is at this level.
    system_log_level = "INFO"
  }

  tracing_config {
    mode = "Active"
  }

  lifecycle {
    precondition {
      condition     = fileexists(local.zips[each.key])
      error_message = "${local.zips[each.key]} is missing. Run npm run build first."
    }
  }

  # A function that runs before it may write its log loses it.
  depends_on = [aws_iam_role_policy.function]
}

# What the gateway and the queues call. A failed smoke test points it back at the version before.
resource "aws_lambda_alias" "live" {
  for_each = var.functions

  name             = "live"
  description      = "The version that answers requests"
  function_name    = aws_lambda_function.function[each.key].function_name
  function_version = aws_lambda_function.function[each.key].version
}
