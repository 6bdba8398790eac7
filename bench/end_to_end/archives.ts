/** The archives that lie in S3: of photos, as far as one can tell from their first bytes. */
import type { BenchArchive } from "../archive/archives.ts";
import { type Content, content } from "../archive/content.ts";

/** The beginning of a JPEG: start of image, and the JFIF marker. Without it the sink would take none of the entries. */
const jpeg_head = Buffer.from("ffd8ffe000104a46494600010100000100010000", "hex");

export function photo(kind: Content, size: number, seed: number): Buffer {
  const bytes = content(kind, size, seed);
  jpeg_head.copy(bytes);
  return bytes;
}

export interface S3Archive extends BenchArchive {
  /** Of one entry, in bytes. */
  readonly entry_bytes: number;
  photos(): Iterable<Buffer>;
}

/** All archives, `scale` times smaller than the full ones. */
export function s3_archives(scale: number): readonly S3Archive[] {
  const photos = Math.ceil(200 / scale);
  const thumbnails = Math.ceil(2_000 / scale);
  const panorama = Math.ceil(200 / scale) * 1_000_000;
  return [
    archive("s3-photos-huffman", `${photos} × 3 MB, DEFLATE, Huffman-coded`, photos, 3_000_000, "deflated"),
    archive("s3-photos-stored", `${photos} × 3 MB, STORED`, photos, 3_000_000, "stored"),
    archive("s3-thumbnails", `${thumbnails} × 5 KB, DEFLATE, Huffman-coded`, thumbnails, 5_000, "deflated"),
    archive("s3-panoramas", `2 × ${panorama / 1e6} MB, DEFLATE, Huffman-coded`, 2, panorama, "deflated"),
  ];
}

function archive(
  name: string,
  title: string,
  entries: number,
  entry_bytes: number,
  way: "stored" | "deflated",
): S3Archive {
  function* photos() {
    const kind = way === "stored" ? "incompressible" : "huffman";
    for (let i = 0; i < entries; i += 1) yield photo(kind, entry_bytes, i);
  }
  return {
    name,
    title,
    entries,
    bytes: entries * entry_bytes,
    entry_bytes,
    photos,
    write: async (zip) => {
      let i = 0;
      for (const bytes of photos()) {
        await zip[way](`2025/IMG_${String(i).padStart(5, "0")}.jpg`, bytes);
        i += 1;
      }
    },
  };
}
