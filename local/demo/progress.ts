/** Shows how much of an upload or an extraction is done: a bar in a terminal, a line at each quarter elsewhere. */
import { Presets, SingleBar } from "cli-progress";
import { type Output, size_text } from "./output.ts";
import { display_width } from "./table.ts";

export interface ShownProgress {
  /**
   * @param bytes done so far, of the total
   * @param more to be told with them
   */
  done(bytes: number, more?: string): void;
  stop(): void;
}

export type ShowProgress = (label: string, total: number) => ShownProgress;

export const progress_on =
  (output: Output): ShowProgress =>
  (label, total) =>
    output.isTTY ? bar(output, label, total) : quarters(output, label, total);

const LABEL_WIDTH = 34;

const padded = (label: string): string => label + " ".repeat(Math.max(0, LABEL_WIDTH - display_width(label)));

/** `2.5 MB of 10.0 MB, 3 of 12 entries` */
const amount = (bytes: number, total: number, more?: string): string =>
  [`${size_text(bytes)} of ${size_text(total)}`, ...(more === undefined ? [] : [more])].join(", ");

function bar(stream: Output, label: string, total: number): ShownProgress {
  const single = new SingleBar(
    {
      stream,
      barsize: 24,
      format: `    ${padded(label)} {bar} {percentage} %  {amount}`,
      hideCursor: true,
      // The demo cleans up after Ctrl-C itself.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  single.start(total, 0, { amount: amount(0, total) });
  return {
    done: (bytes, more) => single.update(bytes, { amount: amount(bytes, total, more) }),
    stop: () => single.stop(),
  };
}

function quarters(output: Output, label: string, total: number): ShownProgress {
  let told = 0;
  return {
    done(bytes, more) {
      const quarter = Math.floor((4 * bytes) / total);
      if (quarter <= told) return;
      told = quarter;
      const percent = `${25 * quarter}`.padStart(3);
      output.write(`    ${padded(label)} ${percent} %  ${amount(bytes, total, more)}\n`);
    },
    stop() {},
  };
}
