import { describe, expect, it } from "vitest";
import { token_in, username_of } from "../../layer/jwt.ts";

describe("token_in", () => {
  it.each([
    ["eyJ.a.b", "eyJ.a.b"],
    ["Bearer eyJ.a.b", "eyJ.a.b"],
    ["bearer eyJ.a.b", "eyJ.a.b"],
    ["BEARER   eyJ.a.b", "eyJ.a.b"],
    ["  Bearer eyJ.a.b ", "eyJ.a.b"],
    ["Bearereyj.a.b", "Bearereyj.a.b"],
    ["Basic dXNlcg==", "Basic dXNlcg=="],
    ["Bearer Bearer x", "Bearer x"],
    ["", ""],
  ])("takes from %j the token %j", (header, token) => {
    expect(token_in(header)).toBe(token);
  });
});

describe("username_of", () => {
  it("is the username claim, which is not the subject's e-mail", () => {
    const claims = { username: "f4a1b2c3", sub: "f4a1b2c3", email: "ann@example.com" };
    expect(username_of(claims)).toBe("f4a1b2c3");
  });

  it.each([{}, { username: "" }, { username: 7 }, { username: undefined }, { username: ["ann"] }])(
    "is nobody for the claims %j",
    (claims) => {
      expect(username_of(claims)).toBeUndefined();
    },
  );
});
