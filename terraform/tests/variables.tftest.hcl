# What the variables refuse, so that a mistake is seen before anything is made.

mock_provider "aws" {}

variables {
  packages = "functions.auto.tfvars.json"
}

# What the tables below would be without the one mistake of each.
run "no_mistake" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      login      = { route = "POST /login", memory_mb = 256, timeout_s = 29, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
}

run "no_authorizer" {
  command = plan
  variables {
    throttles = {}
    functions = {
      login   = { route = "POST /login", memory_mb = 256, timeout_s = 15, environment = [], permissions = {} }
      admit   = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export  = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "a_function_without_a_route" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      login      = { memory_mb = 256, timeout_s = 15, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "a_route_and_a_queue" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      admit      = { queue = "admissions", route = "POST /admit", memory_mb = 256, timeout_s = 29, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "an_authorizer_with_a_queue" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { queue = "admissions", memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "no_route" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      login      = { route = "/login", memory_mb = 256, timeout_s = 15, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "one_route_twice" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      login      = { route = "POST /login", memory_mb = 256, timeout_s = 15, environment = [], permissions = {} }
      sign_in    = { route = "POST /login", memory_mb = 256, timeout_s = 15, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "a_queue_that_there_is_not" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      shrink     = { queue = "thumbnails", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "one_queue_twice" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      admit_too  = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "a_queue_without_a_function" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "an_authorizer_before_a_queue" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      admit      = { queue = "admissions", authorized = true, memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "longer_than_the_gateway_waits" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      login      = { route = "POST /login", memory_mb = 256, timeout_s = 30, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "an_authorizer_longer_than_the_gateway_waits" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 11, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "longer_than_lambda_waits" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 901, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "more_memory_than_lambda_has" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 10241, timeout_s = 10, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "a_wildcard_for_an_action" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, environment = [], permissions = { photos = ["s3:*"] } }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "a_concurrency_of_none" {
  command = plan
  variables {
    throttles = {}
    functions = {
      authorizer = { memory_mb = 256, timeout_s = 10, reserved_concurrency = 0, environment = [], permissions = {} }
      admit      = { queue = "admissions", memory_mb = 256, timeout_s = 60, environment = [], permissions = {} }
      extract    = { queue = "extractions", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
      export     = { queue = "exports", memory_mb = 256, timeout_s = 900, environment = [], permissions = {} }
    }
  }
  expect_failures = [var.functions]
}

run "values_out_of_range" {
  command = plan
  variables {
    name                 = "Photos"
    photos_bucket        = "No_Bucket"
    old_version_days     = 0
    photo_max_bytes      = 5368709121
    quarantine_days      = 1
    queue_concurrency    = { admissions = 1 }
    stage_name           = "a/b"
    token_header         = "the token"
    authorizer_ttl_s     = 3601
    cors_origins         = ["https://example.com/"]
    default_throttle     = { rate_per_s = 0, burst = 1 }
    domain               = { name = "api.example.com", certificate_arn = "none" }
    access_token_minutes = 1
    refresh_token_days   = 0
    user_pool_tier       = "FREE"
    log_retention_days   = 0
    alarm_email          = "nobody"
  }
  expect_failures = [
    var.name, var.photos_bucket, var.old_version_days, var.photo_max_bytes, var.quarantine_days, var.queue_concurrency, var.stage_name, var.token_header, var.authorizer_ttl_s,
    var.cors_origins, var.default_throttle, var.domain, var.access_token_minutes,
    var.refresh_token_days, var.user_pool_tier, var.log_retention_days, var.alarm_email,
  ]
}

run "a_throttle_of_what_has_no_route" {
  command = plan
  variables {
    throttles = { authorizer = { rate_per_s = 1, burst = 1 } }
  }
  expect_failures = [var.throttles]
}

run "a_throttle_of_a_queue" {
  command = plan
  variables {
    throttles = { admit = { rate_per_s = 1, burst = 1 } }
  }
  expect_failures = [var.throttles]
}

run "what_is_known_of_an_archive_goes_before_it" {
  command = plan
  variables {
    quarantine_days = 30
    job_days        = 30
  }
  expect_failures = [var.job_days]
}

run "a_throttle_of_nothing" {
  command = plan
  variables {
    throttles = { login = { rate_per_s = 0, burst = 1 } }
  }
  expect_failures = [var.throttles]
}

run "without_a_build" {
  command = plan
  variables {
    packages = "nowhere/{name}.zip"
  }
  expect_failures = [aws_lambda_layer_version.shared]
}
