/** What `npm run bench:exports` says. */
import { figure, markdown_table } from "../archive/table.ts";

export interface ExportRun {
  readonly name: string;
  readonly photos: number;
  /** Of the photos. */
  readonly bytes: number;
  /** Of the archive. */
  readonly size: number;
  readonly seconds: number;
  readonly cpu_seconds: number;
  readonly peak_rss: number;
  readonly invocations: number;
  readonly segments: number;
  readonly opinions: Readonly<Record<string, string>>;
}

const MB = 1e6;
const MIB = 2 ** 20;

export const runs_table = (runs: readonly ExportRun[]): string =>
  markdown_table(
    [
      "export",
      "photos",
      "MB",
      "archive, bytes",
      "s",
      "MB/s",
      "photos/s",
      "CPU s",
      "peak, MiB",
      "segments",
      "invocations",
    ],
    runs.map(({ name, photos, bytes, size, seconds, cpu_seconds, peak_rss, segments, invocations }) => [
      `\`${name}\``,
      photos.toLocaleString("en"),
      figure(bytes / MB),
      size.toLocaleString("en"),
      figure(seconds),
      figure(bytes / MB / seconds),
      figure(photos / seconds),
      figure(cpu_seconds),
      figure(peak_rss / MIB),
      String(segments),
      String(invocations),
    ]),
  );

export function opinions_table(runs: readonly ExportRun[]): string {
  const readers = [...new Set(runs.flatMap(({ opinions }) => Object.keys(opinions)))];
  return markdown_table(
    ["export", ...readers.map((reader) => `\`${reader}\``)],
    runs.map(({ name, opinions }) => [`\`${name}\``, ...readers.map((reader) => opinions[reader] ?? "")]),
    readers.length + 1,
  );
}
