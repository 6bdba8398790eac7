# What a deployment by pipeline needs before its first push. A person applies it once, and after a change to it; the
# pipeline never does. docs/operations.md has the steps.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.19"
    }
  }

  # No backend: the bucket of the states does not exist before the first apply. docs/operations.md says how to move the
  # state there afterwards.
}

provider "aws" {
  region = var.region

  default_tags {
    # Not the deployment's own tag, by which its pipeline knows what it may change.
    tags = merge({ Project = "${var.name}-pipeline" }, var.tags)
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition

  # Before the name of what is in this region of this account: ":lambda:…:function:x".
  here = "${var.region}:${local.account}"
}
