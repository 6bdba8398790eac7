import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { camera_roll, enlarged, sample } from "../../../local/demo/photos.ts";
import { image_type } from "../../../storage/image_type.ts";

const FOLDER = path.join(import.meta.dirname, "..", "..", "fixtures", "photos");

describe("a sample", () => {
  it.each(["jpeg_60k_baseline.jpg", "jpeg_named_png.png", "android_single.heic", "photo_8bit.png"] as const)(
    "%s has the type that it says",
    async (file) => {
      const { bytes, type } = sample(file, "name");
      expect(await image_type(bytes)).toBe(type);
    },
  );
});

describe("the camera's photos", () => {
  it("have a name each, and the type that they say", async () => {
    const photos = camera_roll();
    expect(new Set(photos.map(({ name }) => name)).size).toBe(photos.length);
    expect(photos.map(({ name }) => name)).toContain("IMG_0310.heic");
    for (const { name, bytes, type } of photos) expect(await image_type(bytes), name).toBe(type);
  });
});

describe("enlarged", () => {
  it("puts bytes behind the photo until it has the size", () => {
    const photo = sample("jpeg_60k_baseline.jpg", "a.jpg");
    const large = enlarged(photo, 100_000);
    expect(large.bytes.byteLength).toBe(100_000);
    expect(Buffer.from(large.bytes.subarray(0, photo.bytes.byteLength)).equals(photo.bytes)).toBe(true);
  });
});

describe("the folder of photos", () => {
  it("names an author and a licence for every photo", () => {
    const licences = readFileSync(path.join(FOLDER, "LICENSES.md"), "utf8");
    const photos = readdirSync(FOLDER).filter((file) => file !== "LICENSES.md");
    expect(photos.filter((file) => !licences.includes(`\`${file}\``))).toEqual([]);
  });
});
