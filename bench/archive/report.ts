/** What was measured, as Markdown: a table for each archive, and which of the bars are reached. */
import type { Candidate, Measurement } from "./candidates.ts";
import { median } from "./median.ts";
import { figure, markdown_table } from "./table.ts";

export interface Result {
  readonly name: string;
  readonly kind: Candidate["kind"];
  readonly rounds: readonly Measurement[];
  /** Why there are no more rounds. */
  readonly failure?: string;
}

export interface Row {
  readonly name: string;
  readonly title: string;
  /** Once inflated. */
  readonly bytes: number;
  /** Ours comes first. */
  readonly results: readonly Result[];
}

/** Medians over the rounds; `peak_rss` in bytes. */
interface Medians {
  readonly megabytes_per_second: number;
  readonly cpu_seconds: number;
  readonly peak_rss: number;
}

function medians(result: Result, bytes: number): Medians | undefined {
  if (result.rounds.length === 0 || result.failure !== undefined) return undefined;
  const of = (key: "seconds" | "cpu_seconds" | "peak_rss") =>
    median(result.rounds.map((round) => round[key]));
  return {
    megabytes_per_second: bytes / 1e6 / of("seconds"),
    cpu_seconds: of("cpu_seconds"),
    peak_rss: of("peak_rss"),
  };
}

function slowest_to_fastest(result: Result, bytes: number): string {
  const speeds = result.rounds.map(({ seconds }) => bytes / 1e6 / seconds);
  return `${figure(Math.min(...speeds))} to ${figure(Math.max(...speeds))}`;
}

const header = [
  "",
  "MB/s",
  "slowest to fastest",
  "× ours",
  "CPU s",
  "× ours",
  "peak RSS, MB",
  "× ours",
  "rounds",
];

export function row_table(row: Row): string {
  const [first] = row.results;
  const ours = first && medians(first, row.bytes);
  const lines = row.results.map((result) => {
    const figures = medians(result, row.bytes);
    if (figures === undefined) {
      return [result.name, result.failure ?? "not run", "", "", "", "", "", "", String(result.rounds.length)];
    }
    const ratio = (key: keyof Medians) => (ours === undefined ? "" : figure(figures[key] / ours[key]));
    return [
      result.name,
      figure(figures.megabytes_per_second),
      slowest_to_fastest(result, row.bytes),
      ratio("megabytes_per_second"),
      figure(figures.cpu_seconds),
      ratio("cpu_seconds"),
      figure(figures.peak_rss / 1e6),
      ratio("peak_rss"),
      String(result.rounds.length),
    ];
  });
  const reads = first?.rounds[0]?.reads;
  const read_line = reads === undefined ? "" : `\n\n\`archive/\` made ${reads} reads of the file.`;
  return `### ${row.title}\n\n${markdown_table(header, lines)}${read_line}`;
}

const rss_bar = 200e6;
/** How much of bsdtar's throughput is asked for: where Huffman codes are decoded, and where bytes are copied. */
const bsdtar_bars: Record<string, number> = { "photos-huffman": 1, "photos-stored-blocks": 0.5 };

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

export function bars(row: Row): Bar[] {
  const [first, ...others] = row.results;
  const ours = first && medians(first, row.bytes);
  if (ours === undefined)
    return [{ bar: "it is read", figures: first?.failure ?? "not run", reached: false }];
  const speeds = others.flatMap((result) => {
    const speed = medians(result, row.bytes)?.megabytes_per_second;
    return speed === undefined ? [] : [{ name: result.name, kind: result.kind, speed }];
  });
  const against = (bar: string, name: string, speed: number, share: number): Bar => ({
    bar,
    figures: `${figure(ours.megabytes_per_second)} to ${figure(speed)} MB/s (${name})`,
    reached: ours.megabytes_per_second >= speed * share,
  });
  const fastest = speeds.filter(({ kind }) => kind === "javascript").sort((a, b) => b.speed - a.speed)[0];
  const bsdtar = speeds.find(({ name }) => name === "bsdtar");
  const share = bsdtar_bars[row.name];
  return [
    ...(fastest ? [against("faster than every JavaScript peer", fastest.name, fastest.speed, 1)] : []),
    ...(bsdtar && share
      ? [
          against(
            share === 1 ? "as fast as bsdtar" : "half as fast as bsdtar",
            bsdtar.name,
            bsdtar.speed,
            share,
          ),
        ]
      : []),
    {
      bar: "peak RSS under 200 MB",
      figures: `${figure(ours.peak_rss / 1e6)} MB`,
      reached: ours.peak_rss < rss_bar,
    },
  ];
}
