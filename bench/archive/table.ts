/** Markdown tables: text to the left in the first columns, figures to the right in the others. */

export function markdown_table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  text_columns = 1,
): string {
  const rule = header.map((_, column) => (column < text_columns ? "---" : "---:"));
  return [header, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Three significant digits, as far as they are before the point or just behind it: `1234`, `56.7`, `8.90`. */
export function figure(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}
