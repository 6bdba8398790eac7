/**
 * Reflected CRCs of up to 64 bits, with all ones as the initial value and the final mask: CRC-32C and
 * CRC-64/NVME, which Node does not have, and the combination of two CRCs without their bytes.
 *
 * A 64-bit register is held as two 32-bit halves, and eight bytes are taken at a time ("slicing by 8",
 * M. Kounavis and F. Berry, 2005), because BigInt is some hundred times slower.
 */

export interface CrcParameters {
  /** 32 or 64 bits. */
  width: bigint;
  /** Reflected, without its highest term. */
  polynomial: bigint;
}

/** ISO/IEC/IEEE 8802-3; Node computes it as `zlib.crc32`. */
export const CRC32: CrcParameters = { width: 32n, polynomial: 0xedb88320n };
/** RFC 9260, appendix A (Castagnoli). */
export const CRC32C: CrcParameters = { width: 32n, polynomial: 0x82f63b78n };
/** NVM Express command set specification, 64b CRC. */
export const CRC64NVME: CrcParameters = { width: 64n, polynomial: 0x9a6c9329ac4bc9b5n };

/** Eight tables of 256 entries, one after the other; the two halves of an entry apart. */
interface Tables {
  low: Int32Array;
  high: Int32Array;
}

/** A CRC under way. */
export class Crc {
  readonly #tables: Tables;
  readonly #width: bigint;
  #low = -1;
  #high: number;

  constructor(parameters: CrcParameters) {
    this.#tables = tables_of(parameters);
    this.#width = parameters.width;
    this.#high = parameters.width === 64n ? -1 : 0;
  }

  update(bytes: Uint8Array): void {
    const { low: l, high: h } = this.#tables;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const in_eights = bytes.length - (bytes.length % 8);
    let low = this.#low;
    let high = this.#high;
    for (let at = 0; at < in_eights; at += 8) {
      const a = low ^ view.getInt32(at, true);
      const b = high ^ view.getInt32(at + 4, true);
      const i0 = 1792 + (a & 255);
      const i1 = 1536 + ((a >>> 8) & 255);
      const i2 = 1280 + ((a >>> 16) & 255);
      const i3 = 1024 + (a >>> 24);
      const i4 = 768 + (b & 255);
      const i5 = 512 + ((b >>> 8) & 255);
      const i6 = 256 + ((b >>> 16) & 255);
      const i7 = b >>> 24;
      low = at_index(l, i0) ^ at_index(l, i1) ^ at_index(l, i2) ^ at_index(l, i3);
      low ^= at_index(l, i4) ^ at_index(l, i5) ^ at_index(l, i6) ^ at_index(l, i7);
      high = at_index(h, i0) ^ at_index(h, i1) ^ at_index(h, i2) ^ at_index(h, i3);
      high ^= at_index(h, i4) ^ at_index(h, i5) ^ at_index(h, i6) ^ at_index(h, i7);
    }
    for (let at = in_eights; at < bytes.length; at++) {
      const index = (low ^ view.getUint8(at)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ at_index(l, index);
      high = (high >>> 8) ^ at_index(h, index);
    }
    this.#low = low;
    this.#high = high;
  }

  /** The value as big-endian bytes, 4 or 8 of them. */
  digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(~this.#high, 0);
    bytes.writeInt32BE(~this.#low, 4);
    return this.#width === 64n ? bytes : bytes.subarray(4);
  }
}

/** Indices are computed to lie within the table; the type of an indexed access cannot know it. */
function at_index(table: Int32Array, index: number): number {
  return table[index] ?? 0;
}

const cache = new Map<CrcParameters, Tables>();

function tables_of(parameters: CrcParameters): Tables {
  const known = cache.get(parameters);
  if (known) return known;
  const tables: Tables = { low: new Int32Array(2048), high: new Int32Array(2048) };
  for (let byte = 0; byte < 256; byte++) {
    let entry = BigInt(byte);
    for (let bit = 0; bit < 64; bit++) {
      // After 8, 16, 24 … bits the entry is that of the byte with 0, 1, 2 … zero bytes behind it.
      entry = entry & 1n ? (entry >> 1n) ^ parameters.polynomial : entry >> 1n;
      if (bit % 8 === 7) {
        const index = Math.floor(bit / 8) * 256 + byte;
        tables.low[index] = Number(BigInt.asIntN(32, entry));
        tables.high[index] = Number(BigInt.asIntN(32, entry >> 32n));
      }
    }
  }
  cache.set(parameters, tables);
  return tables;
}

/**
 * The CRC of the parts' bytes one after the other, from each part's CRC (big-endian) and length:
 * appending n bytes multiplies what came before by x^8n, modulo the polynomial.
 */
export function combine_crcs(
  parameters: CrcParameters,
  parts: readonly { crc: Buffer; length: number }[],
): Buffer {
  const factors = new Map<number, bigint>();
  let combined = 0n;
  for (const { crc, length } of parts) {
    const factor = factors.get(length) ?? power_of_x(parameters, 8n * BigInt(length));
    factors.set(length, factor);
    combined = multiply(parameters, combined, factor) ^ BigInt(`0x${crc.toString("hex")}`);
  }
  return Buffer.from(combined.toString(16).padStart(Number(parameters.width / 4n), "0"), "hex");
}

/** Product modulo the polynomial; reflected, so the highest bit is the coefficient of x^0. */
function multiply({ width, polynomial }: CrcParameters, a: bigint, b: bigint): bigint {
  let product = 0n;
  let shifted = b;
  for (let bit = 1n << (width - 1n); bit !== 0n; bit >>= 1n) {
    if (a & bit) product ^= shifted;
    shifted = shifted & 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n;
  }
  return product;
}

function power_of_x(parameters: CrcParameters, exponent: bigint): bigint {
  let result = 1n << (parameters.width - 1n);
  let square = result >> 1n;
  for (let rest = exponent; rest !== 0n; rest >>= 1n) {
    if (rest & 1n) result = multiply(parameters, result, square);
    square = multiply(parameters, square, square);
  }
  return result;
}
