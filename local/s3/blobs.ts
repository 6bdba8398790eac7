/**
 * The bytes of objects and parts: one file each, named by a random id, so that no key ever becomes a path.
 * A blob counts only once the catalog names it; whatever else lies in the folder is left over from a crash.
 */
import { randomUUID } from "node:crypto";
import { createReadStream, mkdirSync, readdirSync, rmSync } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";

export interface Segment {
  id: string;
  size: number;
}

export class Blobs {
  readonly #folder: string;
  readonly #readers = new Map<string, number>();
  readonly #doomed = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Removes the files that the catalog does not name. Only for the start, before anything is written. */
  remove_all_but(known: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#folder)) {
      if (!known.has(name)) rmSync(join(this.#folder, name), { force: true });
    }
  }

  /** Writes a blob and returns its id. If the source throws, nothing is left behind. */
  async write(source: AsyncIterable<Buffer>): Promise<string> {
    const id = randomUUID();
    const file = await open(join(this.#folder, id), "wx");
    try {
      for await (const chunks of gathered(source)) await write_all(file, chunks);
    } catch (error) {
      await file.close();
      await this.remove([id]);
      throw error;
    }
    await file.close();
    return id;
  }

  /**
   * Streams the bytes `start` to `end` (inclusive) of the segments laid end to end. Their files stay until
   * the stream is closed, even if the object is deleted meanwhile.
   */
  read(segments: readonly Segment[], start: number, end: number): Readable {
    for (const { id } of segments) this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1);
    const stream = Readable.from(this.#chunks(segments, start, end), { objectMode: false });
    stream.once("close", () => this.#release(segments));
    return stream;
  }

  async remove(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.#readers.has(id)) this.#doomed.add(id);
      else await rm(join(this.#folder, id), { force: true });
    }
  }

  async *#chunks(segments: readonly Segment[], start: number, end: number): AsyncGenerator<Buffer> {
    let offset = 0;
    for (const { id, size } of segments) {
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, size - 1);
      offset += size;
      if (from > to) continue;
      const file = createReadStream(join(this.#folder, id), {
        start: from,
        end: to,
        highWaterMark: 256 * 1024,
      });
      for await (const chunk of file) yield chunk;
    }
  }

  #release(segments: readonly Segment[]): void {
    for (const { id } of segments) {
      const others = (this.#readers.get(id) ?? 1) - 1;
      if (others > 0) {
        this.#readers.set(id, others);
      } else {
        this.#readers.delete(id);
        if (this.#doomed.delete(id)) rmSync(join(this.#folder, id), { force: true });
      }
    }
  }
}

/** Bytes written at a time: each write takes a thread of Node's, while what comes from a socket are 64 KB. */
const write_bytes = 1024 * 1024;

async function* gathered(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  let chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of source) {
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length < write_bytes) continue;
    yield chunks;
    chunks = [];
    length = 0;
  }
  if (length > 0) yield chunks;
}

/** Without joining them: memory that is used once costs more than the write, for V8 collects garbage by the bytes. */
async function write_all(file: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  let left = chunks;
  while (left.length > 0) {
    const { bytesWritten } = await file.writev(left);
    left = after(left, bytesWritten);
  }
}

/** What follows so many bytes: the system may write fewer than it is given. */
export function after(chunks: readonly Buffer[], bytes: number): Buffer[] {
  let passed = bytes;
  return chunks.flatMap((chunk) => {
    const rest = chunk.subarray(Math.min(passed, chunk.byteLength));
    passed -= chunk.byteLength - rest.byteLength;
    return rest.byteLength > 0 ? [rest] : [];
  });
}
