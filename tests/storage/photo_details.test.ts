import { describe, expect, it } from "vitest";
import { END_BYTES } from "../../storage/file_ends.ts";
import { photo_details, whole_photo_details } from "../../storage/photo_details.ts";
import { caught } from "../support/caught.ts";
import { exif_of, jpeg_with_exif } from "../support/exif.ts";
import { fixture_photo } from "../support/fixture_photos.ts";
import { large_heic } from "../support/heif.ts";

const exif = exif_of({ original: "2026:07:14 19:42:08", original_offset: "+02:00" });
const heic = large_heic(300_000, exif);
const SHOWN = { width: 3_024, height: 4_032 };
const TAKEN = { taken_at: "2026-07-14T19:42:08+02:00" };

describe("photo_details", () => {
  it("asks for the end of a photo that may have something there, and reads it", async () => {
    let asked = 0;
    const tail = () => {
      asked += 1;
      return Promise.resolve(heic.subarray(-END_BYTES));
    };
    const photo = { content_type: "image/heic", size: heic.length, head: heic.subarray(0, END_BYTES), tail };
    expect(await photo_details(photo)).toEqual({ ...TAKEN, ...SHOWN });
    expect(asked).toBe(1);
  });

  it("does without the end where it is out of reach", async () => {
    const photo = { content_type: "image/heic", size: heic.length, head: heic, tail: () => new Uint8Array() };
    expect(await photo_details(photo)).toEqual(SHOWN);
  });

  it("asks for no end of a JPEG, nor of what has come as a whole", async () => {
    const tail = () => {
      throw new Error("It was asked for.");
    };
    const jpeg = jpeg_with_exif(await fixture_photo("jpeg_60k_baseline.jpg"), exif);
    const known = { ...TAKEN, width: 1_024, height: 806 };
    const photo = { content_type: "image/jpeg", size: jpeg.length, head: jpeg, tail };
    expect(await photo_details(photo)).toEqual(known);
    expect(await photo_details({ ...photo, size: 50_000_000 })).toEqual(known);
    const small = large_heic(60_000, exif);
    const whole = { content_type: "image/heic", size: small.length, head: small, tail };
    expect(await photo_details(whole)).toEqual({ ...TAKEN, ...SHOWN });
  });

  it("throws what comes of asking for the end", async () => {
    const broken = new Error("S3 is away.");
    const photo = {
      content_type: "image/heic",
      size: heic.length,
      head: heic,
      tail: () => Promise.reject(broken),
    };
    expect(await caught(() => photo_details(photo))).toBe(broken);
  });
});

describe("whole_photo_details", () => {
  it("reads both ends of what is in memory", async () => {
    expect(await whole_photo_details(heic, "image/heic")).toEqual({ ...TAKEN, ...SHOWN });
    expect(await whole_photo_details(Buffer.from("no photo"), "image/jpeg")).toEqual({});
  });
});
