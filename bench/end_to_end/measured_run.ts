/** What every JavaScript candidate is run by: one archive, in a process of its own. */
import { peak_rss } from "../peak_rss.ts";

export interface Task {
  /** Of the S3. */
  readonly url: string;
  readonly bucket: string;
  /** Of the archive. */
  readonly key: string;
  /** Of the objects, without a slash. */
  readonly prefix: string;
  /** Entries at a time. */
  readonly concurrency: number;
}

/** Prepares what is not measured, such as a client. What it returns makes an object of every entry of the archive. */
export type Uploader = (task: Task) => () => Promise<void>;

/** Prints what it measured as JSON. Takes from the command line what a task has, in its order. */
export async function measured_run(uploader: Uploader): Promise<void> {
  const [url = "", bucket = "", key = "", prefix = "", concurrency = ""] = process.argv.slice(2);
  const upload = uploader({ url, bucket, key, prefix, concurrency: Number(concurrency) });
  const begin_cpu = process.cpuUsage();
  const begin = performance.now();
  await upload();
  const seconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(begin_cpu);
  const cpu_seconds = (user + system) / 1e6;
  process.stdout.write(JSON.stringify({ seconds, cpu_seconds, peak_rss: peak_rss() }));
}
