# The users, and the one app client by which they sign in. The laptop's Cognito has the same settings
# (local/cognito/descriptions.ts).

resource "aws_cognito_user_pool" "users" {
  name           = var.name
  user_pool_tier = var.user_pool_tier

  # Signing in by e-mail makes the user name a UUID that is never given to another person: photos are kept under it.
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]

  username_configuration {
    case_sensitive = false
  }

  # The old address signs in, and gets the codes, until the new one has been confirmed.
  user_attribute_update_settings {
    attributes_require_verification_before_update = ["email"]
  }

  password_policy {
    minimum_length                   = 8
    require_uppercase                = true
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = true
    temporary_password_validity_days = 7
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  admin_create_user_config {
    allow_admin_create_user_only = !var.self_sign_up
  }

  # /login answers no challenge but that of a new password.
  mfa_configuration = "OFF"

  deletion_protection = var.deletion_protection ? "ACTIVE" : "INACTIVE"

  dynamic "email_configuration" {
    for_each = var.email == null ? [] : [var.email]

    content {
      email_sending_account = "DEVELOPER"
      source_arn            = email_configuration.value.ses_identity_arn
      from_email_address    = email_configuration.value.from
    }
  }

  # A new pool would be a pool without users, and every photo would be nobody's.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_cognito_user_pool_client" "app" {
  name         = var.name
  user_pool_id = aws_cognito_user_pool.users.id

  # Apps on phones and pages can keep no secret.
  generate_secret = false

  # What /login does, and what an app does by itself when its access token has expired. No SRP, no OAuth, no custom flow.
  explicit_auth_flows                  = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  allowed_oauth_flows_user_pool_client = false
  supported_identity_providers         = ["COGNITO"]

  prevent_user_existence_errors = "ENABLED"
  enable_token_revocation       = true
  auth_session_validity         = 3

  access_token_validity  = var.access_token_minutes
  id_token_validity      = var.access_token_minutes
  refresh_token_validity = var.refresh_token_days

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }
}
