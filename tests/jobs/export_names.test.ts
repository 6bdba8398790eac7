import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { read_entry_name } from "../../archive/entry_name.ts";
import { unique_names } from "../../jobs/export_names.ts";
import { clean_name, NAME_BYTES } from "../../layer/photo_keys.ts";
import { holds } from "../support/holds.ts";
import { file_name } from "../support/names.ts";

const names = fc.array(
  fc
    .oneof(file_name, fc.constantFrom("a.jpg", "A.jpg", "a (2).jpg", "é", "É", "C:a.jpg", "C_a.jpg", "c:"))
    .map(clean_name),
  {
    maxLength: 30,
  },
);

describe("names in an archive", () => {
  it("are no two the same, whatever the file system takes for the same", () => {
    holds(
      fc.property(names, (given) => {
        const unique = unique_names(given);
        expect(unique).toHaveLength(given.length);
        for (const same of [
          (name: string) => name,
          (name: string) => name.toLowerCase(),
          (name: string) => name.toUpperCase(),
          (name: string) => name.normalize("NFD").toLowerCase(),
        ]) {
          expect(new Set(unique.map(same)).size).toBe(unique.length);
        }
      }),
    );
  });

  it("are those of the photos where nothing speaks against it, and fit a file system otherwise", () => {
    holds(
      fc.property(names, (given) => {
        for (const [index, name] of unique_names(given).entries()) {
          const own = given[index] ?? "";
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(NAME_BYTES);
          expect(name).not.toMatch(/[/\\\0]/);
          expect(read_entry_name(Buffer.from(name), 0x800, new Uint8Array(), 1_024)).toEqual({ path: name });
          if (name !== own) expect(name).toMatch(/ \(\d+\)|^[A-Za-z]_/);
        }
      }),
    );
  });

  it.each([
    [
      ["first.jpg", "C:a.jpg", "c_a.jpg", "CC:a.jpg"],
      ["first.jpg", "C_a.jpg", "c_a (2).jpg", "CC:a.jpg"],
    ],
    [
      ["a.jpg", "a.jpg", "a.jpg"],
      ["a.jpg", "a (2).jpg", "a (3).jpg"],
    ],
    [
      ["a.jpg", "a (2).jpg", "a.jpg"],
      ["a.jpg", "a (2).jpg", "a (3).jpg"],
    ],
    [
      ["a (2).jpg", "a.jpg", "A.JPG"],
      ["a (2).jpg", "a.jpg", "A (3).JPG"],
    ],
    [
      [".jpg", ".jpg"],
      [".jpg", ".jpg (2)"],
    ],
    [
      ["photo", "photo"],
      ["photo", "photo (2)"],
    ],
    [
      ["a.tar.gz", "a.tar.gz"],
      ["a.tar.gz", "a.tar (2).gz"],
    ],
    [
      ["ﬁ.jpg", "fi.jpg"],
      ["ﬁ.jpg", "fi (2).jpg"],
    ],
  ])("%j become %j", (given, unique) => {
    expect(unique_names(given)).toEqual(unique);
  });

  it("that are as long as can be lose of their stem, and keep their extension", () => {
    const long = `${"ü".repeat(125)}.jpeg`;
    const [first, second = ""] = unique_names([long, long]);
    expect(first).toBe(long);
    expect(second).toMatch(/^ü+ \(2\)\.jpeg$/);
    expect(Buffer.byteLength(second)).toBeGreaterThan(NAME_BYTES - 8);
  });

  it.each<[string, (index: number) => string, string]>([
    ["one name", () => "IMG_0001.jpg", "IMG_0001 (8000).jpg"],
    [
      "long names that differ only in what is cut",
      (index) => `${"x".repeat(246)}${String(index).padStart(5, "0")}.jpg`,
      `${"x".repeat(246)}07999.jpg`,
    ],
    [
      "long names that differ only in what is cut, and two of each",
      (index) => `${"x".repeat(246)}${String(index >> 1).padStart(5, "0")}.jpg`,
      `${"x".repeat(242)} (4001).jpg`,
    ],
    ["long extensions", () => `a.${"x".repeat(253)}`, `a.${"x".repeat(244)} (8000)`],
    ["names in capital and in small letters", (index) => (index % 2 ? "a.JPG" : "A.jpg"), "a (8000).JPG"],
  ])("of 8,000 photos of %s are found in a few tries each", (_, name_of, last) => {
    const names_given = Array.from({ length: 8_000 }, (_photo, index) => name_of(index));
    // Each name that is tried is compared in its normal form.
    const { normalize } = String.prototype;
    let tries = 0;
    const watch = vi.spyOn(String.prototype, "normalize").mockImplementation(function (this: string, form) {
      tries += 1;
      if (tries > 6 * names_given.length) throw new Error("There are too many tries.");
      return normalize.call(this, form);
    });
    try {
      expect(unique_names(names_given).at(-1)).toBe(last);
    } finally {
      watch.mockRestore();
    }
  });
});
