# What an app is configured with, and what the pipeline needs.

output "api_url" {
  description = "Before the path of every endpoint; without a slash at its end."
  value       = var.domain == null ? trimsuffix(aws_apigatewayv2_stage.api.invoke_url, "/") : "https://${var.domain.name}"
}

output "region" {
  description = "Where everything is, and with which Cognito an app speaks."
  value       = var.region
}

output "user_pool_id" {
  description = "The user pool."
  value       = aws_cognito_user_pool.users.id
}

output "user_pool_client_id" {
  description = "The app client, with which users sign up and in."
  value       = aws_cognito_user_pool_client.app.id
}

output "token_header" {
  description = "The header that carries the access token."
  value       = var.token_header
}

output "photos_bucket" {
  description = "The bucket of the photos."
  value       = aws_s3_bucket.photos.bucket
}

output "functions" {
  description = "The functions by their name in the table; alias is what the gateway calls, version what it stands for now."
  value = {
    for name, alias in aws_lambda_alias.live : name => {
      function_name = alias.function_name
      alias         = alias.name
      version       = alias.function_version
    }
  }
}

output "dashboard_url" {
  description = "The dashboard, for whoever is signed in to the account."
  value       = "https://${var.region}.console.aws.amazon.com/cloudwatch/home?region=${var.region}#dashboards:name=${aws_cloudwatch_dashboard.operations.dashboard_name}"
}

output "alarm_topic_arn" {
  description = "The topic that was made for alarm_email; null without one."
  value       = one(aws_sns_topic.alarms[*].arn)
}

output "domain_target" {
  description = "What the DNS name of the domain has to point at: an alias or a CNAME; null without a domain."
  value       = one(aws_apigatewayv2_domain_name.own[*].domain_name_configuration[0].target_domain_name)
}
