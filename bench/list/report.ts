/** What lists cost, as Markdown. */
import { median } from "../archive/median.ts";
import { figure, markdown_table } from "../archive/table.ts";

/** One answer of `/list`. */
export interface PageCost {
  /** To S3. */
  readonly requests: number;
  readonly ms: number;
  readonly photos: number;
}

export interface Measured {
  readonly library: string;
  readonly asked: string;
  /** Of every round; each of the same pages. */
  readonly pages: readonly PageCost[];
}

export function cost_table(all: readonly Measured[]): string {
  const rows = all.map(({ library, asked, pages }) => {
    const requests = pages.map((page) => page.requests);
    const times = pages.map(({ ms }) => ms);
    return [
      library,
      asked,
      figure(median(pages.map(({ photos }) => photos))),
      figure(requests.reduce((sum, number) => sum + number, 0) / requests.length),
      String(Math.max(...requests)),
      figure(median(times)),
      figure(Math.max(...times)),
    ];
  });
  const header = ["photos", "asked for", "in a page", "requests", "at most", "ms, median", "at most"];
  return markdown_table(header, rows, 2);
}

export interface PeakMemory {
  readonly photos: number;
  readonly peak_bytes: number;
}

export const memory_table = (all: readonly PeakMemory[]): string =>
  markdown_table(
    ["after walking through", "peak of the process until then, MiB"],
    all.map(({ photos, peak_bytes }) => [photos.toLocaleString("en"), figure(peak_bytes / 2 ** 20)]),
  );
