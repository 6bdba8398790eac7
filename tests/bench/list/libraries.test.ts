import { describe, expect, it } from "vitest";
import { is_deleted, libraries, NOW, RARE_PREFIX } from "../../../bench/list/libraries.ts";
import { parse_filename } from "../../../layer/photo_keys.ts";

describe("the libraries", () => {
  it("have as many photos as they say, each once, oldest first, within ten years", () => {
    for (const { filenames, title } of libraries([100, 3_000])) {
      expect(title).toContain(filenames.length.toLocaleString("en"));
      expect(new Set(filenames).size).toBe(filenames.length);
      const times = filenames.map(
        (filename) => parse_filename(filename)?.uploaded_at.getTime() ?? Number.NaN,
      );
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.at(-1)).toBeLessThan(NOW);
      expect(times[0]).toBeGreaterThan(NOW - 11 * 365 * 86_400_000);
    }
  });

  it("have a photo of another name in each 1,000, and a deleted one in each 100", () => {
    for (const library of libraries([3_000])) {
      const { filenames } = library;
      expect(filenames.filter((filename) => filename.includes(`Z_${RARE_PREFIX}`))).toHaveLength(3);
      expect(filenames.filter((_, at) => is_deleted(library, at))).toHaveLength(30);
    }
  });
});
