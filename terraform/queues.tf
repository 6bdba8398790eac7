# How work gets to the functions that no request calls: S3 tells a queue of new objects, and Lambda takes the queue's
# messages. What fails five times waits in a dead-letter queue for a person. local/queues.ts has the same numbers.

locals {
  # Which new objects each queue is told of, how many messages one invocation is given, and for how many of the function's
  # time-outs a message is then hidden. AWS advises six, for batches whose function is throttled; the laptop has the same.
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  event_sources = {
    # One at a time, since up to 500 MB are read of each for its checksum, and none is to fail for the others' sake.
    admissions = { prefix = ".quarantine/", batch_size = 1, visibility_timeouts = 6 }
    # One at a time, since a task may take all the time that a function has. Where its worker dies, a lane of the job waits
    # for this long, and a message that comes while its worker is alive does no harm.
    extractions = { prefix = ".tasks/", batch_size = 1, visibility_timeouts = 2 }
    exports     = { prefix = ".export_tasks/", batch_size = 1, visibility_timeouts = 2 }
  }

  # Each queue with the function that takes its messages.
  queues = {
    for name, f in var.functions : f.queue => merge(local.event_sources[f.queue], {
      function     = name
      visibility_s = local.event_sources[f.queue].visibility_timeouts * f.timeout_s
    }) if f.queue != null
  }

  max_receive_count = 5

  day_s = 24 * 60 * 60
}

data "aws_caller_identity" "own" {}

resource "aws_sqs_queue" "queue" {
  for_each = local.queues

  name                       = "${var.name}-${each.key}"
  visibility_timeout_seconds = each.value.visibility_s
  # A message that nobody has taken by then is lost, and no dead letter.
  message_retention_seconds = 7 * local.day_s
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "dead_letters" {
  for_each = local.queues

  name = "${var.name}-${each.key}-dead-letters"
  # The most that there is, counted from when the message was first sent.
  message_retention_seconds = 14 * local.day_s
  sqs_managed_sse_enabled   = true

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.queue[each.key].arn]
  })
}

# By itself, since each of the two queues names the other.
resource "aws_sqs_queue_redrive_policy" "queue" {
  for_each = local.queues

  queue_url = aws_sqs_queue.queue[each.key].url
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters[each.key].arn
    maxReceiveCount     = local.max_receive_count
  })
}

locals {
  tls_only = {
    for kind, queues in { queue = aws_sqs_queue.queue, dead_letters = aws_sqs_queue.dead_letters } : kind => {
      for name, queue in queues : name => {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = queue.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }
    }
  }
}

resource "aws_sqs_queue_policy" "queue" {
  for_each = local.queues

  queue_url = aws_sqs_queue.queue[each.key].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # A bucket's ARN names no account, and its name could be another's one day:
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
        Sid       = "NewObjects"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.queue[each.key].arn
        Condition = {
          ArnEquals    = { "aws:SourceArn" = aws_s3_bucket.photos.arn }
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.own.account_id }
        }
      },
      local.tls_only.queue[each.key],
    ]
  })
}

resource "aws_sqs_queue_policy" "dead_letters" {
  for_each = local.queues

  queue_url = aws_sqs_queue.dead_letters[each.key].url
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [local.tls_only.dead_letters[each.key]]
  })
}

# A bucket has one such resource: a second would undo the first.
resource "aws_s3_bucket_notification" "photos" {
  bucket = aws_s3_bucket.photos.id

  dynamic "queue" {
    for_each = local.queues

    content {
      id            = queue.key
      queue_arn     = aws_sqs_queue.queue[queue.key].arn
      events        = ["s3:ObjectCreated:*"]
      filter_prefix = queue.value.prefix
    }
  }

  # S3 sends each queue a message to try whether it may; the functions take it for what it is. And what comes before there
  # are dead letters would be tried for ever.
  depends_on = [aws_sqs_queue_policy.queue, aws_sqs_queue_redrive_policy.queue]
}

resource "aws_lambda_event_source_mapping" "queue" {
  for_each = local.queues

  event_source_arn = aws_sqs_queue.queue[each.key].arn
  function_name    = aws_lambda_alias.live[each.value.function].arn
  batch_size       = each.value.batch_size
  # Somebody may be waiting: a message is not kept until others join it.
  maximum_batching_window_in_seconds = 0
  # One message of a batch that fails does not make the others come again.
  function_response_types = ["ReportBatchItemFailures"]

  # Messages wait when so many are at work, and take no sandbox of the functions that answer requests.
  scaling_config {
    maximum_concurrency = var.queue_concurrency[each.key]
  }

  depends_on = [aws_sqs_queue_redrive_policy.queue]
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = local.queues

  alarm_name          = "${aws_sqs_queue.queue[each.key].name}-dead-letters"
  alarm_description   = "A message of ${each.key} failed ${local.max_receive_count} times, and is tried no more: an upload is not admitted, or an archive or an export stands still. docs/operations.md says what to do."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters[each.key].name }
  statistic           = "Maximum"
  period              = local.five_minutes
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topics
  ok_actions          = local.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "age" {
  for_each = local.queues

  alarm_name        = "${aws_sqs_queue.queue[each.key].name}-age"
  alarm_description = "Messages of ${each.key} wait, or fail, for longer than ${2 * each.value.visibility_s / 60} minutes: users wait for their uploads."
  namespace         = "AWS/SQS"
  metric_name       = "ApproximateAgeOfOldestMessage"
  dimensions        = { QueueName = aws_sqs_queue.queue[each.key].name }
  statistic         = "Maximum"
  period            = local.five_minutes
  # A message that failed once has been taken again by then.
  threshold           = 2 * each.value.visibility_s
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topics
  ok_actions          = local.alarm_topics
}
