/** What is still in memory once the garbage is collected: for tests that hold the engine to its memory formula. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { turns } from "./watched_source.ts";

setFlagsFromString("--expose-gc");
const collect_garbage: () => void = runInNewContext("gc");

/** Bytes of buffers that something still refers to. */
export async function bytes_in_use(): Promise<number> {
  // What was looked at by a weak reference, or awaited, is kept until the next turn.
  await turns(1);
  collect_garbage();
  // What the first found is freed by another thread, and for that the second waits.
  collect_garbage();
  return process.memoryUsage().arrayBuffers;
}

/** Remembers buffers without keeping them, and says how many bytes of them are still there. */
export class Remembered {
  readonly #buffers: { readonly length: number; readonly buffer: WeakRef<ArrayBufferLike> }[] = [];

  add({ buffer }: Uint8Array): void {
    this.#buffers.push({ length: buffer.byteLength, buffer: new WeakRef(buffer) });
  }

  async bytes(): Promise<number> {
    await turns(1);
    collect_garbage();
    return this.#buffers.reduce(
      (sum, { length, buffer }) => sum + (buffer.deref() === undefined ? 0 : length),
      0,
    );
  }
}
