/** Photographs for the tests: real ones, and small ones made of nothing but what tells their format. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const folder = join(import.meta.dirname, "..", "fixtures", "photos");

/** The bytes of a real photograph. */
export const fixture_photo = (file: string): Promise<Buffer> => readFile(join(folder, file));

export { PHOTO_TYPES as FIXTURE_PHOTOS } from "../../local/demo/photos.ts";

/** Of what `jpeg_of` makes. */
const HEAD_BYTES = 20;

/** A PNG of one pixel. */
export const tiny_png = (): Buffer =>
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
    "base64",
  );

/**
 * The head of a JPEG followed by every byte there is, over and over, to the wanted length.
 *
 * @param number makes it another photo than those of the same length
 */
export function jpeg_of(length: number, number = 0): Buffer {
  const bytes = Buffer.alloc(length, Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte)));
  Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex").copy(bytes);
  if (number !== 0) bytes.writeUInt32BE(number, HEAD_BYTES);
  return bytes;
}
