# Alarms on what a user would notice, and the topic that they go to where an address is given.

locals {
  alarm_topics = compact(concat(aws_sns_topic.alarms[*].arn, [var.alarm_topic_arn]))

  five_minutes = 300

  # Sums of five minutes for each function.
  function_alarms = {
    Errors    = "fails without an answer: it crashed, or ran out of time or memory. Its log says why."
    Throttles = "is called more often than its concurrency allows, and callers get 503."
  }
}

resource "aws_sns_topic" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  # Not encrypted: CloudWatch cannot publish with the key that AWS manages for SNS, and an alarm holds no user's data.
  name = "${var.name}-alarms"
}

resource "aws_sns_topic_subscription" "alarms" {
  count = var.alarm_email == null ? 0 : 1

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "function" {
  for_each = { for pair in setproduct(keys(var.functions), keys(local.function_alarms)) : "${pair[0]}-${lower(pair[1])}" => { function = pair[0], metric = pair[1] } }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "The function ${each.value.function} ${local.function_alarms[each.value.metric]}"
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  dimensions          = { FunctionName = aws_lambda_function.function[each.value.function].function_name }
  statistic           = "Sum"
  period              = local.five_minutes
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topics
  ok_actions          = local.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "duration" {
  for_each = var.functions

  alarm_name          = "${var.name}-${each.key}-duration"
  alarm_description   = "For a quarter of an hour, one in twenty calls of ${each.key} took more than 80 % of the ${each.value.timeout_s} s that it has."
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = aws_lambda_function.function[each.key].function_name }
  extended_statistic  = "p95"
  period              = local.five_minutes
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  # Milliseconds.
  threshold                             = each.value.timeout_s * 1000 * 0.8
  evaluate_low_sample_count_percentiles = "ignore"
  treat_missing_data                    = "notBreaching"
  alarm_actions                         = local.alarm_topics
  ok_actions                            = local.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "api_5xx" {
  alarm_name          = "${var.name}-api-5xx"
  alarm_description   = "Users get errors that are not theirs: five or more answers of the API in five minutes were 5xx."
  namespace           = "AWS/ApiGateway"
  metric_name         = "5xx"
  dimensions          = { ApiId = aws_apigatewayv2_api.http.id, Stage = aws_apigatewayv2_stage.api.name }
  statistic           = "Sum"
  period              = local.five_minutes
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topics
  ok_actions          = local.alarm_topics
}

# An authorizer that may not be called, or whose answer is malformed, shows in no metric of Lambda: the gateway answers 500
# by itself and says why in its access log only. A plain denial is a 403 and does not count.
resource "aws_cloudwatch_log_metric_filter" "authorizer_failures" {
  name           = "${var.name}-authorizer-failures"
  log_group_name = aws_cloudwatch_log_group.access.name
  pattern        = "{ ($.status = \"500\") && ($.authorizerError = \"*\") && ($.authorizerError != \"-\") }"

  metric_transformation {
    namespace     = local.own_metrics
    name          = "AuthorizerFailures"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

locals {
  own_metrics = "PhotoUploader/${var.name}"
}

resource "aws_cloudwatch_metric_alarm" "authorizer_failures" {
  alarm_name          = "${var.name}-authorizer-failures"
  alarm_description   = "The gateway could not find out whose a token is, so nobody can use the API: the authorizer fails, may not be called, or cannot get the keys of the user pool."
  namespace           = local.own_metrics
  metric_name         = aws_cloudwatch_log_metric_filter.authorizer_failures.metric_transformation[0].name
  statistic           = "Sum"
  period              = local.five_minutes
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_topics
  ok_actions          = local.alarm_topics
}
