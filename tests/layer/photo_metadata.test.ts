import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { photo_metadata, present_photo } from "../../layer/photo_metadata.ts";
import { holds } from "../support/holds.ts";

const SHA256 = "5".repeat(64);
const DETAILS = { taken_at: "2026-07-14T12:30:00+02:00", width: 65_535, height: 65_535 };

describe("the metadata of a photo", () => {
  it("has its name, and what else is known", () => {
    expect(photo_metadata("ü.jpg")).toEqual({ "original-name": "%C3%BC.jpg" });
    expect(photo_metadata("a.jpg", { sha256: SHA256 }, "upload/7")).toEqual({
      "original-name": "a.jpg",
      "upload-id": "upload/7",
      sha256: SHA256,
    });
    expect(photo_metadata("a.jpg", { taken_at: "2026-07-14T12:30:00", width: 3_024, height: 4_032 })).toEqual(
      {
        "original-name": "a.jpg",
        "taken-at": "2026-07-14T12:30:00",
        width: "3024",
        height: "4032",
      },
    );
  });

  it("is ASCII, and fits into the 2 KB of S3, whatever the name", () => {
    holds(
      fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (name) => {
        const metadata = photo_metadata(name, { sha256: SHA256, ...DETAILS }, `${"v".repeat(26)}/99999`);
        const text = Object.entries(metadata).flat().join("");
        expect(text).toMatch(/^[\x20-\x7e]*$/);
        expect(text.length).toBeLessThanOrEqual(2_048);
      }),
    );
  });

  it("is read as it was written", () => {
    const Metadata = photo_metadata("a.jpg", { sha256: SHA256, ...DETAILS }, "upload/7");
    expect(present_photo({ Metadata, ContentLength: 5, ContentType: "image/png" })).toEqual({
      origin: "upload/7",
      sha256: SHA256,
      ...DETAILS,
      size: 5,
      content_type: "image/png",
    });
    const foreign = { "taken-at": "yesterday", width: "1e3", height: "-5" };
    expect(present_photo({ Metadata: foreign })).toMatchObject({
      taken_at: undefined,
      width: undefined,
      height: undefined,
    });
    expect(present_photo({})).toEqual({ origin: undefined, sha256: undefined, size: 0, content_type: "" });
  });
});
