/** Where the demo writes: a terminal, a file, or a pipe. */
import type { Writable } from "node:stream";
import { styleText } from "node:util";

export type Output = Writable & { readonly isTTY?: boolean };

export type Style = "green" | "red" | "bold" | "dim";

/** Colour for a terminal that wants it; elsewhere the text as it is, with no control character. */
export function styled(output: Output, style: Style, text: string): string {
  return output.isTTY ? styleText(style, text, { stream: output }) : text;
}

const in_units = (unit: "kilobyte" | "megabyte", size: number): string =>
  new Intl.NumberFormat("en", {
    style: "unit",
    unit,
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }).format(size);

/** `30 B`, `59.9 kB`, `4.4 MB`: thousands, as in the limits that the API speaks of. */
export function size_text(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? in_units("kilobyte", bytes / 1_000) : in_units("megabyte", bytes / 1_000_000);
}
