# What to look at first when something is wrong, on one page.

locals {
  function_names = { for name in keys(var.functions) : name => aws_lambda_function.function[name].function_name }

  api_dimensions = ["ApiId", aws_apigatewayv2_api.http.id, "Stage", aws_apigatewayv2_stage.api.name]

  charts = [
    {
      title   = "Requests, and those that were refused or failed"
      stat    = "Sum"
      metrics = [for metric in ["Count", "4xx", "5xx"] : concat(["AWS/ApiGateway", metric], local.api_dimensions)]
    },
    {
      title   = "Latency of the API, ms: 95th percentile, and of the functions behind it"
      stat    = "p95"
      metrics = [for metric in ["Latency", "IntegrationLatency"] : concat(["AWS/ApiGateway", metric], local.api_dimensions)]
    },
    {
      title   = "Duration of the functions, ms: 95th percentile"
      stat    = "p95"
      metrics = [for name, function in local.function_names : ["AWS/Lambda", "Duration", "FunctionName", function, { label = name }]]
    },
    {
      title   = "Calls"
      stat    = "Sum"
      metrics = [for name, function in local.function_names : ["AWS/Lambda", "Invocations", "FunctionName", function, { label = name }]]
    },
    {
      title   = "Errors"
      stat    = "Sum"
      metrics = [for name, function in local.function_names : ["AWS/Lambda", "Errors", "FunctionName", function, { label = name }]]
    },
    {
      title   = "Throttles"
      stat    = "Sum"
      metrics = [for name, function in local.function_names : ["AWS/Lambda", "Throttles", "FunctionName", function, { label = name }]]
    },
    {
      title   = "Sandboxes at once"
      stat    = "Maximum"
      metrics = [for name, function in local.function_names : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", function, { label = name }]]
    },
    {
      title   = "Failures of the authorizer"
      stat    = "Sum"
      metrics = [[local.own_metrics, "AuthorizerFailures"]]
    },
  ]
}

resource "aws_cloudwatch_dashboard" "operations" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = concat(
      [
        for index, chart in local.charts : {
          type   = "metric"
          x      = index % 2 * 12
          y      = floor(index / 2) * 6
          width  = 12
          height = 6
          properties = {
            title   = chart.title
            region  = var.region
            stat    = chart.stat
            period  = local.five_minutes
            view    = "timeSeries"
            metrics = chart.metrics
          }
        }
      ],
      [
        {
          type   = "log"
          x      = 0
          y      = ceil(length(local.charts) / 2) * 6
          width  = 24
          height = 6
          properties = {
            title  = "The last warnings and errors of the functions"
            region = var.region
            view   = "table"
            query = join(" | ", concat(
              [for group in aws_cloudwatch_log_group.function : "SOURCE '${group.name}'"],
              ["fields @timestamp, @log, level, message, requestId", "filter level in [\"WARN\", \"ERROR\"]", "sort @timestamp desc", "limit 50"],
            ))
          }
        }
      ],
    )
  })
}
