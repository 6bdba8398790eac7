/** The pool's password policy, and Cognito's words for a password that breaks it. */
import { CognitoError } from "./errors.ts";

export const PASSWORD_POLICY = {
  MinimumLength: 8,
  RequireUppercase: true,
  RequireLowercase: true,
  RequireNumbers: true,
  RequireSymbols: true,
  TemporaryPasswordValidityDays: 7,
} as const;

/**
 * The characters that count as symbols, from "Adding user pool password requirements" in the Cognito
 * developer guide. A space counts too, as long as it is neither first nor last. Letters are ASCII only.
 */
const SYMBOLS = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-";

/** The first rule that the password breaks, in Cognito's wording, or undefined when it breaks none. */
export function broken_rule(password: string): string | undefined {
  if (password.length < PASSWORD_POLICY.MinimumLength) return "Password not long enough";
  if (!/[A-Z]/.test(password)) return "Password must have uppercase characters";
  if (!/[a-z]/.test(password)) return "Password must have lowercase characters";
  if (!/[0-9]/.test(password)) return "Password must have numeric characters";
  if (![...password.trim()].some((character) => character === " " || SYMBOLS.includes(character))) {
    return "Password must have symbol characters";
  }
  return undefined;
}

/** Throws InvalidPasswordException, naming the rule, unless the password conforms. */
export function require_conforming(password: string): void {
  const rule = broken_rule(password);
  if (rule !== undefined) {
    throw new CognitoError("InvalidPasswordException", `Password did not conform with policy: ${rule}`);
  }
}
