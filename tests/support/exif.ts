/** Exif data, and photos that hold it, made byte by byte. */

/** A string is ASCII (type 2); numbers have the type that is told. */
export type Entry = readonly [tag: number, type: 2 | 3 | 4 | 5 | 7, value: string | readonly number[]];

export type ByteOrder = "II" | "MM";

/**
 * A TIFF of these directories, one behind the other; where the value of an entry is `[{ directory: n }]`, the offset of that
 * directory is written.
 */
export function tiff_of(
  directories: readonly (readonly (Entry | readonly [tag: number, to: "directories", numbers: number[]])[])[],
  order: ByteOrder = "II",
): Buffer {
  const little = order === "II";
  const number = (value: number, bytes: 2 | 4): Buffer => {
    const buffer = Buffer.alloc(bytes);
    if (little) buffer.writeUIntLE(value, 0, bytes);
    else buffer.writeUIntBE(value, 0, bytes);
    return buffer;
  };
  const sizes: Readonly<Record<number, number>> = { 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };
  const bytes_of = (type: number, value: string | readonly number[]): Buffer => {
    if (typeof value === "string") return Buffer.from(`${value}\0`, "latin1");
    if (type === 7) return Buffer.from(value);
    const parts = type === 5 ? value.flatMap((part) => [number(part, 4), number(1, 4)]) : [];
    return Buffer.concat(type === 5 ? parts : value.map((part) => number(part, type === 3 ? 2 : 4)));
  };
  const lengths = directories.map((entries) =>
    entries.reduce((sum, [, type, value]) => {
      const length = type === "directories" ? value.length * 4 : bytes_of(type, value).length;
      return sum + 12 + (length > 4 ? length : 0);
    }, 2 + 4),
  );
  const starts = lengths.map((_, index) => 8 + lengths.slice(0, index).reduce((sum, one) => sum + one, 0));
  const parts = directories.map((entries, index) => {
    let behind = (starts[index] ?? 0) + 2 + entries.length * 12 + 4;
    const values: Buffer[] = [];
    const rows = entries.map(([tag, type, value]) => {
      const bytes =
        type === "directories"
          ? bytes_of(
              4,
              value.map((at) => starts[at] ?? 0),
            )
          : bytes_of(type, value);
      const of_type = type === "directories" ? 4 : type;
      const count = type === 5 ? bytes.length / 8 : bytes.length / (sizes[of_type] ?? 1);
      const inline = bytes.length <= 4;
      const row = [
        number(tag, 2),
        number(of_type, 2),
        number(count, 4),
        inline ? Buffer.concat([bytes, Buffer.alloc(4 - bytes.length)]) : number(behind, 4),
      ];
      if (!inline) {
        values.push(bytes);
        behind += bytes.length;
      }
      return Buffer.concat(row);
    });
    return Buffer.concat([number(entries.length, 2), ...rows, number(0, 4), ...values]);
  });
  return Buffer.concat([Buffer.from(order, "latin1"), number(42, 2), number(8, 4), ...parts]);
}

export interface ExifFields {
  readonly orientation?: number;
  /** `DateTimeOriginal`, and so on. */
  readonly original?: string;
  readonly original_offset?: string;
  readonly digitized?: string;
  readonly digitized_offset?: string;
  readonly pixels?: readonly [width: number, height: number];
  /** What a program has changed last. */
  readonly changed?: string;
}

export const exif_of = (
  { orientation, original, original_offset, digitized, digitized_offset, pixels, changed }: ExifFields,
  order?: ByteOrder,
): Buffer =>
  tiff_of(
    [
      [
        ...(orientation === undefined ? [] : [[0x0112, 3, [orientation]] as const]),
        ...(changed === undefined ? [] : [[0x0132, 2, changed] as const]),
        [0x8769, "directories", [1]],
      ],
      [
        ...(original === undefined ? [] : [[0x9003, 2, original] as const]),
        ...(digitized === undefined ? [] : [[0x9004, 2, digitized] as const]),
        ...(original_offset === undefined ? [] : [[0x9011, 2, original_offset] as const]),
        ...(digitized_offset === undefined ? [] : [[0x9012, 2, digitized_offset] as const]),
        ...(pixels === undefined
          ? []
          : [[0xa002, 4, [pixels[0]]] as const, [0xa003, 4, [pixels[1]]] as const]),
      ],
    ],
    order,
  );

/** A JPEG with the data behind its first marker, where cameras write it. */
export function jpeg_with_exif(jpeg: Uint8Array, exif: Uint8Array): Buffer {
  const content = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), exif]);
  const marker = Buffer.from([0xff, 0xe1, 0, 0]);
  marker.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), marker, content, jpeg.subarray(2)]);
}
