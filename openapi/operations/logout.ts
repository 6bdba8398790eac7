/** POST /logout */
import { logout_request } from "../../schemas/logout.ts";
import { type Operation, request_model } from "../operation.ts";
import { REFRESH_TOKEN, TOKEN_EXAMPLE } from "../photo_fields.ts";

export const logout: Operation = {
  tag: "Sign-in",
  summary: "Revoke a refresh token",
  description:
    "The refresh token gives no more access tokens. Those that it gave before are taken until they expire, so a client " +
    "forgets them.",
  body: {
    json: request_model(logout_request, {
      name: "LogoutRequest",
      fields: { refreshToken: REFRESH_TOKEN },
      example: { refreshToken: TOKEN_EXAMPLE },
    }),
  },
  answers: { 204: { about: "It is of no more use, or was of none already." } },
  asks: "identity",
};
