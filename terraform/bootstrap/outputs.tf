# What a person needs for the first push.

output "repository_url" {
  description = "Where to push to, with git-remote-codecommit or the credential helper of the AWS command line."
  value       = aws_codecommit_repository.source.clone_url_http
}

output "pipeline_url" {
  description = "The pipeline, for whoever is signed in to the account."
  value       = "https://${var.region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${aws_codepipeline.deploy.name}/view?region=${var.region}"
}

output "state_bucket" {
  description = "The bucket of the Terraform states."
  value       = var.state_bucket
}

output "build_project" {
  description = "The CodeBuild project that deploys."
  value       = aws_codebuild_project.deploy.name
}

output "build_role_arn" {
  description = "The role that deploys."
  value       = aws_iam_role.build.arn
}

output "permissions_boundary_arn" {
  description = "The boundary of every role that the pipeline makes: permissions_boundary_arn of terraform/."
  value       = aws_iam_policy.functions_boundary.arn
}
