/** zip.js: directory first, sizes but, unless asked, no CRC-32; left at its defaults. */
import type { FileHandle } from "node:fs/promises";
import { open as open_file } from "node:fs/promises";
import { Reader, ZipReader } from "@zip.js/zip.js";
import { read_range } from "../file_source.ts";
import type { Tally } from "./reader.ts";
import { each_entry } from "./reader.ts";

/** zip.js knows files only as blobs; this reads as directly as our own source does. */
class PositionedReader extends Reader<FileHandle> {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    super(file);
    this.#file = file;
  }

  override async init(): Promise<void> {
    await super.init?.();
    this.size = (await this.#file.stat()).size;
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    return read_range(this.#file, index, Math.min(index + length, this.size));
  }
}

export async function read_archive(path: string, tally: Tally): Promise<void> {
  const file = await open_file(path);
  try {
    const zip = new ZipReader(new PositionedReader(file));
    await each_entry(await zip.getEntries(), async (entry) => {
      if (entry.directory) return;
      await entry.getData(counting_stream(tally));
      tally.entries += 1;
    });
    await zip.close();
  } finally {
    await file.close();
  }
}

function counting_stream(tally: Tally): WritableStream<Uint8Array> {
  return new WritableStream({
    write(chunk) {
      tally.bytes += chunk.byteLength;
    },
  });
}
