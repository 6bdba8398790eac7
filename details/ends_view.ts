/** The first and the last bytes of a file, at their offsets. */

export interface FileEnds {
  /** From the first byte. */
  readonly head: Uint8Array;
  /** Up to the last byte; may overlap with the head. */
  readonly tail: Uint8Array;
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Real photos take up to 2,400; a parser that is led in circles is stopped within some milliseconds. */
const READS = 50_000;

/**
 * A `DataView` of the whole file, for parsers that jump. What they read between the ends, or read too often, throws a
 * RangeError, as what is outside of a file does: so time does not depend on the size of the file, nor on what is in it, and no more
 * memory is touched than what is read.
 */
export function ends_view({ head, tail, size }: FileEnds): DataView {
  const before_tail = size - tail.length;
  let reads = 0;
  const getUint8 = (offset: number): number => {
    reads += 1;
    if (reads > READS) throw new RangeError("too much is read");
    const byte = head[offset] ?? tail[offset - before_tail];
    if (byte === undefined) throw new RangeError("not among the bytes at the ends");
    return byte;
  };
  const getUint16 = (offset: number, little_endian = false): number => {
    const [first, second] = [getUint8(offset), getUint8(offset + 1)];
    return little_endian ? first + second * 0x100 : first * 0x100 + second;
  };
  const getUint32 = (offset: number, little_endian = false): number => {
    const [first, second] = [getUint16(offset, little_endian), getUint16(offset + 2, little_endian)];
    return little_endian ? first + second * 0x1_0000 : first * 0x1_0000 + second;
  };
  const getInt32 = (offset: number, little_endian = false): number => getUint32(offset, little_endian) | 0;
  // TypeScript does not let a class extend DataView, whose type is generic.
  return Object.defineProperties(new DataView(new ArrayBuffer(0)), {
    byteLength: { value: size },
    getUint8: { value: getUint8 },
    getUint16: { value: getUint16 },
    getUint32: { value: getUint32 },
    getInt32: { value: getInt32 },
  });
}
