import { describe, expect, it } from "vitest";
import type { Course, Series } from "../../bench/rounds.ts";
import { measure_rounds } from "../../bench/rounds.ts";

/** Series that note when it is their turn, each under its name. */
function noting_course(name: string, names: readonly string[], notes: string[]): Course<string> {
  const series = names.map(
    (one): Series<string> => ({
      name: one,
      measure: async () => {
        notes.push(one);
        return one;
      },
      rounds: [],
    }),
  );
  return {
    name,
    series,
    prepare: async () => {
      notes.push(name);
    },
  };
}

const quiet = () => {};

describe("measure_rounds", () => {
  it("begins each round of a course with another series", async () => {
    const notes: string[] = [];
    const courses = [noting_course("photos", ["a", "b", "c"], notes), noting_course("films", ["d"], notes)];
    await measure_rounds(courses, { rounds: 3, minutes: 1 }, quiet);
    expect(notes.join(" ")).toBe("photos a b c films d photos b c a films d photos c a b films d");
    expect(courses.flatMap(({ series }) => series.map(({ rounds }) => rounds.length))).toEqual([3, 3, 3, 3]);
  });

  it("goes on without one that has failed, and says why", async () => {
    const notes: string[] = [];
    const course = noting_course("photos", ["a", "b"], notes);
    const failing: Series<string> = {
      name: "failing",
      measure: async () => {
        notes.push("failing");
        throw new Error("no memory");
      },
      rounds: [],
    };
    await measure_rounds(
      [{ ...course, series: [failing, ...course.series] }],
      { rounds: 2, minutes: 1 },
      quiet,
    );
    expect(notes.join(" ")).toBe("photos failing a b photos a b");
    expect(failing.failure).toBe("no memory");
  });

  it("begins no round when the time is over", async () => {
    const notes: string[] = [];
    await measure_rounds([noting_course("photos", ["a"], notes)], { rounds: 3, minutes: 0 }, quiet);
    expect(notes).toEqual([]);
  });
});
