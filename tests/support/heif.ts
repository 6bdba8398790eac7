/** HEIFs made box by box, of everything but a picture. */

export const box = (type: string, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([uint(8 + content.length, 4), Buffer.from(type, "latin1"), content]);
};

export const full_box = (
  type: string,
  version: number,
  flags: number,
  ...parts: readonly Uint8Array[]
): Buffer => box(type, uint(version, 1), uint(flags, 3), ...parts);

export function uint(value: number, bytes: 1 | 2 | 3 | 4): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

export const ispe = (width: number, height: number): Buffer =>
  full_box("ispe", 0, 0, uint(width, 4), uint(height, 4));

/** Quarter turns. */
export const irot = (turns: number): Buffer => box("irot", uint(turns, 1));

/** Of a picture as wide and as high as these fractions say, from its middle. */
export const clap = (...fractions: readonly [number, number, number, number]): Buffer =>
  box("clap", ...fractions.map((part) => uint(part, 4)), Buffer.alloc(16));

export interface HeifItem {
  readonly id: number;
  /** Of `properties`, from 1. */
  readonly properties: readonly number[];
}

export interface HeifParts {
  readonly primary: number;
  readonly properties: readonly Buffer[];
  readonly items: readonly HeifItem[];
  /** Whether ids take 4 bytes, and indices 15 bits. */
  readonly wide?: boolean;
  /** Where the Exif data are in the file, behind everything else. */
  readonly exif?: { readonly id: number; readonly bytes: Buffer; readonly at: number };
}

/** The beginning of a file, up to the end of its `meta` box. */
export function heif_of({ primary, properties, items, wide = false, exif }: HeifParts): Buffer {
  const id = (value: number): Buffer => uint(value, wide ? 4 : 2);
  const pitm = full_box("pitm", wide ? 1 : 0, 0, id(primary));
  const associations = items.flatMap((item) => [
    id(item.id),
    uint(item.properties.length, 1),
    ...item.properties.map((index) => (wide ? uint(0x8000 | index, 2) : uint(0x80 | index, 1))),
  ]);
  const ipma = full_box("ipma", wide ? 1 : 0, wide ? 1 : 0, uint(items.length, 4), ...associations);
  const iprp = box("iprp", box("ipco", ...properties), ipma);
  const parts = exif === undefined ? [] : [exif_item(exif.id), location_of(exif)];
  return Buffer.concat([
    box("ftyp", Buffer.from("heic\0\0\0\0mif1heic", "latin1")),
    full_box("meta", 0, 0, pitm, ...parts, iprp),
  ]);
}

const exif_item = (id: number): Buffer =>
  full_box(
    "iinf",
    0,
    0,
    uint(1, 2),
    full_box("infe", 2, 0, uint(id, 2), uint(0, 2), Buffer.from("Exif\0", "latin1")),
  );

/** 4 bytes each for offset and length, none for a base. */
const location_of = ({ id, bytes, at }: { id: number; bytes: Buffer; at: number }): Buffer =>
  full_box(
    "iloc",
    0,
    0,
    uint(0x44, 1),
    uint(0, 1),
    uint(1, 2),
    uint(id, 2),
    uint(0, 2),
    uint(1, 2),
    uint(at, 4),
    uint(bytes.length, 4),
  );

/** A HEIC of 4032 x 3024 that is turned by a quarter, of any size, with its Exif data at the very end. */
export function large_heic(size: number, exif: Uint8Array): Buffer {
  const bytes = Buffer.concat([uint(6, 4), Buffer.from("Exif\0\0", "latin1"), exif]);
  const head = heif_of({
    primary: 1,
    properties: [ispe(4_032, 3_024), irot(3)],
    items: [{ id: 1, properties: [1, 2] }],
    exif: { id: 2, bytes, at: size - bytes.length },
  });
  return Buffer.concat([head, Buffer.alloc(size - head.length - bytes.length), bytes]);
}
