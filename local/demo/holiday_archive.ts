/** Archives as people have them: photos in folders, what computers leave beside them, and a name that is an attack. */
import { Zip, ZipDeflate, ZipPassThrough } from "fflate";
import { camera_roll, enlarged, type SamplePhoto, sample } from "./photos.ts";

/** What has to become of an entry. */
export type Expected =
  | { readonly outcome: "uploaded"; readonly type: string }
  | { readonly outcome: "skipped" | "failed"; readonly reason: string };

export interface HolidayEntry {
  /** As in the archive; a folder's ends in `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly expected: Expected;
}

/** More than /download can answer with, so that it gives an address instead. */
const PANORAMA_BYTES = 5_000_000;

/** What a Mac puts beside each photo. */
const APPLE_DOUBLE = Buffer.from("\0\x05\x16\x07\0\x02\0\0Mac OS X        ", "latin1");

/** What Google Takeout puts beside each photo. */
const SIDECAR = JSON.stringify({ title: "IMG_0001.jpg", photoTakenTime: { timestamp: "1600596727" } });

/** A duplicate name is on purpose: both photos are to be kept. */
export function holiday_entries(): HolidayEntry[] {
  return [
    skipped("Holiday/", "", "directory"),
    photo("Holiday/IMG_0001.jpg", sample("jpeg_60k_baseline.jpg", "")),
    photo("Holiday/IMG_0001.jpg", sample("jpeg_60k_progressive.jpg", "")),
    skipped("Holiday/Day 2 – Kraków/", "", "directory"),
    photo("Holiday/Day 2 – Kraków/Café żółty 🌅.webp", sample("photo_lossy.webp", "")),
    photo("Holiday/Day 2 – Kraków/東京の夜.avif", sample("photo_10bit.avif", "")),
    photo("Holiday/scan.tif", sample("photo.tif", "")),
    photo("Holiday/panorama.jpg", enlarged(sample("jpeg_60k_baseline.jpg", ""), PANORAMA_BYTES)),
    skipped("Holiday/Nothing in here/", "", "directory"),
    skipped("Holiday/IMG_0001.jpg.supplemental-metadata.json", SIDECAR, "sidecar"),
    skipped("Holiday/notes.txt", "Day 1: rain. Day 2: no rain.\n", "not_an_image"),
    skipped("Holiday/.DS_Store", "\0\0\0\x01Bud1", "platform_file"),
    skipped("__MACOSX/Holiday/._IMG_0001.jpg", APPLE_DOUBLE, "platform_file"),
    { path: "Holiday/empty.jpg", bytes: Buffer.alloc(0), expected: failed("empty_file") },
    {
      path: "../evil.jpg",
      bytes: sample("jpeg_60k_baseline.jpg", "").bytes,
      expected: failed("unsafe_path"),
    },
  ];
}

/** More than one worker extracts at a time, and stored more than one part of an upload. */
export function whole_holiday_entries(): HolidayEntry[] {
  const day_3 = [...camera_roll(), enlarged(sample("jpeg_60k_progressive.jpg", "burst.jpg"), BURST_BYTES)];
  return [
    ...holiday_entries(),
    skipped("Holiday/Day 3/", "", "directory"),
    ...day_3.flatMap((taken) => [
      photo(`Holiday/Day 3/${taken.name}`, taken),
      skipped(`__MACOSX/Holiday/Day 3/._${taken.name}`, APPLE_DOUBLE, "platform_file"),
    ]),
  ];
}

const BURST_BYTES = 3_000_000;

const photo = (path: string, { bytes, type }: SamplePhoto): HolidayEntry => ({
  path,
  bytes,
  expected: { outcome: "uploaded", type },
});

const skipped = (path: string, content: string | Buffer, reason: string): HolidayEntry => ({
  path,
  bytes: Buffer.from(content),
  expected: { outcome: "skipped", reason },
});

const failed = (reason: string): Expected => ({ outcome: "failed", reason });

/**
 * A ZIP of the entries in their order, deflated or as they are. fflate's `zip` takes an object, which cannot hold a name
 * twice.
 */
export function zip_entries(entries: readonly HolidayEntry[], { deflate = true } = {}): Buffer {
  const chunks: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    chunks.push(chunk);
  });
  for (const { path, bytes } of entries) {
    const deflated = deflate && !path.endsWith("/");
    const file = deflated ? new ZipDeflate(path, { level: 1 }) : new ZipPassThrough(path);
    zip.add(file);
    // A copy, since the types of fflate want bytes that share their memory with nobody.
    file.push(Uint8Array.from(bytes), true);
  }
  zip.end();
  return Buffer.concat(chunks);
}
