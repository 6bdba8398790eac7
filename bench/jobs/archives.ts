/** The archives that are uploaded: of photos, as far as one can tell from their first bytes. */
import type { BenchArchive } from "../archive/archives.ts";
import { photo } from "../end_to_end/archives.ts";

export interface Entry {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Takes 20 GB of the disk, and so is made only where it is asked for. */
export const LARGEST = "jobs-largest";

export interface JobArchive extends BenchArchive {
  entries_of(): Iterable<Entry>;
}

/** The archives, `scale` times smaller than the full ones. */
export function job_archives(scale: number): readonly JobArchive[] {
  return [
    // Nearly the 5 GiB that an archive may have.
    archive(LARGEST, Math.ceil(1_850 / scale), 3_000_000, "3 MB"),
    archive("jobs-photos", Math.ceil(333 / scale), 3_000_000, "3 MB"),
    archive("jobs-entries", Math.ceil(100_000 / scale), 1_000, "1 KB"),
  ];
}

function archive(name: string, entries: number, entry_bytes: number, size: string): JobArchive {
  function* entries_of() {
    for (let i = 0; i < entries; i += 1) {
      yield { name: `2025/IMG_${String(i).padStart(5, "0")}.jpg`, bytes: photo("huffman", entry_bytes, i) };
    }
  }
  return {
    name,
    title: `${entries.toLocaleString("en")} × ${size}, DEFLATE, Huffman-coded`,
    entries,
    bytes: entries * entry_bytes,
    entries_of,
    write: async (zip) => {
      for (const { name: path, bytes } of entries_of()) await zip.deflated(path, bytes);
    },
  };
}
