/** The first and the last bytes of a file. */

/** Of each end: what phones and cameras write about a photo fits, with room to spare. */
export const END_BYTES = 65_536;

/** Hands on the chunks of a file, and keeps its last `END_BYTES`. */
export function tail_keeper() {
  const kept: Uint8Array[] = [];
  let length = 0;
  const keep = (chunk: Uint8Array): void => {
    kept.push(chunk);
    length += chunk.byteLength;
    for (let [first] = kept; first && length - first.byteLength >= END_BYTES; [first] = kept) {
      length -= first.byteLength;
      kept.shift();
    }
  };
  return {
    async *through(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of chunks) {
        keep(chunk);
        yield chunk;
      }
    },
    /** Of what has been handed on. */
    tail: (): Uint8Array => Buffer.concat(kept).subarray(-END_BYTES),
  };
}
