import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FileEnds } from "../../details/ends_view.ts";
import { has_tail, type ReadDetails, read_details } from "../../details/reader.ts";
import { END_BYTES } from "../../storage/file_ends.ts";
import { PHOTO_TYPES } from "../../storage/photo_types.ts";
import { type ExifFields, exif_of, jpeg_with_exif, tiff_of } from "../support/exif.ts";
import { FIXTURE_PHOTOS, fixture_photo } from "../support/fixture_photos.ts";
import { large_heic } from "../support/heif.ts";
import { holds } from "../support/holds.ts";

const ends_of = (bytes: Uint8Array): FileEnds => ({
  head: bytes.subarray(0, END_BYTES),
  tail: bytes.subarray(-END_BYTES),
  size: bytes.length,
});

const read = (bytes: Uint8Array, content_type: string): ReadDetails =>
  read_details(ends_of(bytes), content_type);

/** As they were made; the files that are missing say no time. */
const TIMES: Readonly<Record<string, string>> = {
  "android_single.heic": "2026-07-14T12:30:00+02:00",
  "photo.tif": "2015-02-11T18:03:00",
  "photo_8bit.png": "2026-07-09T08:30:00",
  "photo_lossy.webp": "2026-07-10T09:00:01",
};
const PIXELS: Readonly<Record<string, readonly [width: number, height: number]>> = {
  "android_single.heic": [2000, 1352],
  "animated.gif": [320, 214],
  "jpeg_60k_baseline.jpg": [1024, 806],
  "jpeg_60k_progressive.jpg": [1024, 682],
  "jpeg_named_png.png": [451, 300],
  "photo.bmp": [451, 300],
  "photo.tif": [640, 427],
  "photo_10bit.avif": [600, 400],
  "photo_8bit.png": [600, 400],
  "photo_lossy.webp": [1600, 1065],
};
const photos = Object.entries(FIXTURE_PHOTOS);

describe("a real photo", () => {
  it("is each of those in the folder", () => {
    const folder = join(import.meta.dirname, "..", "fixtures", "photos");
    const files = readdirSync(folder).filter((file) => !file.endsWith(".md"));
    expect(Object.keys(PIXELS).sort()).toEqual(files.sort());
  });

  it.each(photos)("says what it is: %s", async (file, type) => {
    const [width, height] = PIXELS[file] ?? [];
    const { taken_at, ...pixels } = read(await fixture_photo(file), type);
    expect(taken_at).toBe(TIMES[file]);
    expect(pixels).toEqual({ width, height });
  });

  it("is read at its ends alone", async () => {
    for (const [file, type] of photos) {
      const bytes = await fixture_photo(file);
      const unread = Buffer.from(bytes);
      if (bytes.length > 2 * END_BYTES) unread.fill(0xff, END_BYTES, -END_BYTES + bytes.length);
      expect(read(unread, type), file).toEqual(read(bytes, type));
    }
  });

  it("says at its end when it was taken, as this WebP does; of the others the end is not needed", async () => {
    for (const [file, type] of photos) {
      const bytes = await fixture_photo(file);
      const headless = { ...ends_of(bytes), tail: new Uint8Array() };
      const same = JSON.stringify(read_details(headless, type)) === JSON.stringify(read(bytes, type));
      const has_end = file === "photo_lossy.webp";
      expect({ file, same }).toEqual({ file, same: !has_end });
      if (has_end) expect(has_tail(type)).toBe(true);
    }
  });
});

const jpeg = await fixture_photo("jpeg_60k_baseline.jpg");
const STORED = { width: 1024, height: 806 };
const with_exif = (fields: ExifFields, order?: "II" | "MM"): ReadDetails =>
  read(jpeg_with_exif(jpeg, exif_of(fields, order)), "image/jpeg");

describe("the time", () => {
  it.each(["II", "MM"] as const)("is the one of the exposure, with its offset, in the order %s", (order) => {
    const fields = {
      original: "2026:07:14 12:30:00",
      original_offset: "-03:00",
      digitized: "2026:07:15 00:00:00",
      digitized_offset: "+09:00",
      changed: "2026:07:16 00:00:00",
    };
    expect(with_exif(fields, order).taken_at).toBe("2026-07-14T12:30:00-03:00");
  });

  it("is the one of the digital picture where that of the exposure is missing or none", () => {
    const digitized = { digitized: "2026:07:15 01:02:03", digitized_offset: "+09:00" };
    expect(with_exif(digitized).taken_at).toBe("2026-07-15T01:02:03+09:00");
    const unset = { ...digitized, original: "0000:00:00 00:00:00", original_offset: "+01:00" };
    expect(with_exif(unset).taken_at).toBe("2026-07-15T01:02:03+09:00");
  });

  it("is not the one at which a program has changed the photo", () => {
    expect(with_exif({ changed: "2026:07:16 00:00:00" }).taken_at).toBeUndefined();
  });

  it.each(["0000:00:00 00:00:00", "    :  :     :  :  ", "2026:02:31 10:00:00", ""])(
    "is not known from %j, and the pixels are all the same",
    (original) => {
      expect(with_exif({ original })).toEqual({ taken_at: undefined, ...STORED });
    },
  );
});

describe("the dimensions", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "are those of the photo as it is shown, orientation %i",
    (orientation) => {
      const { width, height } = with_exif({ orientation });
      expect([width, height]).toEqual(orientation < 5 ? [1024, 806] : [806, 1024]);
    },
  );

  it("are those that Exif says where so much is before the picture that its own are out of reach", () => {
    const comment = Buffer.concat([Buffer.from("fffeffff", "hex"), Buffer.alloc(65_533, " ")]);
    const exif = exif_of({ orientation: 6, pixels: [1024, 806] });
    const padded = jpeg_with_exif(Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]), exif);
    expect(read(padded, "image/jpeg")).toEqual({ width: 806, height: 1024 });
    expect(with_exif({ pixels: [1, 2] })).toMatchObject(STORED);
  });

  it("of a HEIC are turned once, though Exif says so too, and its time may be at the end of the file", () => {
    const exif = exif_of({ orientation: 6, original: "2026:07:14 19:42:08", original_offset: "+02:00" });
    const file = large_heic(1_000_000, exif);
    expect(read(file, "image/heic")).toEqual({
      taken_at: "2026-07-14T19:42:08+02:00",
      width: 3_024,
      height: 4_032,
    });
  });
});

describe("what a format says in a way of its own", () => {
  it("of a CR2 are the pixels of Exif, since its first directory is a preview that does not say so", () => {
    const file = tiff_of([
      [
        [256, 3, [1_536]],
        [257, 3, [1_024]],
        [274, 3, [8]],
        [0x8769, "directories", [1]],
      ],
      [
        [0xa002, 4, [3_504]],
        [0xa003, 4, [2_336]],
      ],
    ]);
    expect(read(file, "image/x-canon-cr2")).toEqual({ width: 2_336, height: 3_504 });
    expect(read(file, "image/x-adobe-dng")).toEqual({ width: 1_024, height: 1_536 });
  });

  it("of a TIFF is its orientation, also where its Exif data are out of reach", () => {
    const directory = tiff_of([
      [
        [256, 3, [4_000]],
        [257, 3, [3_000]],
        [274, 3, [6]],
        [0x8769, 4, [1_000_000]],
      ],
    ]);
    const file = Buffer.concat([directory, Buffer.alloc(2_000_000)]);
    expect(read(file, "image/tiff")).toEqual({ width: 3_000, height: 4_000 });
  });

  it("of a WebP whose Exif data are out of reach is not how it is shown", async () => {
    const webp = Buffer.from(await fixture_photo("photo_lossy.webp"));
    const headless = { ...ends_of(webp), tail: new Uint8Array() };
    expect(read_details(headless, "image/webp")).toEqual({});
    webp.writeUInt8(webp.readUInt8(20) & ~0x08, 20);
    const without = { ...ends_of(webp), tail: new Uint8Array() };
    expect(read_details(without, "image/webp")).toEqual({ width: 1_600, height: 1_065 });
  });

  it("of a BMP of the first version are sides of 16 bits", () => {
    const bmp = Buffer.alloc(100);
    bmp.write("BM", "latin1");
    bmp.writeUInt32LE(12, 14);
    bmp.writeUInt16LE(100, 18);
    bmp.writeUInt16LE(50, 20);
    bmp.writeUInt16LE(1, 22);
    expect(read(bmp, "image/bmp")).toEqual({ width: 100, height: 50 });
  });
});

describe("what is not known", () => {
  it("is left out, of any type that is kept, whatever the bytes", async () => {
    const all = await Promise.all(photos.map(([file]) => fixture_photo(file)));
    for (const type of [...PHOTO_TYPES, "text/plain", "constructor"]) {
      for (const bytes of [...all, Buffer.alloc(0), Buffer.from("no photo")]) {
        expect_details(read(bytes, type));
      }
    }
    expect(read(Buffer.from("no photo"), "image/jpeg")).toEqual({});
  });
});

const TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T[012]\d(?::[0-5]\d){2}(?:Z|[+-][01]\d:[0-5]\d)?$/;

/** Absent, or what an answer may say. */
function expect_details({ taken_at, width, height, ...more }: ReadDetails): void {
  expect(more).toEqual({});
  if (taken_at !== undefined) expect(taken_at).toMatch(TIME);
  expect(width === undefined).toBe(height === undefined);
  for (const pixels of [width ?? 1, height ?? 1]) {
    expect(Number.isSafeInteger(pixels) && pixels > 0).toBe(true);
  }
}

describe("bytes that were made to harm", () => {
  // The library warns of some of them, which the bundle leaves out.
  beforeEach(() => {
    vi.spyOn(console, "warn").mockReturnValue();
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("are at worst not understood: real photos with some bytes changed, near the beginning above all", async () => {
    const all = await Promise.all(
      photos.map(async ([file, type]) => [await fixture_photo(file), type] as const),
    );
    const known = [
      ...all,
      [
        jpeg_with_exif(jpeg, exif_of({ orientation: 6, original: "2026:07:14 12:30:00" })),
        "image/jpeg",
      ] as const,
    ];
    const change = fc.tuple(
      fc.oneof(
        fc.nat(400),
        fc.nat(4_000),
        fc.nat(END_BYTES),
        fc.nat(4_000).map((at) => -1 - at),
      ),
      fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)),
    );
    const changes = fc.array(change, { minLength: 1, maxLength: 12 });
    const length = fc.option(fc.nat(END_BYTES), { nil: undefined, freq: 3 });
    holds(
      fc.property(fc.constantFrom(...known), changes, length, ([bytes, type], changed, cut) => {
        const broken = Buffer.from(bytes);
        for (const [at, value] of changed) broken[at < 0 ? broken.length + at : at] = value;
        expect_details(read(broken.subarray(0, cut), type));
      }),
      { numRuns: 1_000 },
    );
  });

  it("are at worst not understood: anything behind what tells the format", () => {
    const beginnings = {
      "image/jpeg": "ffd8ffe1",
      "image/png": "89504e470d0a1a0a",
      "image/webp": "52494646ffffff0057454250",
      "image/gif": "474946383961",
      "image/bmp": "424d",
      "image/tiff": "49492a0008000000",
      "image/heic": "000000146674797068656963000000006d696631",
      "image/avif": "0000001466747970617669660000000061766966",
      "image/jxl": "0000000c4a584c200d0a870a",
      "image/jp2": "0000000c6a5020200d0a870a",
    };
    const bytes = fc.uint8Array({ maxLength: 3_000, size: "max" });
    holds(
      fc.property(fc.constantFrom(...Object.entries(beginnings)), bytes, ([type, sign], random) => {
        expect_details(read(Buffer.concat([Buffer.from(sign, "hex"), random]), type));
      }),
      { numRuns: 1_000 },
    );
  });

  it("end where they have the same long value read again and again", () => {
    // 5,000 entries that each claim all of 60,000 bytes for a time.
    const entry = Buffer.from("900300020000ea6000000008", "hex");
    const rows = Buffer.concat(Array.from({ length: 5_000 }, () => entry));
    const count = Buffer.alloc(2);
    count.writeUInt16BE(5_000);
    const pointer = Buffer.from("000187690004000000010000001a00000000", "hex");
    const exif = Buffer.concat([
      Buffer.from("4d4d002a00000008", "hex"),
      pointer,
      count,
      rows,
      Buffer.alloc(4),
    ]);
    const tail = Buffer.alloc(END_BYTES - exif.length);
    expect(read(Buffer.concat([exif, tail, Buffer.alloc(500_000)]), "image/tiff").taken_at).toBeUndefined();
  });

  it("end where chunks without a length fill a file of 4 GiB", () => {
    const webp = Buffer.from(`52494646ffffffff57454250${"00".repeat(1_000)}`, "hex");
    const head = Buffer.concat([webp, Buffer.alloc(END_BYTES - webp.length)]);
    const ends = { head, tail: Buffer.alloc(END_BYTES), size: 2 ** 32 };
    for (const type of PHOTO_TYPES) expect_details(read_details(ends, type));
  });

  it("end where a directory of a TIFF leads to itself", () => {
    const file = tiff_of([
      [
        [254, 4, [1]],
        [330, 4, [8, 8, 8]],
        [0x8769, 4, [8]],
      ],
    ]);
    expect(read(file, "image/tiff")).toEqual({ taken_at: undefined });
  });
});
