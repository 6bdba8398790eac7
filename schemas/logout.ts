/** POST /logout */
import * as z from "zod/mini";
import { refresh_token } from "./refresh_token.ts";

export const logout_request = z.strictObject({ refreshToken: refresh_token });

export type LogoutRequest = z.infer<typeof logout_request>;
