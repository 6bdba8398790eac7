import { describe, expect, it } from "vitest";
import { PHOTO_TYPES } from "../../storage/photo_types.ts";
import { FIXTURE_PHOTOS } from "../support/fixture_photos.ts";

describe("the kinds of photos", () => {
  it("are those of the real photographs, and raw ones", () => {
    for (const type of Object.values(FIXTURE_PHOTOS)) expect(PHOTO_TYPES).toContain(type);
    expect(PHOTO_TYPES).toContain("image/x-adobe-dng");
  });

  it.each(["image/svg+xml", "text/html", "application/pdf", "image/vnd.adobe.photoshop", "image/x-icon"])(
    "are none that run scripts, or are no photos: %s",
    (type) => {
      expect(PHOTO_TYPES).not.toContain(type);
    },
  );
});
