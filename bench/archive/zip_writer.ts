/** Writes ZIP files of any size, one entry after the other, with little in memory. APPNOTE.TXT 6.3.10, section 4.3. */
import { once } from "node:events";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { constants, crc32, createDeflateRaw, deflateRawSync } from "node:zlib";

const saturated_32 = 0xffffffff;
const saturated_16 = 0xffff;
const piece_size = 1024 * 1024;

/**
 * Literals only: there is nothing to be found that occurs twice, and looking for it takes most of the time.
 * zlib still chooses between Huffman coding and stored blocks as it would otherwise.
 */
const deflate_options = { strategy: constants.Z_HUFFMAN_ONLY, chunkSize: piece_size };

interface EntryRecord {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressed_size: number;
  readonly size: number;
  readonly offset: number;
}

export interface ZipWriter {
  stored(name: string, data: Uint8Array): Promise<void>;
  deflated(name: string, data: Uint8Array): Promise<void>;
  /** Deflates while it is made, for entries that are not to be held in memory. */
  deflated_stream(name: string, pieces: Iterable<Uint8Array>): Promise<void>;
  /** STORED zeros as a hole in the file, which takes no room where the file system knows holes. */
  hole(name: string, size: number): Promise<void>;
  /** Writes the directory and closes the file. */
  end(): Promise<void>;
}

/** Sizes are in the local headers, as if they had been known before: there are no data descriptors. */
export async function create_zip(path: string): Promise<ZipWriter> {
  const file = await open(path, "wx");
  const records: EntryRecord[] = [];
  let position = 0;

  /** Writes the data first and the header, when the sizes are known, into the gap left for it. */
  async function add(
    name: string,
    method: number,
    write_data: (start: number) => Promise<Pick<EntryRecord, "crc" | "compressed_size" | "size">>,
  ): Promise<void> {
    const offset = position;
    const data_start = offset + 30 + Buffer.byteLength(name) + zip64_sizes_length;
    const entry = { name, method, offset, ...(await write_data(data_start)) };
    await write_all(file, local_header(entry), offset);
    records.push(entry);
    position = data_start + entry.compressed_size;
  }

  return {
    stored: (name, data) =>
      add(name, 0, async (start) => {
        await write_all(file, data, start);
        return { crc: crc32(data), compressed_size: data.byteLength, size: data.byteLength };
      }),
    deflated: (name, data) =>
      add(name, 8, async (start) => {
        const compressed = deflateRawSync(data, deflate_options);
        await write_all(file, compressed, start);
        return { crc: crc32(data), compressed_size: compressed.byteLength, size: data.byteLength };
      }),
    deflated_stream: (name, pieces) => add(name, 8, (start) => deflate_to(file, start, pieces)),
    hole: (name, size) =>
      add(name, 0, async () => ({ crc: crc32_of_zeros(size), compressed_size: size, size })),
    async end() {
      const directory = Buffer.concat(records.map(directory_record));
      await write_all(file, directory, position);
      await write_all(
        file,
        end_records(records.length, position, directory.byteLength),
        position + directory.byteLength,
      );
      await file.close();
    },
  };
}

async function deflate_to(file: FileHandle, start: number, pieces: Iterable<Uint8Array>) {
  const deflate = createDeflateRaw(deflate_options);
  let crc = 0;
  let size = 0;
  const feed = async () => {
    for (const piece of pieces) {
      crc = crc32(piece, crc);
      size += piece.byteLength;
      if (!deflate.write(piece)) await once(deflate, "drain");
    }
    deflate.end();
  };
  const drain = async () => {
    let compressed_size = 0;
    for await (const chunk of deflate) {
      await write_all(file, chunk, start + compressed_size);
      compressed_size += chunk.byteLength;
    }
    return compressed_size;
  };
  const [compressed_size] = await Promise.all([drain(), feed()]);
  return { crc, compressed_size, size };
}

async function write_all(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    done += (await file.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
  }
}

function crc32_of_zeros(size: number): number {
  const zeros = Buffer.alloc(piece_size);
  let crc = 0;
  for (let left = size; left > 0; left -= piece_size) {
    crc = crc32(left < piece_size ? zeros.subarray(0, left) : zeros, crc);
  }
  return crc;
}

/** Every local header has room for the sizes in ZIP64, since it is placed before they are known. */
const zip64_sizes_length = 20;

function local_header({ name, method, crc, compressed_size, size }: EntryRecord): Buffer {
  const wide = Math.max(compressed_size, size) >= saturated_32;
  return Buffer.concat([
    numbers(
      [4, 0x04034b50],
      [2, wide ? 45 : 20],
      [2, 0x800], // names in UTF-8
      [2, method],
      [4, 0x5a210000], // 2025-01-01
      [4, crc],
      [4, wide ? saturated_32 : compressed_size],
      [4, wide ? saturated_32 : size],
      [2, Buffer.byteLength(name)],
      [2, zip64_sizes_length],
    ),
    Buffer.from(name),
    // The ZIP64 field, or as much padding: a private field that readers pass over
    numbers([2, wide ? 1 : 0x5050], [2, 16], [8, wide ? size : 0], [8, wide ? compressed_size : 0]),
  ]);
}

function directory_record(entry: EntryRecord): Buffer {
  const fields = [entry.size, entry.compressed_size, entry.offset];
  const wide = fields.filter((value) => value >= saturated_32);
  const narrow = (value: number) => Math.min(value, saturated_32);
  const zip64 =
    wide.length === 0
      ? Buffer.alloc(0)
      : numbers([2, 1], [2, 8 * wide.length], ...wide.map((value) => [8, value] as const));
  return Buffer.concat([
    numbers(
      [4, 0x02014b50],
      [2, 0x032d], // made by Unix, 4.5
      [2, wide.length === 0 ? 20 : 45],
      [2, 0x800],
      [2, entry.method],
      [4, 0x5a210000],
      [4, entry.crc],
      [4, narrow(entry.compressed_size)],
      [4, narrow(entry.size)],
      [2, Buffer.byteLength(entry.name)],
      [2, zip64.byteLength],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0o100644 * 2 ** 16],
      [4, narrow(entry.offset)],
    ),
    Buffer.from(entry.name),
    zip64,
  ]);
}

function end_records(count: number, offset: number, size: number): Buffer {
  const wide = offset >= saturated_32 || count >= saturated_16;
  const zip64 = numbers(
    [4, 0x06064b50],
    [8, 44],
    [2, 45],
    [2, 45],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, size],
    [8, offset],
    // the locator
    [4, 0x07064b50],
    [4, 0],
    [8, offset + size],
    [4, 1],
  );
  const plain = numbers(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, Math.min(count, saturated_16)],
    [2, Math.min(count, saturated_16)],
    [4, size],
    [4, Math.min(offset, saturated_32)],
    [2, 0],
  );
  return wide ? Buffer.concat([zip64, plain]) : plain;
}

/** Little-endian numbers, each with its width in bytes. */
function numbers(...fields: readonly (readonly [width: 2 | 4 | 8, value: number])[]): Buffer {
  const bytes = Buffer.alloc(fields.reduce((sum, [width]) => sum + width, 0));
  let at = 0;
  for (const [width, value] of fields) {
    if (width === 8) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUIntLE(value, at, width);
    at += width;
  }
  return bytes;
}
