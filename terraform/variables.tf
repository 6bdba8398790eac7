# What a team sets. Every variable has a default but the table of functions, which functions.auto.tfvars.json holds.

variable "functions" {
  description = "The one table of functions: route or queue, memory, time-out, settings and permissions of each. permissions lists IAM actions by the resource of iam.tf that they are for."
  type = map(object({
    route                = optional(string)
    queue                = optional(string)
    authorized           = optional(bool, false)
    memory_mb            = number
    timeout_s            = number
    reserved_concurrency = optional(number)
    environment          = list(string)
    permissions          = map(list(string))
  }))
  nullable = false

  validation {
    condition     = contains(keys(var.functions), "authorizer")
    error_message = "There must be a function named authorizer."
  }
  validation {
    condition     = alltrue([for name, f in var.functions : can(regex("^[a-z][a-z0-9_]*$", name))])
    error_message = "The names of functions are in snake case."
  }
  validation {
    condition     = alltrue([for name, f in var.functions : length([for way in [f.route, f.queue] : way if way != null]) == (name == "authorizer" ? 0 : 1)])
    error_message = "Every function but the authorizer has a route or a queue, and not both."
  }
  validation {
    condition     = alltrue([for f in var.functions : can(regex("^[A-Z]+ /\\S*$", f.route)) if f.route != null])
    error_message = "A route is a method and a path, such as \"POST /login\"."
  }
  validation {
    condition     = length(distinct([for f in var.functions : f.route if f.route != null])) == length([for f in var.functions : f.route if f.route != null])
    error_message = "Two functions have the same route."
  }
  validation {
    # As queue_name in local/functions_table.ts; queues.tf says which objects each of them is for.
    condition     = sort([for f in var.functions : f.queue if f.queue != null]) == tolist(["admissions", "exports", "extractions"])
    error_message = "There are three queues, admissions, extractions and exports, and one function for each."
  }
  validation {
    condition     = alltrue([for f in var.functions : f.route != null if f.authorized])
    error_message = "The authorizer is asked about routes only."
  }
  validation {
    # An HTTP API waits 30 s for a function and 10 s for an authorizer, and neither can be raised. Messages can wait.
    condition     = alltrue([for name, f in var.functions : f.timeout_s >= 1 && f.timeout_s <= (name == "authorizer" ? 10 : f.queue == null ? 29 : 900)])
    error_message = "timeout_s is 1 to 29, and at most 10 for the authorizer: API Gateway waits no longer. For a function of a queue it is at most 900."
  }
  validation {
    condition     = alltrue([for f in var.functions : f.memory_mb >= 128 && f.memory_mb <= 10240 && f.memory_mb == floor(f.memory_mb)])
    error_message = "memory_mb is a whole number from 128 to 10240."
  }
  validation {
    condition     = alltrue([for f in var.functions : f.reserved_concurrency == null ? true : f.reserved_concurrency >= 1])
    error_message = "reserved_concurrency is at least 1; with 0 a function would never run."
  }
  validation {
    condition     = alltrue(flatten([for f in var.functions : [for actions in values(f.permissions) : [for action in actions : can(regex("^[a-z0-9-]+:[A-Za-z]+$", action))]]]))
    error_message = "An action of permissions is a service and one whole action, such as s3:GetObject; no wildcard."
  }
}

variable "region" {
  description = "The AWS region of everything."
  type        = string
  default     = "eu-central-1"
  nullable    = false
}

variable "name" {
  description = "Begins the name of every function, role, log group and alarm, so that an account can hold several deployments."
  type        = string
  default     = "photo-uploader"
  nullable    = false

  validation {
    # A role's name has at most 64 characters, of which the longest function takes 20.
    condition     = can(regex("^[a-z][a-z0-9-]{0,39}$", var.name))
    error_message = "name is 1 to 40 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "tags" {
  description = "Tags of every resource, beside Project."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "photos_bucket" {
  description = "The bucket of the photos. Names of buckets are shared by all of AWS, so yours is hardly the default."
  type        = string
  default     = "yourplace"
  nullable    = false

  validation {
    # The same rule as in schemas/environment.ts.
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.photos_bucket))
    error_message = "photos_bucket is 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "old_version_days" {
  description = "Days for which a deleted photo can still be brought back: it stays as an old version in the bucket, and is paid for."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.old_version_days >= 1 && var.old_version_days == floor(var.old_version_days)
    error_message = "old_version_days is a whole number of at least 1."
  }
}

variable "photo_max_bytes" {
  description = "How large a photo may be that is sent to the bucket itself, in bytes."
  type        = number
  default     = 200000000
  nullable    = false

  validation {
    # A photo is published by CopyObject, which takes no more than 5 GiB: schemas/environment.ts has the same limit.
    condition     = var.photo_max_bytes >= 1 && var.photo_max_bytes <= 5368709120 && var.photo_max_bytes == floor(var.photo_max_bytes)
    error_message = "photo_max_bytes is a whole number from 1 to 5368709120: S3 copies no larger object at once."
  }
}

variable "detect_duplicates" {
  description = "Whether a photo that its user has already, byte for byte, is not stored once more. Photos that are stored while it is off are not known later."
  type        = bool
  default     = true
  nullable    = false
}

variable "quarantine_days" {
  description = "Days for which an upload stays in the quarantine: a file that nobody could admit, and an archive with its extraction."
  type        = number
  default     = 7
  nullable    = false

  validation {
    # An upload in parts may take a day.
    condition     = var.quarantine_days >= 2 && var.quarantine_days == floor(var.quarantine_days)
    error_message = "quarantine_days is a whole number of at least 2."
  }
}

variable "job_days" {
  description = "Days for which it is known what became of an upload, and how the extraction of an archive went."
  type        = number
  default     = 30
  nullable    = false

  validation {
    # An archive of which nothing is known any more would be extracted again, should its message come again.
    condition     = var.job_days > var.quarantine_days && var.job_days == floor(var.job_days)
    error_message = "job_days is a whole number, and more than quarantine_days."
  }
}

variable "export_days" {
  description = "Days for which an archive of photos that was asked for by /download can be fetched, and it is known that there was one."
  type        = number
  default     = 2
  nullable    = false

  validation {
    # S3 counts from the next midnight, UTC, so that a day is one at least; an export of 50 GiB takes less than an hour.
    condition     = var.export_days >= 1 && var.export_days == floor(var.export_days)
    error_message = "export_days is a whole number of at least 1."
  }
}

variable "packages" {
  description = "Where npm run build put the zips, seen from this folder; {name} stands for the function, or for layer."
  type        = string
  default     = "../dist/{name}.zip"
  nullable    = false
}

# ---- HTTP API ----

variable "stage_name" {
  description = "The stage, and the first segment of every path of the API; with $default there is none."
  type        = string
  default     = "test"
  nullable    = false

  validation {
    condition     = can(regex("^(\\$default|[A-Za-z0-9_-]{1,128})$", var.stage_name))
    error_message = "stage_name is $default, or up to 128 letters, digits, hyphens and underscores."
  }
}

variable "token_header" {
  description = "The header that carries the access token. It is the authorizer's identity source: a request without it gets 401, and costs no invocation."
  type        = string
  default     = "JWT"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.token_header))
    error_message = "token_header is letters, digits, hyphens and underscores, such as Authorization."
  }
}

variable "authorizer_ttl_s" {
  description = "Seconds for which API Gateway keeps the authorizer's verdict on a token; 0 asks every time. A token that has expired is taken for as long."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.authorizer_ttl_s >= 0 && var.authorizer_ttl_s <= 3600
    error_message = "authorizer_ttl_s is 0 to 3600."
  }
}

variable "cors_origins" {
  description = "Origins whose pages may call the API from a browser, such as https://app.example.com."
  type        = list(string)
  default     = ["*"]
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_origins : can(regex("^(\\*|https?://[^/*]+)$", origin))])
    error_message = "An origin is *, or a scheme and a host without a path."
  }
}

variable "default_throttle" {
  description = "Requests per second, and at once, that each route takes from all clients together; more get 429."
  type        = object({ rate_per_s = number, burst = number })
  default     = { rate_per_s = 50, burst = 100 }
  nullable    = false

  validation {
    condition     = var.default_throttle.rate_per_s > 0 && var.default_throttle.burst >= 1
    error_message = "rate_per_s is above 0 and burst at least 1; with 0 nothing would be let through."
  }
}

variable "throttles" {
  description = "Functions whose route takes more or fewer requests than default_throttle. /login is tight, since it is open to everybody and guesses passwords at this speed."
  type        = map(object({ rate_per_s = number, burst = number }))
  default = {
    login = { rate_per_s = 5, burst = 10 }
    unzip = { rate_per_s = 10, burst = 20 }
  }
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.throttles) : try(var.functions[name].route, null) != null])
    error_message = "throttles names a function that has no route."
  }
  validation {
    condition     = alltrue([for throttle in values(var.throttles) : throttle.rate_per_s > 0 && throttle.burst >= 1])
    error_message = "rate_per_s is above 0 and burst at least 1; with 0 nothing would be let through."
  }
}

variable "domain" {
  description = "A domain of your own for the API, with the ARN of its certificate in the same region. Point its DNS name at the output domain_target. There is no stage in its paths."
  type        = object({ name = string, certificate_arn = string })
  default     = null

  validation {
    condition     = var.domain == null ? true : can(regex("^arn:[^:]+:acm:", var.domain.certificate_arn))
    error_message = "domain.certificate_arn is the ARN of an ACM certificate."
  }
}

# ---- Cognito ----

variable "self_sign_up" {
  description = "Whether people sign themselves up with Cognito; otherwise only an administrator makes users."
  type        = bool
  default     = true
  nullable    = false
}

variable "access_token_minutes" {
  description = "Minutes for which an access token is taken. It cannot be called back before."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.access_token_minutes >= 5 && var.access_token_minutes <= 1440
    error_message = "access_token_minutes is 5 to 1440."
  }
}

variable "refresh_token_days" {
  description = "Days for which an app gets new access tokens without a new sign-in."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.refresh_token_days >= 1 && var.refresh_token_days <= 3650
    error_message = "refresh_token_days is 1 to 3650."
  }
}

variable "user_pool_tier" {
  description = "The feature plan of the user pool. Everything that this project uses is in LITE."
  type        = string
  default     = "LITE"
  nullable    = false

  validation {
    condition     = contains(["LITE", "ESSENTIALS", "PLUS"], var.user_pool_tier)
    error_message = "user_pool_tier is LITE, ESSENTIALS or PLUS."
  }
}

variable "email" {
  description = "The SES identity that Cognito sends its e-mails with. Without one it sends at most 50 a day, from an address of AWS."
  type        = object({ ses_identity_arn = string, from = string })
  default     = null
}

variable "deletion_protection" {
  description = "Whether the user pool refuses to be deleted. Set it to false, and apply, before a destroy."
  type        = bool
  default     = true
  nullable    = false
}

# ---- Lambda and IAM ----

variable "reserve_concurrency" {
  description = "Whether the table's reserved_concurrency is set. A new account may have too little concurrency to reserve any of it."
  type        = bool
  default     = true
  nullable    = false
}

variable "queue_concurrency" {
  description = "How many sandboxes at once take messages of each queue. Those of extractions are all users' together; one archive has four of them at most. An export has one."
  type = object({
    admissions  = optional(number, 10)
    extractions = optional(number, 20)
    exports     = optional(number, 10)
  })
  default  = {}
  nullable = false

  validation {
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    condition     = alltrue([for most in values(var.queue_concurrency) : most >= 2 && most <= 1000 && most == floor(most)])
    error_message = "queue_concurrency is whole numbers from 2 to 1000."
  }
}

variable "permissions_boundary_arn" {
  description = "A permissions boundary for every role, where your organisation demands one."
  type        = string
  default     = null
}

# ---- Logs and alarms ----

variable "log_retention_days" {
  description = "Days for which every log group keeps its records."
  type        = number
  default     = 30
  nullable    = false

  validation {
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html, without 0: for ever.
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of the periods that CloudWatch knows, such as 7, 14, 30, 90 or 365."
  }
}

variable "alarm_email" {
  description = "Who gets the alarms by e-mail, and has to confirm it once. Without an address no topic is made."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email is an e-mail address."
  }
}

variable "alarm_topic_arn" {
  description = "An SNS topic of yours that gets the alarms as well."
  type        = string
  default     = null
}
