import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { image_type, SNIFFED_BYTES } from "../../storage/image_type.ts";
import { FIXTURE_PHOTOS, fixture_photo, jpeg_of, tiny_png } from "../support/fixture_photos.ts";

/** A little-endian integer of four bytes. */
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** An ISO base media file of nothing but its first box (ISO/IEC 14496-12, section 4.3). */
const ftyp = (brand: string, ...compatible: string[]): Buffer => {
  const brands = Buffer.from([brand, "\0\0\0\0", ...compatible].join(""), "latin1");
  return Buffer.concat([
    Buffer.from([0, 0, 0, 8 + brands.length]),
    Buffer.from("ftyp"),
    brands,
    Buffer.alloc(64),
  ]);
};

const text = (start: string): Buffer => Buffer.from(start.padEnd(200, " ordinary words\n"));

const PNG_HEAD = tiny_png().subarray(0, 33);

/** A chunk of a PNG; nobody checks its CRC here. */
const png_chunk = (type: string, length: number): Buffer => {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(length);
  return Buffer.concat([size, Buffer.from(type), Buffer.alloc(length + 4)]);
};

describe("image_type of photos", () => {
  it.each(Object.entries(FIXTURE_PHOTOS))("%s is %s", async (file, type) => {
    expect(await image_type(await fixture_photo(file))).toBe(type);
  });

  it.each(Object.entries(FIXTURE_PHOTOS))("the beginning of %s is enough", async (file, type) => {
    const photo = await fixture_photo(file);
    expect(await image_type(photo.subarray(0, SNIFFED_BYTES))).toBe(type);
  });

  it.each([
    ["a JPEG without JFIF or Exif", Buffer.from("ffd8ffdb00430001", "hex"), "image/jpeg"],
    ["a JPEG that is cut", jpeg_of(24), "image/jpeg"],
    ["a PNG", tiny_png(), "image/png"],
    ["an animated PNG", Buffer.concat([PNG_HEAD, png_chunk("acTL", 8), png_chunk("IDAT", 10)]), "image/apng"],
    [
      "a PNG with more metadata than is looked at",
      Buffer.concat([PNG_HEAD, png_chunk("tEXt", 2 * SNIFFED_BYTES), png_chunk("IDAT", 10)]),
      "image/png",
    ],
    ["a GIF of 1987", text("GIF87a\x01\0\x01\0"), "image/gif"],
    ["a GIF of 1989", text("GIF89a\x01\0\x01\0"), "image/gif"],
    [
      "a WebP",
      Buffer.concat([Buffer.from("RIFF"), uint32(100), Buffer.from("WEBPVP8 "), Buffer.alloc(90)]),
      "image/webp",
    ],
    ["an AVIF", ftyp("avif", "mif1", "miaf"), "image/avif"],
    ["a HEIC", ftyp("heic", "mif1", "heic"), "image/heic"],
    ["a HEIC of several photos", ftyp("hevc", "msf1", "hevc"), "image/heic-sequence"],
    ["a HEIF", ftyp("mif1"), "image/heif"],
    ["a CR3", ftyp("crx "), "image/x-canon-cr3"],
    ["a JPEG XL codestream", Buffer.concat([Buffer.from("ff0a", "hex"), Buffer.alloc(60)]), "image/jxl"],
    [
      "a JPEG XL file",
      Buffer.concat([Buffer.from("0000000c4a584c200d0a870a", "hex"), Buffer.alloc(60)]),
      "image/jxl",
    ],
    [
      "a TIFF whose directory is beyond the file",
      Buffer.concat([Buffer.from("II*\0"), uint32(90_000_000), Buffer.alloc(200)]),
      "image/tiff",
    ],
    [
      "a big-endian TIFF whose directory is far away",
      Buffer.concat([Buffer.from("4d4d002a05000000", "hex"), Buffer.alloc(200)]),
      "image/tiff",
    ],
    ["a Fujifilm raw file", text("FUJIFILMCCD-RAW "), "image/x-fujifilm-raf"],
  ])("%s", async (_, bytes, type) => {
    expect(await image_type(bytes)).toBe(type);
  });

  it.each([12, 16, 40, 52, 56, 64, 108, 124])("a BMP with a header of %i bytes", async (header) => {
    const bytes = Buffer.concat([Buffer.from("BM"), Buffer.alloc(12), uint32(header), Buffer.alloc(100)]);
    expect(await image_type(bytes)).toBe("image/bmp");
  });

  it("a BMP that does not begin its buffer", async () => {
    const photo = await fixture_photo("photo.bmp");
    const bytes = Buffer.concat([Buffer.alloc(7), photo]).subarray(7);
    expect(await image_type(bytes)).toBe("image/bmp");
  });

  it("a GIF that is HTML as well is the image that it is", async () => {
    expect(await image_type(text("GIF89a/*<html><script>alert(1)</script>*/=1;"))).toBe("image/gif");
  });

  it("looks at the beginning of a file and no further", async () => {
    const animated = (before: number) =>
      Buffer.concat([PNG_HEAD, png_chunk("tEXt", before), png_chunk("acTL", 8), png_chunk("IDAT", 10)]);
    expect(await image_type(animated(SNIFFED_BYTES / 2))).toBe("image/apng");
    expect(await image_type(animated(SNIFFED_BYTES))).toBe("image/png");
  });
});

describe("image_type of what is no photo", () => {
  it.each([
    ["nothing", Buffer.alloc(0)],
    ["one byte", Buffer.from([0xff])],
    ["zeros", Buffer.alloc(1_000)],
    ["text", text("Dear diary,")],
    ["text named .jpg that begins like a BMP", text("BMW drives past.")],
    ["text that is BM alone", Buffer.from("BM")],
    ["text that begins like a GIF", text("GIF files are old.")],
    ["text that begins like a GIF of a wrong version", text("GIF88a")],
    ["SVG", text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ["SVG with a declaration", text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>')],
    ["HTML", text("<!doctype html><script>alert(1)</script>")],
    ["PDF", text("%PDF-1.7\n")],
    ["a ZIP", text("PK\x03\x04")],
    ["a GZIP", Buffer.from("1f8b0800000000000003", "hex")],
    ["a Photoshop file", text("8BPS\0\x01")],
    ["an icon", Buffer.concat([Buffer.from("00000100010010100000", "hex"), Buffer.alloc(100)])],
    ["a cursor", Buffer.concat([Buffer.from("00000200010010100000", "hex"), Buffer.alloc(100)])],
    ["an Apple icon", text("icns\0\0\0\x64")],
    ["a GIMP file", text("gimp xcf v011")],
    ["an MP4", ftyp("isom", "mp41")],
    ["a MOV", ftyp("qt  ")],
    ["an M4A", ftyp("M4A ")],
    ["a WAV", Buffer.concat([Buffer.from("RIFF"), uint32(100), Buffer.from("WAVEfmt "), Buffer.alloc(90)])],
    ["an MP3", text("ID3\x04\0\0\0\0\0\x7f")],
    ["an ELF program", text("\x7fELF\x02\x01\x01")],
    ["the signature of a PNG alone", tiny_png().subarray(0, 7)],
    ["a script", text("#!/bin/sh\n")],
    ["a photo in base64", Buffer.from(jpeg_of(600).toString("base64"))],
  ])("%s is refused", async (_, bytes) => {
    expect(await image_type(bytes)).toBeUndefined();
  });

  const after_byte_order_mark = (bytes: Buffer) => Buffer.concat([Buffer.from("efbbbf", "hex"), bytes]);
  const after_id3_tag = (bytes: Buffer) =>
    Buffer.concat([Buffer.from("ID3\x03\0\0\0\0\0\x04tags", "latin1"), bytes]);

  it.each([
    ["a photo after a byte order mark", after_byte_order_mark(jpeg_of(600))],
    ["a ZIP after a byte order mark", after_byte_order_mark(text("PK\x03\x04"))],
    ["a GZIP after a byte order mark", after_byte_order_mark(Buffer.from("1f8b08000000", "hex"))],
    ["a photo after the tag of an MP3", after_id3_tag(jpeg_of(600))],
    ["a ZIP after the tag of an MP3", after_id3_tag(text("PK\x03\x04"))],
  ])("%s is refused, since nothing that shows photos skips what stands before it", async (_, bytes) => {
    expect(await image_type(bytes)).toBeUndefined();
  });
});

describe("image_type of any bytes", () => {
  const magic = fc.constantFrom(
    ...[
      "II*\0",
      "MM\0*",
      "II\x2b\0",
      "GIF89a",
      "BM",
      "\x89PNG\r\n\x1a\n",
      "RIFF\0\0\0\0WEBP",
      "\xff\xd8\xff",
    ],
    ...[
      "\0\0\0\x18ftypheic",
      "\0\0\0\x0cjP  \r\n\x87\n",
      "\0\0\0\x0cJXL \r\n\x87\n",
      "PK\x03\x04",
      "\x1f\x8b",
      "ID3\x03\0\0",
    ],
    ...[
      "\xef\xbb\xbf",
      "<?xml ",
      "%PDF",
      "OggS\0",
      "\x1a\x45\xdf\xa3",
      "MOVI",
      "8BPS",
      "\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    ],
  );

  it("is a type of photos or nothing, and never an error", async () => {
    const bytes = fc
      .tuple(fc.array(magic, { maxLength: 3 }), fc.uint8Array({ maxLength: 300 }))
      .map(([heads, tail]) => Buffer.concat([Buffer.from(heads.join(""), "latin1"), tail]));
    await fc.assert(
      fc.asyncProperty(bytes, async (head) => {
        expect((await image_type(head)) ?? "image/").toMatch(/^image\//);
      }),
      { numRuns: 1_500 },
    );
  });

  it("does not change the bytes", async () => {
    const photo = await fixture_photo("photo_10bit.avif");
    const before = Buffer.from(photo);
    await image_type(photo);
    expect(photo.equals(before)).toBe(true);
  });
});
