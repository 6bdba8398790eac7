/** What `/login` gives to get new access tokens with; Cognito's have some 1,800 characters. */
import * as z from "zod/mini";

export const refresh_token = z.string().check(z.minLength(1), z.maxLength(8_192));
