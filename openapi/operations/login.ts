/** POST /login */
import { login_request, login_response } from "../../schemas/login.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import { TOKEN_EXAMPLE } from "../photo_fields.ts";

export const login: Operation = {
  tag: "Sign-in",
  summary: "Sign in with a user name and a password",
  description:
    "A user whom an administrator has made signs in with the temporary password and is answered 403 `new_password_required`; " +
    "the same call with `newPassword` sets it and signs in. Users sign up with Cognito itself.",
  body: {
    json: request_model(login_request, {
      name: "LoginRequest",
      fields: {
        username: "The e-mail address.",
        password: "The password, or the temporary one.",
        newPassword: "The answer to `new_password_required`.",
      },
      example: { username: "mia@example.com", password: "Pa55-word!" },
    }),
  },
  answers: {
    200: {
      about: "Signed in.",
      json: response_model(login_response, {
        name: "LoginResponse",
        fields: {
          jwt: "The access token, for the header `JWT`.",
          credentials: "The user name as it was given.",
          expiresIn: "Seconds until `jwt` expires.",
          refreshToken: "For `/refresh` and `/logout`. Keep it as secret as the password.",
        },
        example: {
          jwt: TOKEN_EXAMPLE,
          credentials: "mia@example.com",
          expiresIn: 3600,
          refreshToken: TOKEN_EXAMPLE,
        },
      }),
    },
  },
  asks: "identity",
  problems: [
    "invalid_new_password",
    "invalid_credentials",
    "new_password_required",
    "user_not_confirmed",
    "password_reset_required",
    "challenge_not_supported",
  ],
};
