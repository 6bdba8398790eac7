import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { photo_filename } from "../../layer/photo_keys.ts";
import { content_type, filename, size, uploaded_at } from "../../schemas/photo.ts";
import { holds } from "../support/holds.ts";
import { file_name, time } from "../support/names.ts";

describe("filename", () => {
  it("takes every filename that a photo can have", () => {
    holds(
      fc.property(time, file_name, (at, name) => {
        expect(filename.safeParse(photo_filename(at, name)).success).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(filename.safeParse(photo_filename(new Date(), "x".repeat(5_000))).success).toBe(true);
  });

  it.each(["", "x".repeat(276), 7, null, undefined, ["a"]])("refuses %j", (value) => {
    expect(filename.safeParse(value).success).toBe(false);
  });
});

describe("uploaded_at", () => {
  it("takes every time that a timestamp can express, as JavaScript writes it", () => {
    holds(
      fc.property(time, (at) => {
        expect(uploaded_at.safeParse(at.toISOString()).success).toBe(true);
      }),
    );
  });

  it.each(["2026-11-23", "2026-11-23T10:15:30Z", "2026-11-23T10:15:30.123", "2026-02-30T10:15:30.123Z"])(
    "refuses %s",
    (value) => {
      expect(uploaded_at.safeParse(value).success).toBe(false);
    },
  );
});

describe("size and content_type", () => {
  it.each([-1, 1.5, "7", Number.NaN])("a size is no %j", (value) => {
    expect(size.safeParse(value).success).toBe(false);
  });

  it("a size may be nothing", () => {
    expect(size.safeParse(0).success).toBe(true);
  });

  it("a content type is a text", () => {
    expect(content_type.safeParse(undefined).success).toBe(false);
  });
});
