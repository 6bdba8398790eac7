import { describe, expect, it } from "vitest";
import { size_text, styled } from "../../../local/demo/output.ts";
import { make_output } from "./written.ts";

describe("size_text", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1.0 kB"],
    [59_874, "59.9 kB"],
    [4_400_000, "4.4 MB"],
    [12_270_192, "12.3 MB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(size_text(bytes)).toBe(text);
  });
});

describe("styled", () => {
  it("adds nothing where there is no terminal", () => {
    expect(styled(make_output().output, "red", "off")).toBe("off");
  });
});
