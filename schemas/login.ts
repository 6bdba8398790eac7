/** POST /login */
import * as z from "zod/mini";

const password = z.string().check(z.minLength(1), z.maxLength(256));

export const login_request = z.strictObject({
  username: z.string().check(z.minLength(1), z.maxLength(128)),
  password,
  newPassword: z.optional(password),
});

export const login_response = z.strictObject({
  /** The access token; send it in the token header. */
  jwt: z.string(),
  /** The user name as it was given. */
  credentials: z.string(),
  /** Seconds until `jwt` expires. */
  expiresIn: z.int().check(z.positive()),
  refreshToken: z.string(),
});

export type LoginRequest = z.infer<typeof login_request>;
export type LoginResponse = z.infer<typeof login_response>;
