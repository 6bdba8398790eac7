/** The CRC-32 that ZIP and S3 have (polynomial 0xEDB88320), four bytes at a step. */

/** `TABLES[k][byte]`: the effect of a byte with k bytes of zero behind it. */
const TABLES = make_tables();

function make_tables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  const tables = [first];
  for (let k = 1; k < 4; k += 1) {
    const shorter = tables[k - 1] ?? first;
    tables.push(shorter.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] ?? 0)));
  }
  return tables;
}

const [T0 = new Uint32Array(), T1 = T0, T2 = T0, T3 = T0] = TABLES;

/** @param crc of what came before; 0 at the beginning */
export function crc32(bytes: Uint8Array, crc = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fours = bytes.byteLength - (bytes.byteLength % 4);
  let rest = ~crc;
  let at = 0;
  for (; at < fours; at += 4) {
    rest ^= view.getUint32(at, true);
    rest =
      (T3[rest & 0xff] ?? 0) ^
      (T2[(rest >>> 8) & 0xff] ?? 0) ^
      (T1[(rest >>> 16) & 0xff] ?? 0) ^
      (T0[rest >>> 24] ?? 0);
  }
  for (; at < bytes.byteLength; at += 1) rest = (rest >>> 8) ^ (T0[(rest ^ view.getUint8(at)) & 0xff] ?? 0);
  return ~rest >>> 0;
}

const PIECE_BYTES = 1024 * 1024;

/** Eight hexadecimal digits; the file is read once, a piece at a time. */
export async function crc32_of(
  file: Blob,
  on_read: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  let crc = 0;
  let read = 0;
  while (read < file.size) {
    signal?.throwIfAborted();
    const piece = await file.slice(read, read + PIECE_BYTES).arrayBuffer();
    crc = crc32(new Uint8Array(piece), crc);
    read += piece.byteLength;
    on_read(read);
  }
  return crc.toString(16).padStart(8, "0");
}
