/** Our engine, with every check on. Only the limits are raised, which are those of a request body. */
import { open as open_file } from "node:fs/promises";
import type { EntrySink } from "../../../archive/index.ts";
import { extract, open_archive } from "../../../archive/index.ts";
import { file_source } from "../file_source.ts";
import type { Tally } from "./reader.ts";
import { concurrency, count_entry } from "./reader.ts";

const limits = {
  entries: 100_000,
  directory_bytes: 32 * 1024 * 1024,
  entry_bytes: 5 * 1024 ** 3,
  total_bytes: 50 * 1024 ** 3,
};

export async function read_archive(path: string, tally: Tally): Promise<void> {
  const sink: EntrySink<undefined> = {
    async write(_entry, bytes) {
      await count_entry(bytes, tally);
      return { outcome: "stored", value: undefined };
    },
  };
  const file = await open_file(path);
  try {
    let reads = 0;
    const source = await file_source(file, () => {
      reads += 1;
    });
    const archive = await open_archive(source, { limits });
    const outcomes = await extract(archive, sink, { concurrency });
    for (const { entry, ...rest } of outcomes) {
      if (rest.outcome !== "stored") throw new Error(`${entry.path}: ${rest.reason}`);
    }
    tally.reads = reads;
  } finally {
    await file.close();
  }
}
