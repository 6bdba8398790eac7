# What a team sets. The first three have to be the same as in terraform/: the build hands them over.

variable "name" {
  description = "The name of the deployment, as in terraform/. Its pipeline may change what begins with it and a hyphen, so no two names in one account should be photos and photos-test."
  type        = string
  default     = "photo-uploader"
  nullable    = false

  validation {
    # The bucket of the artifacts is NAME-pipeline-ACCOUNT, and a bucket's name has at most 63 characters.
    condition     = can(regex("^[a-z][a-z0-9-]{0,39}$", var.name))
    error_message = "name is 1 to 40 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "region" {
  description = "The AWS region of everything."
  type        = string
  default     = "eu-central-1"
  nullable    = false
}

variable "photos_bucket" {
  description = "The bucket of the photos, which the deployment makes. Names of buckets are shared by all of AWS."
  type        = string
  default     = "yourplace"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.photos_bucket))
    error_message = "photos_bucket is 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "domain" {
  description = "The domain of the API, such as api.example.com, if terraform/ gives it one."
  type        = string
  default     = null

  validation {
    condition     = var.domain == null ? true : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.domain))
    error_message = "domain is the name of a domain, without a scheme and without a path."
  }
}

variable "tags" {
  description = "Tags of every resource that is made here, beside Project."
  type        = map(string)
  default     = {}
  nullable    = false
}

# ---- State ----

variable "state_bucket" {
  description = "The bucket of the Terraform states. Names of buckets are shared by all of AWS, so yours is hardly the default."
  type        = string
  default     = "terraform-remote-state"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket))
    error_message = "state_bucket is 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "create_state_bucket" {
  description = "Whether the bucket of the states is made here; false where your organisation has one."
  type        = bool
  default     = true
  nullable    = false
}

variable "state_region" {
  description = "The region of the bucket of the states, where that is there already; the region of everything unless set."
  type        = string
  default     = null

  validation {
    condition     = var.state_region == null || !var.create_state_bucket
    error_message = "A bucket that is made here is in the region of everything."
  }
}

variable "state_key" {
  description = "The key of the deployment's state. Another deployment needs another."
  type        = string
  default     = "photo-uploader/terraform.tfstate"
  nullable    = false
}

# ---- Source and build ----

variable "repository" {
  description = "The CodeCommit repository that is made."
  type        = string
  default     = "photo-uploader"
  nullable    = false
}

variable "branch" {
  description = "The branch whose every push is deployed."
  type        = string
  default     = "main"
  nullable    = false
}

variable "build_architecture" {
  description = "What the builds run on, x86_64 or arm64. It does not matter to the functions, which are the same bytes from either."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(keys(local.build_machines), var.build_architecture)
    error_message = "build_architecture is arm64 or x86_64."
  }
}

variable "build_compute_type" {
  description = "How large the machine of the builds is; the tests want two processors and 4 GB at least."
  type        = string
  default     = "BUILD_GENERAL1_MEDIUM"
  nullable    = false

  validation {
    condition     = contains(["BUILD_GENERAL1_MEDIUM", "BUILD_GENERAL1_LARGE", "BUILD_GENERAL1_XLARGE"], var.build_compute_type)
    error_message = "build_compute_type is BUILD_GENERAL1_MEDIUM, BUILD_GENERAL1_LARGE or BUILD_GENERAL1_XLARGE."
  }
}

variable "smoke_test_secret_arn" {
  description = "A secret of Secrets Manager with the keys username and password, by which the smoke test signs in. Without it only what needs no user is tested."
  type        = string
  default     = null

  validation {
    condition     = var.smoke_test_secret_arn == null ? true : can(regex("^arn:[^:]+:secretsmanager:[^:]+:[0-9]{12}:secret:[^:*?]+-[A-Za-z0-9]{6}$", var.smoke_test_secret_arn))
    error_message = "smoke_test_secret_arn is the whole ARN of a secret, with the six characters at its end."
  }
}

variable "failure_email" {
  description = "Who is told of a deployment that failed, and has to confirm the address once."
  type        = string
  default     = null

  validation {
    condition     = var.failure_email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+$", var.failure_email))
    error_message = "failure_email is an e-mail address."
  }
}

variable "log_retention_days" {
  description = "Days for which the logs of the builds are kept."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of the periods that CloudWatch knows, such as 30, 90 or 365."
  }
}

variable "artifact_days" {
  description = "Days for which sources, plans and the builds' caches are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.artifact_days >= 1 && var.artifact_days == floor(var.artifact_days)
    error_message = "artifact_days is a whole number of at least 1."
  }
}
