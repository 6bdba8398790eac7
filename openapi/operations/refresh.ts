/** POST /refresh */
import { refresh_request, refresh_response } from "../../schemas/refresh.ts";
import { type Operation, request_model, response_model } from "../operation.ts";
import { REFRESH_TOKEN, TOKEN_EXAMPLE } from "../photo_fields.ts";

export const refresh: Operation = {
  tag: "Sign-in",
  summary: "Get a new access token without a password",
  description:
    "Keep the `refreshToken` of the answer in place of the old one. It is the same as long as the user pool does not rotate " +
    "them; where it does, the old one is used up, but for a short time of grace.",
  body: {
    json: request_model(refresh_request, {
      name: "RefreshRequest",
      fields: { refreshToken: REFRESH_TOKEN },
      example: { refreshToken: TOKEN_EXAMPLE },
    }),
  },
  answers: {
    200: {
      about: "A new access token.",
      json: response_model(refresh_response, {
        name: "RefreshResponse",
        fields: {
          jwt: "The access token, for the header `JWT`.",
          expiresIn: "Seconds until `jwt` expires.",
          refreshToken: "The one to use from now on.",
        },
        example: { jwt: TOKEN_EXAMPLE, expiresIn: 3600, refreshToken: TOKEN_EXAMPLE },
      }),
    },
  },
  asks: "identity",
  problems: ["invalid_refresh_token"],
};
