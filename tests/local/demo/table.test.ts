import { describe, expect, it } from "vitest";
import { display_width, table_lines } from "../../../local/demo/table.ts";

describe("table_lines", () => {
  it("lines columns up, to the left or to the right, and leaves no space at the end", () => {
    const columns = [{ heading: "name" }, { heading: "size", align: "right" }, { heading: "type" }] as const;
    const rows = [
      ["a.jpg", "59.9 kB", "image/jpeg"],
      ["a longer one.png", "1 B", ""],
    ];
    expect(table_lines(columns, rows)).toEqual([
      "name                 size  type",
      "────────────────  ───────  ──────────",
      "a.jpg             59.9 kB  image/jpeg",
      "a longer one.png      1 B",
    ]);
  });

  it("lines up what is not one cell wide", () => {
    const rows = [
      ["東京.jpg", "x"],
      ["🌅é.jpg", "x"],
    ];
    const lines = table_lines([{ heading: "name" }, { heading: "" }], rows);
    expect(lines.slice(2)).toEqual(["東京.jpg  x", "🌅é.jpg   x"]);
  });

  it("has only headings where there are no rows", () => {
    expect(table_lines([{ heading: "name" }], [])).toEqual(["name", "────"]);
  });

  it("shows no control character of a name", () => {
    expect(table_lines([{ heading: "n" }], [["a\u001b[31mb\r\n"]]).at(-1)).toBe("a�[31mb��");
  });
});

describe("display_width", () => {
  it.each([
    ["", 0],
    ["plain", 5],
    ["Café żółty", 10],
    ["e\u0301", 1],
    ["東京の夜", 8],
    ["ｶﾅ", 2],
    ["🌅", 2],
    ["👨‍👩‍👧", 2],
  ])("%s takes %d cells", (text, width) => {
    expect(display_width(text)).toBe(width);
  });
});
