import { describe, expect, it } from "vitest";
import { ends_view } from "../../details/ends_view.ts";
import { heif_dimensions } from "../../details/heif_dimensions.ts";
import { box, clap, full_box, type HeifParts, heif_of, irot, ispe, uint } from "../support/heif.ts";

const dimensions_of = (file: Uint8Array) =>
  heif_dimensions(ends_view({ head: file, tail: new Uint8Array(), size: file.length }));

const grid = (more: Partial<HeifParts> = {}) =>
  heif_of({
    primary: 49,
    properties: [
      ispe(512, 512),
      ispe(320, 240),
      ispe(4_032, 3_024),
      irot(3),
      irot(2),
      clap(4_000, 1, 6_000, 2),
    ],
    items: [
      { id: 1, properties: [1, 4] },
      { id: 49, properties: [3] },
      { id: 50, properties: [2, 4] },
    ],
    ...more,
  });

describe.each([false, true])("the dimensions of a HEIF with wide numbers: %s", (wide) => {
  const shown = (properties: number[]) =>
    dimensions_of(
      grid({
        wide,
        items: [
          { id: 1, properties: [1] },
          { id: 49, properties },
        ],
      }),
    );

  it("are those of the photo, not of its tiles or its preview", () => {
    expect(dimensions_of(grid({ wide }))).toEqual({ width: 4_032, height: 3_024 });
  });

  it("are turned by a quarter or three, and stay with a half", () => {
    expect(shown([3, 4])).toEqual({ width: 3_024, height: 4_032 });
    expect(shown([3, 5])).toEqual({ width: 4_032, height: 3_024 });
  });

  it("are cut before they are turned", () => {
    expect(shown([3, 6])).toEqual({ width: 4_000, height: 3_000 });
    expect(shown([3, 6, 4])).toEqual({ width: 3_000, height: 4_000 });
  });

  it("are not known of an item that has none, or is not there", () => {
    expect(shown([4])).toBeUndefined();
    expect(shown([])).toBeUndefined();
    expect(shown([99])).toBeUndefined();
    expect(dimensions_of(grid({ wide, primary: 7 }))).toBeUndefined();
  });
});

describe("a broken HEIF", () => {
  it("has no dimensions where a box is missing", () => {
    expect(dimensions_of(box("ftyp", Buffer.from("heic")))).toBeUndefined();
    expect(dimensions_of(full_box("meta", 0, 0))).toBeUndefined();
    expect(dimensions_of(full_box("meta", 0, 0, full_box("pitm", 0, 0, uint(1, 2))))).toBeUndefined();
  });

  it("has none where it is cut off, or says so, at any byte", () => {
    const whole = grid();
    const known = { width: 4_032, height: 3_024 };
    for (let length = 0; length < whole.length; length += 1) {
      let found: unknown;
      try {
        found = dimensions_of(whole.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
      if (found !== undefined) expect(found).toEqual(known);
    }
    expect(dimensions_of(whole)).toEqual(known);
  });

  it("ends where a box has no length, or one of 64 bits, as the standard has it", () => {
    const whole = grid();
    const to_the_end = Buffer.from(whole);
    const meta = whole.indexOf("meta", 0, "latin1") - 4;
    to_the_end.writeUInt32BE(0, meta);
    expect(dimensions_of(to_the_end)).toEqual({ width: 4_032, height: 3_024 });
    const [first, content] = [whole.subarray(0, meta), whole.subarray(meta + 8)];
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(16 + content.length));
    const large = Buffer.concat([first, uint(1, 4), Buffer.from("meta"), size, content]);
    expect(dimensions_of(large)).toEqual({ width: 4_032, height: 3_024 });
  });
});
