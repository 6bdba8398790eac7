/** unzipper: directory first (`Open`, its better way), checks neither sizes nor CRC-32. */
import { Open } from "unzipper";
import type { Tally } from "./reader.ts";
import { count_entry, each_entry } from "./reader.ts";

export async function read_archive(path: string, tally: Tally): Promise<void> {
  const { files } = await Open.file(path);
  await each_entry(files, (file) => count_entry(file.stream(), tally));
}
