/** Tables as text, with columns that line up whatever script the names are in. */

export interface Column {
  readonly heading: string;
  readonly align?: "left" | "right";
}

/** The lines of a table: headings, a rule, one line for each row. */
export function table_lines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const shown = rows.map((row) => row.map(printable));
  const widths = columns.map(({ heading }, index) =>
    Math.max(...[heading, ...shown.map((row) => row[index] ?? "")].map(display_width)),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? "";
        const gap = " ".repeat((widths[index] ?? 0) - display_width(cell));
        return align === "right" ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd();
  return [
    line(columns.map(({ heading }) => heading)),
    widths.map((width) => "─".repeat(width)).join("  "),
    ...shown.map(line),
  ];
}

/** A name may come from anywhere; a control character in it could move the cursor or colour the terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, "�");

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Blocks of which nearly all signs are wide: https://www.unicode.org/reports/tr11/ */
const EAST_ASIAN_WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

/** Cells of a terminal. An emoji of several code points takes two, as most terminals draw it. */
export function display_width(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += /^\p{RGI_Emoji}$/v.test(segment) || EAST_ASIAN_WIDE.test(segment) ? 2 : 1;
  }
  return width;
}
