/** What was measured end to end, as Markdown: a table for each archive, and which of the bars are reached. */
import { median } from "../archive/median.ts";
import { figure, markdown_table } from "../archive/table.ts";
import type { RequestCounts } from "./request_kind.ts";

export interface Measurement {
  readonly seconds: number;
  /** User and system, all threads. */
  readonly cpu_seconds: number;
  /** In bytes. */
  readonly peak_rss: number;
  readonly requests: RequestCounts;
  /** Of the S3, while it served this candidate. */
  readonly s3_cpu_seconds: number;
}

export interface Result {
  readonly name: string;
  /** By how many times as fast ours is to be; absent for ours. */
  readonly bar?: number;
  readonly rounds: readonly Measurement[];
  /** Why there are no more rounds. */
  readonly failure?: string;
}

export interface Row {
  readonly title: string;
  /** Of the archive, in bytes. */
  readonly archive_bytes: number;
  readonly entries: number;
  /** Whether each entry is small enough to be written by one request. */
  readonly small_entries: boolean;
  /** Ours comes first. */
  readonly results: readonly Result[];
}

/** Over the rounds; the requests are those of the first. */
type Medians = Measurement;

function medians({ rounds, failure }: Result): Medians | undefined {
  const [first] = rounds;
  if (first === undefined || failure !== undefined) return undefined;
  const of = (key: "seconds" | "cpu_seconds" | "peak_rss" | "s3_cpu_seconds") =>
    median(rounds.map((round) => round[key]));
  return {
    seconds: of("seconds"),
    cpu_seconds: of("cpu_seconds"),
    peak_rss: of("peak_rss"),
    s3_cpu_seconds: of("s3_cpu_seconds"),
    requests: first.requests,
  };
}

const header = [
  "",
  "seconds",
  "fastest to slowest",
  "× ours",
  "reads",
  "writes",
  "parts",
  "other requests",
  "CPU s",
  "× ours",
  "peak RSS, MB",
  "× ours",
  "CPU s of S3",
  "rounds",
];

export function row_table({ title, results }: Row): string {
  const ours = results[0] && medians(results[0]);
  const lines = results.map((result) => {
    const figures = medians(result);
    if (figures === undefined) {
      const gaps = Array.from({ length: header.length - 3 }, () => "");
      return [result.name, result.failure ?? "not run", ...gaps, String(result.rounds.length)];
    }
    const ratio = (key: "seconds" | "cpu_seconds" | "peak_rss") =>
      ours === undefined ? "" : figure(figures[key] / ours[key]);
    const { read, write, part, head, other } = figures.requests;
    return [
      result.name,
      figure(figures.seconds),
      fastest_to_slowest(result),
      ratio("seconds"),
      ...[read, write, part, head + other].map(String),
      figure(figures.cpu_seconds),
      ratio("cpu_seconds"),
      figure(figures.peak_rss / 1e6),
      ratio("peak_rss"),
      figure(figures.s3_cpu_seconds),
      String(result.rounds.length),
    ];
  });
  return `### ${title}\n\n${markdown_table(header, lines)}`;
}

function fastest_to_slowest({ rounds }: Result): string {
  const seconds = rounds.map((round) => round.seconds);
  return `${figure(Math.min(...seconds))} to ${figure(Math.max(...seconds))}`;
}

export function bars_table(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) =>
    bars(row).map(({ bar, figures, reached }) => [row.title, bar, figures, reached ? "yes" : "**no**"]),
  );
  return markdown_table(["", "bar", "measured", "reached"], lines, 4);
}

interface Bar {
  readonly bar: string;
  readonly figures: string;
  readonly reached: boolean;
}

const rss_bar = 200e6;
const bytes_of_a_read = 8 * 1024 * 1024;
/** The end of the archive, and the directory where it does not lie there. */
const reads_of_the_directory = 2;

export function bars({ archive_bytes, entries, small_entries, results }: Row): Bar[] {
  const [first, ...others] = results;
  const ours = first && medians(first);
  if (ours === undefined)
    return [{ bar: "it is stored", figures: first?.failure ?? "not run", reached: false }];
  const speed_bars = others.flatMap((result): Bar[] => {
    const theirs = medians(result);
    if (theirs === undefined || result.bar === undefined) return [];
    const ratio = theirs.seconds / ours.seconds;
    const figures = `${figure(ours.seconds)} to ${figure(theirs.seconds)} s: ${figure(ratio)} times as fast`;
    const bar = `${result.bar} times as fast as ${result.name}`;
    return [{ bar, figures, reached: ratio >= result.bar }];
  });
  const { read, write } = ours.requests;
  const most_reads = Math.ceil(archive_bytes / bytes_of_a_read) + reads_of_the_directory;
  return [
    ...speed_bars,
    {
      bar: "peak RSS under 200 MB",
      figures: `${figure(ours.peak_rss / 1e6)} MB`,
      reached: ours.peak_rss < rss_bar,
    },
    ...(small_entries
      ? [
          {
            bar: "one write per entry",
            figures: `${write} writes, ${entries} entries`,
            reached: write === entries,
          },
        ]
      : []),
    {
      bar: "one read per 8 MiB, and two for the directory",
      figures: `${read} reads, ${figure(archive_bytes / 1e6)} MB`,
      reached: read <= most_reads,
    },
  ];
}
