/** A file as a source of bytes for the engine: one positioned read for each range, nothing read ahead or kept. */
import type { FileHandle } from "node:fs/promises";
import type { ByteSource } from "../../archive/index.ts";

/** Tells `on_read` of every read. */
export async function file_source(file: FileHandle, on_read: () => void): Promise<ByteSource> {
  const { size } = await file.stat();
  return {
    size,
    read(start, end, _signal, into) {
      on_read();
      return read_range(file, start, end, into);
    },
  };
}

/** Fewer bytes than asked for only where the file ends. */
export async function read_range(
  file: FileHandle,
  start: number,
  end: number,
  into?: Uint8Array,
): Promise<Uint8Array> {
  const bytes = into ?? Buffer.allocUnsafe(end - start);
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesRead } = await file.read(bytes, done, bytes.byteLength - done, start + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
