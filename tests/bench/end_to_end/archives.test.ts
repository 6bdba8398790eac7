import { describe, expect, it } from "vitest";
import { photo, s3_archives } from "../../../bench/end_to_end/archives.ts";
import { image_type } from "../../../storage/image_type.ts";
import { whole_photo_details } from "../../../storage/photo_details.ts";

describe("photo", () => {
  it.each(["huffman", "incompressible"] as const)("of %s bytes is taken for one", async (kind) => {
    const bytes = photo(kind, 5_000, 7);
    expect(bytes).toHaveLength(5_000);
    expect(await image_type(bytes)).toBe("image/jpeg");
    expect(await whole_photo_details(bytes, "image/jpeg")).toEqual({
      taken_at: "2025-07-14T10:15:30+02:00",
      width: 3_000,
      height: 4_000,
    });
  });

  it("is the same in every run, and another for another number", () => {
    expect(photo("huffman", 5_000, 7).equals(photo("huffman", 5_000, 7))).toBe(true);
    expect(photo("huffman", 5_000, 7).equals(photo("huffman", 5_000, 8))).toBe(false);
  });
});

describe("s3_archives", () => {
  it("have as many entries and bytes as they say", () => {
    for (const { entries, bytes, photos } of s3_archives(500)) {
      const sizes = [...photos()].map(({ byteLength }) => byteLength);
      expect(sizes).toHaveLength(entries);
      expect(sizes.reduce((sum, size) => sum + size)).toBe(bytes);
    }
  });
});
