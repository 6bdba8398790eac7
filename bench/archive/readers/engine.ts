/** Our engine, with every check on, reading ahead in windows and under the limits for large archives, as from S3. */
import { open as open_file } from "node:fs/promises";
import type { EntrySink } from "../../../archive/index.ts";
import { extract, large_limits, open_archive, windowed_source } from "../../../archive/index.ts";
import { file_source } from "../file_source.ts";
import type { Tally } from "./reader.ts";
import { concurrency, count_entry } from "./reader.ts";

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
    const archive = await open_archive(windowed_source(source), { limits: large_limits });
    const outcomes = await extract(archive, sink, { concurrency });
    for (const { entry, ...rest } of outcomes) {
      if (rest.outcome !== "stored") throw new Error(`${entry.path}: ${rest.reason}`);
    }
    tally.reads = reads;
  } finally {
    await file.close();
  }
}
