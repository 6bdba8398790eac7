/** The photos that the demo sends: real ones of phones and cameras, under the names that people give them. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

/** Their authors and licences are named in `LICENSES.md` there. */
const FOLDER = path.join(import.meta.dirname, "..", "..", "tests", "fixtures", "photos");

export interface SentFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface SamplePhoto extends SentFile {
  /** MIME type, by the bytes. */
  readonly type: string;
}

/** The files of the folder, and what their bytes are, whatever their names say. */
export const PHOTO_TYPES = {
  "android_single.heic": "image/heic",
  "animated.gif": "image/gif",
  "jpeg_60k_baseline.jpg": "image/jpeg",
  "jpeg_60k_progressive.jpg": "image/jpeg",
  "jpeg_named_png.png": "image/jpeg",
  "photo.bmp": "image/bmp",
  "photo.tif": "image/tiff",
  "photo_10bit.avif": "image/avif",
  "photo_8bit.png": "image/png",
  "photo_lossy.webp": "image/webp",
} as const;

/** What makes a photo another one than whatever its user has, so that it is stored. */
const OWN_BYTES = 16;

/** The bytes of a file, with some of its own behind them; a viewer shows it as before. */
const taken_anew = (file: string): Buffer =>
  Buffer.concat([readFileSync(path.join(FOLDER, file)), randomBytes(OWN_BYTES)]);

/** A photo of the folder, under another name; another photo each time. */
export function sample(file: keyof typeof PHOTO_TYPES, name: string): SamplePhoto {
  return { name, bytes: taken_anew(file), type: PHOTO_TYPES[file] };
}

/** Each photo of the folder, under the name that a camera gives it: `IMG_0310.heic` and so on. */
export const camera_roll = (): SamplePhoto[] =>
  Object.entries(PHOTO_TYPES).map(([file, type], index) => ({
    name: `IMG_03${10 + index}${path.extname(file)}`,
    bytes: taken_anew(file),
    type,
  }));

/**
 * The photo with bytes after its end until it has this size. A viewer shows it as before, as it does with the film
 * that phones put behind a photo.
 */
export function enlarged(photo: SamplePhoto, size: number): SamplePhoto {
  const tail = Buffer.alloc(size - photo.bytes.byteLength, "These bytes come after the photo. ");
  return { ...photo, bytes: Buffer.concat([photo.bytes, tail]) };
}
