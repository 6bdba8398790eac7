/**
 * What the engine keeps in memory while it extracts an archive: `measured_memory.ts <archive>`, by a Node that has
 * `--expose-gc`. Garbage is collected at every read and at every chunk looked at, so that what is counted is in use.
 */
import { open as open_file } from "node:fs/promises";
import {
  default_in_flight_bytes,
  default_windows,
  extract,
  large_limits,
  open_archive,
  windowed_source,
} from "../../archive/index.ts";
import { file_source } from "./file_source.ts";

const [path = ""] = process.argv.slice(2);
const concurrency = 16;
const mebibyte = 1024 * 1024;
/** The formula of archive/README.md, with windows as they are by default. */
const formula =
  default_windows.windows * default_windows.window_bytes +
  2 * default_in_flight_bytes +
  concurrency * mebibyte;

async function measured_memory(): Promise<void> {
  const collect_garbage = global.gc;
  if (collect_garbage === undefined) throw new Error("run it with --expose-gc");

  let peak = 0;
  let samples = 0;
  let base = 0;
  /** Array buffers, those of zlib's inputs and outputs among them. The file system and zlib keep little beside. */
  const sample = () => {
    collect_garbage();
    samples += 1;
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - base);
  };

  const file = await open_file(path);
  const source = await file_source(file, sample);
  const archive = await open_archive(windowed_source(source), { limits: large_limits });
  collect_garbage();
  base = process.memoryUsage().arrayBuffers;
  let every = 0;
  const outcomes = await extract(
    archive,
    {
      async write(_entry, bytes) {
        for await (const _chunk of bytes) {
          every += 1;
          if (every % 16 === 0) sample();
        }
        return { outcome: "stored", value: undefined };
      },
    },
    { concurrency },
  );
  await file.close();
  if (outcomes.some(({ outcome }) => outcome !== "stored")) throw new Error("an entry was not stored");
  process.stdout.write(JSON.stringify({ peak, formula, samples }));
}

void measured_memory();
