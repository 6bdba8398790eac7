/** What every reader that is measured has to do: all entries of a file, their bytes counted and thrown away. */

export interface Tally {
  entries: number;
  bytes: number;
  /** Of the file. Only our own engine is asked, since not every reader lets one count. */
  reads?: number;
}

export type ReadArchive = (path: string, tally: Tally) => Promise<void>;

/** Entries at a time, for every reader that can: the engine's own default. */
export const concurrency = 4;

/** Reads each entry with `read_entry`, several at a time. */
export async function each_entry<E>(
  entries: Iterable<E>,
  read_entry: (entry: E) => Promise<void>,
): Promise<void> {
  const queue = entries[Symbol.iterator]();
  const work = async () => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await read_entry(next.value);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

export async function count_entry(chunks: AsyncIterable<Uint8Array>, tally: Tally): Promise<void> {
  for await (const chunk of chunks) tally.bytes += chunk.byteLength;
  tally.entries += 1;
}
