# The HTTP API: one route for each function of the table that has one, the authorizer before them, and one stage.

locals {
  routed = { for name, f in var.functions : name => f if f.route != null }

  throttles = { for name, f in local.routed : name => lookup(var.throttles, name, var.default_throttle) }
}

resource "aws_apigatewayv2_api" "http" {
  name          = var.name
  description   = "Photos of users: sign-in, uploads, archives, download, list, delete"
  protocol_type = "HTTP"

  # As default_cors() in local/gateway/cors.ts.
  cors_configuration {
    allow_origins  = var.cors_origins
    allow_methods  = ["POST", "OPTIONS"]
    allow_headers  = [lower(var.token_header), "content-type"]
    expose_headers = ["ETag", "Location", "Content-Disposition", "Retry-After"]
    max_age        = 3600
  }
}

resource "aws_apigatewayv2_authorizer" "token" {
  api_id                            = aws_apigatewayv2_api.http.id
  name                              = "token"
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = aws_lambda_alias.live["authorizer"].invoke_arn
  authorizer_payload_format_version = "2.0"
  enable_simple_responses           = true
  identity_sources                  = ["$request.header.${var.token_header}"]
  authorizer_result_ttl_in_seconds  = var.authorizer_ttl_s
}

resource "aws_lambda_permission" "authorizer" {
  statement_id  = "AllowAuthorizer"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  function_name = aws_lambda_alias.live["authorizer"].function_name
  qualifier     = aws_lambda_alias.live["authorizer"].name
  source_arn    = "${aws_apigatewayv2_api.http.execution_arn}/authorizers/${aws_apigatewayv2_authorizer.token.id}"
}

resource "aws_apigatewayv2_integration" "function" {
  for_each = local.routed

  api_id                 = aws_apigatewayv2_api.http.id
  description            = each.key
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_alias.live[each.key].invoke_arn
  payload_format_version = "2.0"
  # The most that there is: a function ends by itself, with an answer, before.
  timeout_milliseconds = 30000
}

resource "aws_apigatewayv2_route" "function" {
  for_each = local.routed

  api_id             = aws_apigatewayv2_api.http.id
  route_key          = each.value.route
  target             = "integrations/${aws_apigatewayv2_integration.function[each.key].id}"
  authorization_type = each.value.authorized ? "CUSTOM" : "NONE"
  authorizer_id      = each.value.authorized ? aws_apigatewayv2_authorizer.token.id : null
}

# For this API, this stage, this route and this alias: no other API of the account can call the function.
resource "aws_lambda_permission" "route" {
  for_each = local.routed

  statement_id  = "AllowRoute"
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  function_name = aws_lambda_alias.live[each.key].function_name
  qualifier     = aws_lambda_alias.live[each.key].name
  source_arn    = "${aws_apigatewayv2_api.http.execution_arn}/${var.stage_name}/${replace(each.value.route, " ", "")}"
}

resource "aws_cloudwatch_log_group" "access" {
  # With this beginning API Gateway may write without a resource policy that grows with every log group.
  name              = "/aws/vendedlogs/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_apigatewayv2_stage" "api" {
  api_id      = aws_apigatewayv2_api.http.id
  name        = var.stage_name
  auto_deploy = true

  # No header, no query and no body, so no token, and nothing by which a client could write a line of its own:
  # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      requestId          = "$context.requestId"
      requestTime        = "$context.requestTime"
      routeKey           = "$context.routeKey"
      status             = "$context.status"
      sourceIp           = "$context.identity.sourceIp"
      protocol           = "$context.protocol"
      responseLatency    = "$context.responseLatency"
      responseLength     = "$context.responseLength"
      integrationLatency = "$context.integrationLatency"
      integrationStatus  = "$context.integration.status"
      integrationError   = "$context.integrationErrorMessage"
      authorizerError    = "$context.authorizer.error"
      gatewayError       = "$context.error.message"
    })
  }

  default_route_settings {
    throttling_rate_limit  = var.default_throttle.rate_per_s
    throttling_burst_limit = var.default_throttle.burst
  }

  dynamic "route_settings" {
    for_each = local.throttles

    content {
      route_key              = local.routed[route_settings.key].route
      throttling_rate_limit  = route_settings.value.rate_per_s
      throttling_burst_limit = route_settings.value.burst
    }
  }

  # The settings of a route that is not there are refused.
  depends_on = [aws_apigatewayv2_route.function]
}

resource "aws_apigatewayv2_domain_name" "own" {
  count = var.domain == null ? 0 : 1

  domain_name = var.domain.name

  domain_name_configuration {
    certificate_arn = var.domain.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }
}

resource "aws_apigatewayv2_api_mapping" "own" {
  count = var.domain == null ? 0 : 1

  api_id      = aws_apigatewayv2_api.http.id
  domain_name = aws_apigatewayv2_domain_name.own[0].id
  stage       = aws_apigatewayv2_stage.api.id
}
