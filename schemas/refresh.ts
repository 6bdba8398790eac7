/** POST /refresh */
import * as z from "zod/mini";
import { login_response } from "./login.ts";
import { refresh_token } from "./refresh_token.ts";

export const refresh_request = z.strictObject({ refreshToken: refresh_token });

/** `refreshToken` is a new one where the app client rotates them; the one before is then used up. */
export const refresh_response = z.pick(login_response, { jwt: true, expiresIn: true, refreshToken: true });

export type RefreshRequest = z.infer<typeof refresh_request>;
export type RefreshResponse = z.infer<typeof refresh_response>;
