import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { taken_at } from "../../details/taken_at.ts";
import { holds } from "../support/holds.ts";

describe("the time of a photo", () => {
  it.each([
    ["2026:07:14 12:30:00", "+02:00", "2026-07-14T12:30:00+02:00"],
    ["2026:07:14 12:30:00", "Z", "2026-07-14T12:30:00Z"],
    ["2026:07:14 12:30:00", "-09:30", "2026-07-14T12:30:00-09:30"],
    ["2026:07:14 12:30:00", undefined, "2026-07-14T12:30:00"],
    ["2026:07:14 12:30:00", "", "2026-07-14T12:30:00"],
    ["2026:07:14 12:30:00", "   :  ", "2026-07-14T12:30:00"],
    ["2026:07:14 12:30:00", "+2:00", "2026-07-14T12:30:00"],
    ["2026:07:14 12:30:00", "+15:00", "2026-07-14T12:30:00"],
    ["2026:07:14 12:30:00", "+02:60", "2026-07-14T12:30:00"],
    ["2026:07:14 12:30:00.417", "+02:00", "2026-07-14T12:30:00+02:00"],
    ["2026-07-14T12:30:00", undefined, "2026-07-14T12:30:00"],
    ["2024:02:29 23:59:59", undefined, "2024-02-29T23:59:59"],
    ["1826:01:01 00:00:00", undefined, "1826-01-01T00:00:00"],
  ])("%j with %j is %s", (time, offset, expected) => {
    expect(taken_at({ time, offset })).toBe(expected);
  });

  it.each([
    undefined,
    "",
    "    :  :     :  :  ",
    "0000:00:00 00:00:00",
    "0001:01:01 00:00:00",
    "1825:12:31 23:59:59",
    "2026:13:01 00:00:00",
    "2026:00:01 00:00:00",
    "2026:02:31 12:00:00",
    "2023:02:29 12:00:00",
    "2026:07:14 24:00:00",
    "2026:07:14 12:60:00",
    "2026:07:14 12:00:60",
    "2026:07:14",
    "26:07:14 12:00:00",
    "12026:07:14 12:00:00",
    "yesterday",
  ])("is not known from %j", (time) => {
    expect(taken_at({ time, offset: "+02:00" })).toBeUndefined();
  });

  it("is that of every second since the first photograph", () => {
    const seconds = fc.date({
      min: new Date("1826-01-01"),
      max: new Date("9999-12-31"),
      noInvalidDate: true,
    });
    holds(
      fc.property(seconds, (date) => {
        const text = date.toISOString().slice(0, 19);
        expect(taken_at({ time: text.replaceAll("-", ":").replace("T", " "), offset: undefined })).toBe(text);
      }),
    );
  });
});
