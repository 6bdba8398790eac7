/** fflate's `unzipSync`: the whole archive and all of its entries in memory, no CRC-32, no zlib. */
import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import type { Tally } from "./reader.ts";

export async function read_archive(path: string, tally: Tally): Promise<void> {
  for (const data of Object.values(unzipSync(readFileSync(path)))) {
    tally.bytes += data.byteLength;
    tally.entries += 1;
  }
}
