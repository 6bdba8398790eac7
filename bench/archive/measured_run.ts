/** One JavaScript reader over one archive, in a process of its own: `measured_run.ts <reader> <archive>`. */
import { peak_rss } from "../peak_rss.ts";
import type { ReadArchive, Tally } from "./readers/reader.ts";

const readers: Record<string, () => Promise<{ readonly read_archive: ReadArchive }>> = {
  engine: () => import("./readers/engine.ts"),
  yauzl: () => import("./readers/yauzl.ts"),
  unzipper: () => import("./readers/unzipper.ts"),
  zip_js: () => import("./readers/zip_js.ts"),
  fflate: () => import("./readers/fflate.ts"),
};

const [name = "", path = ""] = process.argv.slice(2);
const load = readers[name];
const tally: Tally = { entries: 0, bytes: 0 };

async function measured_run(): Promise<void> {
  if (load === undefined) throw new Error(`there is no reader ${name}`);
  // Loading is not measured: it is Node's time, and the same few milliseconds for all.
  const { read_archive } = await load();
  const begin_cpu = process.cpuUsage();
  const begin = performance.now();
  await read_archive(path, tally);
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(begin_cpu);
  const cpu_seconds = (user + system) / 1e6;
  process.stdout.write(JSON.stringify({ ...tally, seconds, cpu_seconds, peak_rss: peak_rss() }));
}

void measured_run();
