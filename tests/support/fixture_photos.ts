/** Photographs for the tests: real ones, and small ones made of nothing but what tells their format. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const folder = join(import.meta.dirname, "..", "fixtures", "photos");

/** The bytes of a real photograph. */
export const fixture_photo = (file: string): Promise<Buffer> => readFile(join(folder, file));

export { PHOTO_TYPES as FIXTURE_PHOTOS } from "../../local/demo/photos.ts";

/** A PNG of one pixel. */
export const tiny_png = (): Buffer =>
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
    "base64",
  );

/** The head of a JPEG followed by every byte there is, over and over, to the wanted length. */
export function jpeg_of(length: number): Buffer {
  const bytes = Buffer.alloc(length, Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte)));
  Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex").copy(bytes);
  return bytes;
}
