/** Shows how much of an upload has been sent: a bar in a terminal, a line at each quarter elsewhere. */
import { Presets, SingleBar } from "cli-progress";
import { type Output, size_text } from "./output.ts";
import { display_width } from "./table.ts";

export interface UploadProgress {
  /** @param bytes sent so far, of the total */
  sent(bytes: number): void;
  stop(): void;
}

export type ShowProgress = (label: string, total: number) => UploadProgress;

export const progress_on =
  (output: Output): ShowProgress =>
  (label, total) =>
    output.isTTY ? bar(output, label, total) : quarters(output, label, total);

const LABEL_WIDTH = 34;

const padded = (label: string): string => label + " ".repeat(Math.max(0, LABEL_WIDTH - display_width(label)));

function bar(stream: Output, label: string, total: number): UploadProgress {
  const single = new SingleBar(
    {
      stream,
      barsize: 24,
      format: `    ${padded(label)} {bar} {percentage} %  {sent} of ${size_text(total)}`,
      hideCursor: true,
      // The demo cleans up after Ctrl-C itself.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  single.start(total, 0, { sent: size_text(0) });
  return {
    sent: (bytes) => single.update(bytes, { sent: size_text(bytes) }),
    stop: () => single.stop(),
  };
}

function quarters(output: Output, label: string, total: number): UploadProgress {
  let told = 0;
  return {
    sent(bytes) {
      const quarter = Math.floor((4 * bytes) / total);
      if (quarter <= told) return;
      told = quarter;
      const percent = `${25 * quarter}`.padStart(3);
      output.write(`    ${padded(label)} ${percent} %  ${size_text(bytes)} of ${size_text(total)}\n`);
    },
    stop() {},
  };
}
