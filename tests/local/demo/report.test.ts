import { describe, expect, it } from "vitest";
import { report_on } from "../../../local/demo/report.ts";
import { CONTROL_CHARACTER, make_output } from "./written.ts";

describe("a report", () => {
  it("ticks what is as it should be", () => {
    const written = make_output();
    const report = report_on(written.output);
    report.check("the sizes agree", { size: 1 }, { size: 1 });
    expect(written.lines()).toEqual(["  ✓ the sizes agree"]);
    expect(report.failures()).toBe(0);
  });

  it("says what was expected and what came, and counts it", () => {
    const written = make_output();
    const report = report_on(written.output);
    report.check("the photo is refused", "201", "415 not_an_image");
    report.check("the sizes agree", { size: 1 }, { size: 2 });
    expect(written.lines()).toEqual([
      "  ✗ the photo is refused",
      "      expected  415 not_an_image",
      "      came      201",
      "  ✗ the sizes agree",
      "      expected  { size: 2 }",
      "      came      { size: 1 }",
    ]);
    expect(report.failures()).toBe(2);
  });

  it("indents what has several lines", () => {
    const written = make_output();
    report_on(written.output).fail("POST /list", "a\nb", "200");
    expect(written.lines().slice(2)).toEqual(["      came      a", "                b"]);
  });

  it("has no control character where there is no terminal", () => {
    const written = make_output();
    const report = report_on(written.output);
    report.heading("Listing");
    report.table([{ heading: "name" }], [["a.jpg"]]);
    report.fail("claim", "this", "that");
    expect(written.text()).not.toMatch(CONTROL_CHARACTER);
  });
});
