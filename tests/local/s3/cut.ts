/** Cuts bytes into chunks of the given sizes, one after the other; what is left is the last chunk. */
export async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    if (at + size > bytes.length) break;
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}
