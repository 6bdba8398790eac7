/** Tells photos from everything else by their bytes; a name or a declared type counts for nothing. */
import { fileTypeFromBuffer } from "file-type";
import { PHOTO_TYPES } from "./photo_types.ts";

/** Bytes from the beginning of a file that are looked at; this bounds the work that a hostile file can cause. */
export const SNIFFED_BYTES = 65_536;

/**
 * The MIME type of a photo, or undefined where the bytes are not a photo's.
 *
 * @param head the first `SNIFFED_BYTES` of the file, or all of it where it is shorter
 */
export async function image_type(head: Uint8Array): Promise<string | undefined> {
  const bytes = head.subarray(0, SNIFFED_BYTES);
  if (OPENED_BY_LIBRARY.some((sign) => beginning(bytes, 3).startsWith(sign))) return undefined;
  const type = (await fileTypeFromBuffer(bytes))?.mime ?? tiff_with_distant_directory(bytes);
  if (type === undefined || !PHOTO_TYPES.has(type)) return undefined;
  return (type === "image/gif" && !is_gif(bytes)) || (type === "image/bmp" && !is_bmp(bytes))
    ? undefined
    : type;
}

/**
 * The sniffing library would look into a ZIP or a GZIP file, which costs work, and code that is not bundled; and past the
 * byte order mark of a text or the tag of an MP3, where a viewer finds no photo.
 */
const OPENED_BY_LIBRARY = ["PK", "\x1f\x8b", "ID3", "\xef\xbb\xbf", "\xfe\xff", "\xff\xfe"];

const beginning = (bytes: Uint8Array, length: number): string =>
  Buffer.from(bytes.subarray(0, length)).toString("latin1");

/** The sniffing library needs the first directory of a TIFF, which most writers put at the end of the file. */
function tiff_with_distant_directory(bytes: Uint8Array): string | undefined {
  const magic = beginning(bytes, 4);
  return magic === "II*\0" || magic === "MM\0*" ? "image/tiff" : undefined;
}

/** GIF89a specification, section 17. The library is content with `GIF`, with which a text may begin. */
const is_gif = (bytes: Uint8Array): boolean => /^GIF8[79]a$/.test(beginning(bytes, 6));

/** The sizes of the headers that follow a BITMAPFILEHEADER: BITMAPCOREHEADER, OS/2's, and BITMAPINFOHEADER's five. */
const BMP_HEADERS = new Set([12, 16, 40, 52, 56, 64, 108, 124]);

/** The library is content with `BM`, with which a text may begin. */
function is_bmp(bytes: Uint8Array): boolean {
  if (bytes.byteLength < 18) return false;
  return BMP_HEADERS.has(new DataView(bytes.buffer, bytes.byteOffset).getUint32(14, true));
}
