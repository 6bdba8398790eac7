/** The archives that lie in S3: of photos, as far as one can tell from their first bytes. */
import { exif_of, jpeg_with_exif } from "../../tests/support/exif.ts";
import type { BenchArchive } from "../archive/archives.ts";
import { type Content, content } from "../archive/content.ts";

/**
 * A JPEG up to its entropy-coded data (ITU-T T.81 B.1.1.3), as a camera begins it. Without it the sink would take none of the
 * entries, and would look for their details in all the bytes that it looks at.
 */
const jpeg_head = jpeg_with_exif(
  Buffer.from(
    [
      "ffd8", // SOI
      "ffc0 0011 08 0bb8 0fa0 03 012200 021101 031101", // SOF0: 3,000 lines of 4,000 samples
      "ffda 000c 03 0100 0211 0311 003f00", // SOS
    ]
      .join("")
      .replaceAll(" ", ""),
    "hex",
  ),
  exif_of({ orientation: 6, original: "2025:07:14 10:15:30", original_offset: "+02:00" }),
);

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
    archive(
      "s3-jpeg-photos-huffman",
      `${photos} × 3 MB, DEFLATE, Huffman-coded`,
      photos,
      3_000_000,
      "deflated",
    ),
    archive("s3-jpeg-photos-stored", `${photos} × 3 MB, STORED`, photos, 3_000_000, "stored"),
    archive(
      "s3-jpeg-thumbnails",
      `${thumbnails} × 5 KB, DEFLATE, Huffman-coded`,
      thumbnails,
      5_000,
      "deflated",
    ),
    archive("s3-jpeg-panoramas", `2 × ${panorama / 1e6} MB, DEFLATE, Huffman-coded`, 2, panorama, "deflated"),
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
