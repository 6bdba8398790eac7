/**
 * The dimensions of a TIFF, and of the raw photos that are TIFFs (TIFF 6.0, section 2; DNG 1.7, chapter 4). Raw photos begin
 * with a preview, which says that it is one; the photo itself is then one of the directories below it.
 */
import { type Dimensions, dimensions } from "./dimensions.ts";

const SUBFILE_TYPE = 254;
const WIDTH = 256;
const HEIGHT = 257;
const ORIENTATION = 274;
const SUB_DIRECTORIES = 330;
/** Of DNG: without the margins of the sensor. */
const CROP_SIZE = 50_720;

/** The bytes of a value, by its type; the other types have none of the tags. */
const BYTES: Readonly<Record<number, 2 | 4 | 8>> = { 3: 2, 4: 4, 5: 8, 13: 4 };

/** More entries than these has no directory, and more directories below it no photo. */
const ENTRIES = 1_000;
const DIRECTORIES = 8;

type Directory = ReadonlyMap<number, readonly number[]>;

/** @throws RangeError where it leads elsewhere than to the ends of the file */
export function tiff_dimensions(view: DataView): Dimensions | undefined {
  // 0 - II or MM, 2 - 42 (2), 4 - offset of the first directory (4)
  const little_endian = view.getUint16(0) === 0x4949;
  if (view.getUint16(2, little_endian) !== 42) return undefined;
  const directory_at = (at: number): Directory => read_directory(view, at, little_endian);
  const first = directory_at(view.getUint32(4, little_endian));
  if (!is_preview(first)) return of_directory(first);
  for (const at of first.get(SUB_DIRECTORIES) ?? []) {
    const below = directory_at(at);
    if (!is_preview(below)) return of_directory(below);
  }
  return undefined;
}

/** As Exif has it, which is a TIFF. @throws as `tiff_dimensions` */
export function tiff_orientation(view: DataView): number | undefined {
  const little_endian = view.getUint16(0) === 0x4949;
  return read_directory(view, view.getUint32(4, little_endian), little_endian).get(ORIENTATION)?.[0];
}

/** Bit 0 of the type: a version of another image of the file, of fewer pixels. */
const is_preview = (directory: Directory): boolean => ((directory.get(SUBFILE_TYPE)?.[0] ?? 0) & 1) === 1;

function of_directory(directory: Directory): Dimensions | undefined {
  const [width, height] = directory.get(CROP_SIZE) ?? [];
  return dimensions(width, height) ?? dimensions(directory.get(WIDTH)?.[0], directory.get(HEIGHT)?.[0]);
}

function read_directory(view: DataView, at: number, little_endian: boolean): Directory {
  // 0 - entries (2), and of each: 0 - tag (2), 2 - type (2), 4 - count (4), 8 - values, or their offset (4)
  const directory = new Map<number, readonly number[]>();
  const entries = Math.min(ENTRIES, view.getUint16(at, little_endian));
  for (let entry = 0; entry < entries; entry += 1) {
    const start = at + 2 + entry * 12;
    const tag = view.getUint16(start, little_endian);
    const bytes = BYTES[view.getUint16(start + 2, little_endian)];
    const count = view.getUint32(start + 4, little_endian);
    if (bytes === undefined || count > DIRECTORIES || !TAGS.has(tag)) continue;
    const values = count * bytes > 4 ? view.getUint32(start + 8, little_endian) : start + 8;
    const value = (index: number): number => read_value(view, values + index * bytes, bytes, little_endian);
    directory.set(
      tag,
      Array.from({ length: count }, (_, index) => value(index)),
    );
  }
  return directory;
}

const TAGS: ReadonlySet<number> = new Set([
  SUBFILE_TYPE,
  WIDTH,
  HEIGHT,
  ORIENTATION,
  SUB_DIRECTORIES,
  CROP_SIZE,
]);

function read_value(view: DataView, at: number, bytes: 2 | 4 | 8, little_endian: boolean): number {
  if (bytes === 2) return view.getUint16(at, little_endian);
  const number = view.getUint32(at, little_endian);
  return bytes === 4 ? number : number / view.getUint32(at + 4, little_endian);
}
