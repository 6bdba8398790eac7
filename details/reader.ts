/**
 * Reads what a photo says of itself from its first and last bytes. It is bundled as a file of its own, which a function loads
 * when its first photo comes (docs/decisions/0025-metadata-of-photos.md).
 */
import exif_reader from "exifreader";
import { BMP } from "image-size/types/bmp";
import { GIF } from "image-size/types/gif";
import { JP2 } from "image-size/types/jp2";
import { JPG } from "image-size/types/jpg";
import { PNG } from "image-size/types/png";
import { WEBP } from "image-size/types/webp";
import { type Dimensions, dimensions, oriented } from "./dimensions.ts";
import { ends_view, type FileEnds } from "./ends_view.ts";
import { heif_dimensions } from "./heif_dimensions.ts";
import { taken_at } from "./taken_at.ts";
import { tiff_dimensions, tiff_orientation } from "./tiff_dimensions.ts";

/** Each is there where it is known. */
export interface ReadDetails {
  readonly taken_at?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

interface Format {
  /** As stored, or as shown where the format itself says how to turn it. */
  dimensions?(ends: FileEnds, has_tags: boolean): Dimensions | undefined;
  /** Where the library gives up Exif as a whole, since a part of it is out of reach. */
  orientation?(ends: FileEnds): number | undefined;
  /** Whether the orientation that Exif says is to be applied to them. */
  readonly oriented?: boolean;
  /** Whether anything is to be found at the end of the file. */
  readonly has_tail?: boolean;
}

/** By the library, of which no parser jumps: it is given the beginning, which bounds its time. */
const by_library =
  (format: typeof JPG) =>
  ({ head }: FileEnds): Dimensions | undefined => {
    // Of a Buffer, `slice` is no copy.
    const { width, height } = format.calculate(Buffer.from(head.buffer, head.byteOffset, head.byteLength));
    return dimensions(width, height);
  };

/** Of the first version of the format (a header of 12 bytes), which the library does not know, the sides have 16 bits. */
const bmp_dimensions = (ends: FileEnds): Dimensions | undefined => {
  const view = ends_view(ends);
  const is_first_version = view.getUint32(14, true) === 12;
  return is_first_version
    ? dimensions(view.getUint16(18, true), view.getUint16(20, true))
    : by_library(BMP)(ends);
};

/** Where Exif data are behind the picture and out of reach, it is not known how it is to be turned. */
const webp_dimensions = (ends: FileEnds, has_tags: boolean): Dimensions | undefined => {
  const view = ends_view(ends);
  // 12 - VP8X, 20 - flags: https://developers.google.com/speed/webp/docs/riff_container#extended_file_format
  const says_exif = view.getUint32(12) === 0x56503858 && (view.getUint8(20) & 0x08) !== 0;
  return says_exif && !has_tags ? undefined : by_library(WEBP)(ends);
};

const heif: Format = { dimensions: (ends) => heif_dimensions(ends_view(ends)), has_tail: true };
const tiff: Format = {
  dimensions: (ends) => tiff_dimensions(ends_view(ends)),
  orientation: (ends) => tiff_orientation(ends_view(ends)),
  oriented: true,
  has_tail: true,
};
const png: Format = { dimensions: by_library(PNG), oriented: true };

/**
 * By the types of storage/photo_types.ts. Of those that are missing nothing is known: raw photos in formats of their own
 * (CR3, RAF, ORF, RW2). JPEG XL may say in its stream how it is to be turned, which the library does not read.
 */
const FORMATS: Readonly<Record<string, Format>> = {
  "image/jpeg": { dimensions: by_library(JPG), oriented: true },
  "image/png": png,
  "image/apng": png,
  "image/gif": { dimensions: by_library(GIF) },
  "image/webp": { dimensions: webp_dimensions, oriented: true, has_tail: true },
  "image/avif": heif,
  "image/heic": heif,
  "image/heic-sequence": heif,
  "image/heif": heif,
  "image/heif-sequence": heif,
  "image/jxl": {},
  "image/jp2": { dimensions: by_library(JP2) },
  "image/tiff": tiff,
  "image/bmp": { dimensions: bmp_dimensions },
  "image/x-adobe-dng": tiff,
  // Its first directory is a preview that does not say so.
  "image/x-canon-cr2": { ...tiff, dimensions: () => undefined },
  "image/x-nikon-nef": tiff,
  "image/x-sony-arw": tiff,
};

/** Whether the end of such a photo has to be read as well. */
export const has_tail = (content_type: string): boolean => FORMATS[content_type]?.has_tail ?? false;

/**
 * Never throws, whatever the bytes: what cannot be read is not known.
 *
 * @param content_type as sniffed
 */
export function read_details(ends: FileEnds, content_type: string): ReadDetails {
  const format = FORMATS[content_type];
  if (format === undefined) return {};
  // Chunks follow each other in the other formats, so what is behind the beginning cannot be found.
  const known = format.has_tail ? ends : only_head(ends);
  const tags = unless_broken(() => read_tags(known));
  const stored =
    unless_broken(() => format.dimensions?.(known, has_any(tags))) ??
    (format.oriented ? tags?.pixels : undefined);
  const orientation = () => tags?.orientation ?? unless_broken(() => format.orientation?.(known));
  const shown = stored && (format.oriented ? oriented(stored, orientation()) : stored);
  return { taken_at: tags?.taken_at, ...shown };
}

const only_head = ({ head }: FileEnds): FileEnds => ({ head, tail: NOTHING, size: head.byteLength });
const NOTHING = new Uint8Array();

function unless_broken<Read>(read: () => Read): Read | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

interface ReadTags extends Pick<ReadDetails, "taken_at"> {
  readonly orientation: number | undefined;
  /** As stored; a program that has cut the photo may have forgotten them. */
  readonly pixels: Dimensions | undefined;
}

/** Nothing else is read, let alone unpacked. */
const TAGS: (string | number)[] = [
  "Orientation",
  "DateTimeOriginal",
  "OffsetTimeOriginal",
  "DateTimeDigitized",
  "OffsetTimeDigitized",
  "PixelXDimension",
  "PixelYDimension",
];

const has_any = (tags: ReadTags | undefined): boolean =>
  tags !== undefined && Object.values(tags).some((value) => value !== undefined);

function read_tags(ends: FileEnds): ReadTags {
  const tags = exif_reader.loadView(ends_view(ends), { includeTags: { exif: TAGS } });
  return {
    taken_at:
      taken_at({ time: text(tags.DateTimeOriginal), offset: text(tags.OffsetTimeOriginal) }) ??
      taken_at({ time: text(tags.DateTimeDigitized), offset: text(tags.OffsetTimeDigitized) }),
    orientation: number(tags.Orientation),
    pixels: dimensions(number(tags.PixelXDimension), number(tags.PixelYDimension)),
  };
}

type Tag = { readonly value?: unknown } | undefined;

/** A tag may have any type in a broken file, whatever the library says of it. */
function text(tag: Tag): string | undefined {
  const value = tag?.value;
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" ? first.trim() : undefined;
}

function number(tag: Tag): number | undefined {
  const value = tag?.value;
  return typeof value === "number" ? value : undefined;
}
