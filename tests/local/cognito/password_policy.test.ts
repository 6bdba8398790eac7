import { describe, expect, it } from "vitest";
import { broken_rule } from "../../../local/cognito/password_policy.ts";
import { make_temporary_password } from "../../../local/cognito/passwords.ts";

describe("the password policy", () => {
  it.each([
    ["Sh0rt!a", "Password not long enough"],
    ["no-uppercase-1", "Password must have uppercase characters"],
    ["ÉÀ-no-ascii-uppercase-1", "Password must have uppercase characters"],
    ["NO-LOWERCASE-1", "Password must have lowercase characters"],
    ["No-digits-here", "Password must have numeric characters"],
    ["NoSymbols123", "Password must have symbol characters"],
    ["OnlyOutside1 ", "Password must have symbol characters"],
    ["NotASymbol1€", "Password must have symbol characters"],
    ["Demo-Passw0rd!", undefined],
    ["Inner space 1", undefined],
  ])("of %s says %s", (password, rule) => {
    expect(broken_rule(password)).toBe(rule);
  });

  it.each([..."^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-"])("counts %s as a symbol", (symbol) => {
    expect(broken_rule(`Passw0rd${symbol}`)).toBeUndefined();
  });

  it("is kept by every password that the pool makes up", () => {
    const passwords = Array.from({ length: 200 }, make_temporary_password);
    expect(passwords.map(broken_rule).filter((rule) => rule !== undefined)).toEqual([]);
    expect(new Set(passwords).size).toBe(200);
  });
});
