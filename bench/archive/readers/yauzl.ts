/** yauzl: directory first, checks sizes but no CRC-32. Its way of opening a file by path. */
import type { Entry } from "yauzl";
import { openPromise } from "yauzl";
import type { Tally } from "./reader.ts";
import { count_entry, each_entry } from "./reader.ts";

export async function read_archive(path: string, tally: Tally): Promise<void> {
  const zip = await openPromise(path, { autoClose: false });
  try {
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) entries.push(entry);
    await each_entry(entries, async (entry) => count_entry(await zip.openReadStreamPromise(entry), tally));
  } finally {
    zip.close();
  }
}
