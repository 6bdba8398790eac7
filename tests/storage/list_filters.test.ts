import { describe, expect, it } from "vitest";
import { range_of } from "../../storage/list_filters.ts";

describe("range_of", () => {
  it("is all photos where nothing is asked for", () => {
    const range = range_of({});
    expect(range).toMatchObject({ passes_over: false, asked: "" });
    expect(range).not.toHaveProperty("after");
    expect(range).not.toHaveProperty("before");
    expect(range.has({ name: "a" })).toBe(true);
    expect(range_of({ deleted: false })).toMatchObject({ passes_over: false, asked: "" });
  });

  it("begins and ends at timestamps, whatever the zone and the precision", () => {
    const expected = { after: "20261123T101500000Z", before: "20261124T101500123Z", passes_over: false };
    expect(range_of({ from: "2026-11-23T10:15:00Z", to: "2026-11-24T10:15:00.1239Z" })).toMatchObject(
      expected,
    );
    expect(
      range_of({ from: "2026-11-23T12:15:00.000+02:00", to: "2026-11-24T04:15:00.123-06:00" }),
    ).toMatchObject(expected);
  });

  it("stays within the years that a timestamp has", () => {
    expect(range_of({ from: "0000-01-01T00:00:00+14:00" }).after).toBe("00000101T000000000Z");
    expect(range_of({ to: "9999-12-31T23:59:59-12:00" }).before).toBe("99991231T235959999Z");
  });

  it("has names that begin so, in NFC, and what is deleted or what is there", () => {
    const there = range_of({ prefix: "e\u0301" });
    expect([there.has({ name: "\u00e9t\u00e9" }), there.has({ name: "ete" })]).toEqual([true, false]);
    const deleted_at = new Date(0);
    expect(there.has({ name: "\u00e9", deleted_at })).toBe(false);
    const deleted = range_of({ deleted: true });
    expect(deleted.passes_over).toBe(true);
    expect([deleted.has({ name: "a" }), deleted.has({ name: "a", deleted_at })]).toEqual([false, true]);
  });

  it("says what was asked for: the same for the same, and another for anything else", () => {
    const from = "2026-11-23T10:15:00Z";
    const asked = [
      range_of({}),
      range_of({ from }),
      range_of({ to: from }),
      range_of({ prefix: from }),
      range_of({ deleted: true }),
      range_of({ from, deleted: true }),
    ].map((range) => range.asked);
    expect(new Set(asked).size).toBe(asked.length);
    expect(range_of({ from: "2026-11-23T11:15:00.000+01:00" }).asked).toBe(range_of({ from }).asked);
    expect(Math.max(...asked.map((text) => text.length))).toBe(22);
  });
});
