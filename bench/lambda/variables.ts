/** What functions are given that are started without a stack of their own. */
import { PHOTO_MAX_BYTES } from "../../local/config.ts";

/** Values that pass the check of each function's environment. */
export const VARIABLES: Readonly<Record<string, string>> = {
  PHOTOS_BUCKET: "yourplace",
  CURSOR_KEY: "a secret of at least 32 characters",
  DETECT_DUPLICATES: "true",
  PHOTO_MAX_BYTES: String(PHOTO_MAX_BYTES),
  USER_POOL_ID: "eu-central-1_Abcdefghi",
  USER_POOL_CLIENT_ID: "1example23456789",
};

/**
 * @param names as the table of functions has them
 * @throws Error where one of them has no value here
 */
export function variables_of(
  names: readonly string[],
  values: Readonly<Record<string, string>> = VARIABLES,
): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const value = values[name];
      if (value === undefined) throw new Error(`bench/lambda/variables.ts has no value for ${name}`);
      return [name, value];
    }),
  );
}
