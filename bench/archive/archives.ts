/** The archives that are measured, made once and then used again. */
import { access, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Content } from "./content.ts";
import { content } from "./content.ts";
import type { ZipWriter } from "./zip_writer.ts";
import { create_zip } from "./zip_writer.ts";

/** What is in an archive once it has been read: every reader must find as much. */
export interface Contents {
  readonly entries: number;
  readonly bytes: number;
}

export interface BenchArchive extends Contents {
  readonly name: string;
  /** For the tables. */
  readonly title: string;
  readonly write: (zip: ZipWriter) => Promise<void>;
}

const photo = 3_000_000;
const piece = 1_000_000;
/** 4 GiB and a little: neither its size nor the offsets behind it fit into 32 bits. */
const beyond_32_bits = 2 ** 32 + 2 ** 24;

/** All archives, `scale` times smaller than the full ones. */
export function bench_archives(scale: number): readonly BenchArchive[] {
  const photos = Math.ceil(200 / scale);
  const thumbnails = Math.ceil(20_000 / scale);
  const pieces = Math.ceil(1_000 / scale);
  const hole = Math.ceil(beyond_32_bits / scale);
  const behind = Math.ceil(20 / scale);
  return [
    {
      name: "photos-huffman",
      title: `${photos} × 3 MB, DEFLATE, Huffman-coded`,
      ...many(photos, photo, "huffman", "deflated"),
    },
    {
      name: "photos-stored-blocks",
      title: `${photos} × 3 MB, DEFLATE, stored blocks`,
      ...many(photos, photo, "incompressible", "deflated"),
    },
    {
      name: "photos-stored",
      title: `${photos} × 3 MB, STORED`,
      ...many(photos, photo, "incompressible", "stored"),
    },
    {
      name: "thumbnails",
      title: `${thumbnails} × 5 KB, DEFLATE, Huffman-coded`,
      ...many(thumbnails, 5_000, "huffman", "deflated"),
    },
    {
      name: "one-large",
      title: `1 × ${pieces} MB, DEFLATE, Huffman-coded`,
      entries: 1,
      bytes: pieces * piece,
      write: (zip) => zip.deflated_stream("video.mov", large_content(pieces)),
    },
    {
      name: "beyond-4-gib",
      title: `${behind} × 3 MB, DEFLATE, behind ${(hole / 2 ** 30).toFixed(2)} GiB of zeros, STORED`,
      entries: behind + 1,
      bytes: hole + behind * photo,
      write: async (zip) => {
        await zip.hole("zeros.bin", hole);
        await many(behind, photo, "huffman", "deflated").write(zip);
      },
    },
  ];
}

function many(
  entries: number,
  size: number,
  kind: Content,
  way: "stored" | "deflated",
): Pick<BenchArchive, "entries" | "bytes" | "write"> {
  return {
    entries,
    bytes: entries * size,
    write: async (zip) => {
      for (let i = 0; i < entries; i += 1) {
        await zip[way](`2025/IMG_${String(i).padStart(5, "0")}.jpg`, content(kind, size, i));
      }
    },
  };
}

function* large_content(pieces: number): Generator<Uint8Array> {
  for (let i = 0; i < pieces; i += 1) yield content("huffman", piece, i);
}

/** Another one where the bytes of archives have changed: those of an earlier run are not to be found then. */
const version = 2;

/** Path of the archive in `folder`, where it is made unless an earlier run has made it. */
export async function made_archive(archive: BenchArchive, folder: string): Promise<string> {
  const path = join(folder, `${archive.name}-${archive.entries}-${archive.bytes}-v${version}.zip`);
  const made = await access(path).then(
    () => true,
    () => false,
  );
  if (made) return path;
  await mkdir(folder, { recursive: true });
  const part = `${path}.part`;
  await rm(part, { force: true });
  const zip = await create_zip(part);
  await archive.write(zip);
  await zip.end();
  await rename(part, path);
  return path;
}
