/** The largest inputs that reach a function, and some as people send them: the same bytes in every run. */
import { zipSync } from "fflate";
import { content } from "../archive/content.ts";

/** SOI and the JFIF header, by which a JPEG is told: https://www.w3.org/Graphics/JPEG/jfif3.pdf */
const JPEG_HEAD = Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex");

/** A photo as far as the functions look: they store what a JPEG begins like, and nothing in it repeats. */
export function photo(bytes: number, seed = 0): Buffer {
  const made = content("incompressible", bytes, seed);
  JPEG_HEAD.copy(made);
  return made;
}

/** How much of a piece of `inflating_photo` does not repeat; the rest is zeros. */
const PIECE = 65_536;
const PIECE_CONTENT = 2_400;

/** A photo that DEFLATE makes 24 times smaller, which no real one is: of every piece, most is zeros. */
export function inflating_photo(bytes: number, seed = 0): Buffer {
  const made = Buffer.alloc(bytes);
  const pieces = Math.floor(bytes / PIECE);
  const noise = content("incompressible", pieces * PIECE_CONTENT, seed);
  for (let i = 0; i < pieces; i += 1) noise.copy(made, i * PIECE, i * PIECE_CONTENT, (i + 1) * PIECE_CONTENT);
  JPEG_HEAD.copy(made);
  return made;
}

/** An archive of so many photos, each made from its number. */
export function archive(entries: number, entry: (number: number) => Buffer, compressed: boolean): Buffer {
  const files = Array.from({ length: entries }, (_, i): [string, Buffer] => [
    `IMG_${String(i).padStart(4, "0")}.jpg`,
    entry(i),
  ]);
  return Buffer.from(zipSync(Object.fromEntries(files), { level: compressed ? 6 : 0 }));
}

/** Names of control signs, each of which takes seven bytes of the answer; the directory is as large as it may be. */
export function unsafe_archive(entries: number): Buffer {
  const signs = "\u0001".repeat(206);
  const files = Array.from({ length: entries }, (_, i): [string, Uint8Array] => [
    `${String(i).padStart(4, "0")}${signs}`,
    Buffer.of(0),
  ]);
  return Buffer.from(zipSync(Object.fromEntries(files), { level: 0 }));
}

/** A JSON text of at most so many bytes that stands for as many objects as possible. */
export function many_objects(bytes: number): string {
  return `[{}${",{}".repeat(Math.floor((bytes - 4) / 3))}]`;
}
