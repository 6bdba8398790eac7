# Where the state lives, which provider makes everything, and what every resource is tagged with.

terraform {
  # use_lockfile is stable from 1.11; the pipeline runs 1.14.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # 6.19 is the first that knows nodejs24.x.
      version = "~> 6.19"
    }
  }

  # A backend takes no variables: bucket and region come in as
  #   terraform init -backend-config="bucket=terraform-remote-state" -backend-config="region=eu-central-1"
  backend "s3" {
    key          = "photo-uploader/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = merge({ Project = var.name }, var.tags)
  }
}
