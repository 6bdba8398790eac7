/** Bytes to archive: the same in every run, and made faster than zlib takes them. */
import { createCipheriv } from "node:crypto";

export type Content = "huffman" | "incompressible";

/** Literals that occur. With 200 of 256, DEFLATE codes each in 7 or 8 bits, as it does a JPEG's. */
const literals = 200;

/**
 * `huffman`: no repetitions, but some byte values are missing, so that zlib Huffman-codes it and saves a few
 * percent. `incompressible`: all byte values alike, which zlib gives up on and puts into stored blocks.
 */
export function content(kind: Content, length: number, seed: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(seed);
  const bytes = createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
  if (kind === "incompressible") return bytes;
  for (let i = 0; i < length; i += 1) bytes[i] = (bytes[i] ?? 0) % literals;
  return bytes;
}
