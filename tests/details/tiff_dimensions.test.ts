import { describe, expect, it } from "vitest";
import { ends_view } from "../../details/ends_view.ts";
import { tiff_dimensions } from "../../details/tiff_dimensions.ts";
import { type ByteOrder, tiff_of } from "../support/exif.ts";

const view_of = (file: Uint8Array): DataView =>
  ends_view({ head: file, tail: new Uint8Array(), size: file.length });

const SUBFILE_TYPE = 254;
const WIDTH = 256;
const HEIGHT = 257;
const CROP_SIZE = 50_720;

describe.each<ByteOrder>(["II", "MM"])("the dimensions of a TIFF in the order %s", (order) => {
  it("are those of its first directory, as shorts or longs", () => {
    const shorts = tiff_of(
      [
        [
          [WIDTH, 3, [640]],
          [HEIGHT, 3, [427]],
        ],
      ],
      order,
    );
    expect(tiff_dimensions(view_of(shorts))).toEqual({ width: 640, height: 427 });
    const longs = tiff_of(
      [
        [
          [SUBFILE_TYPE, 4, [0]],
          [WIDTH, 4, [70_000]],
          [HEIGHT, 4, [2]],
        ],
      ],
      order,
    );
    expect(tiff_dimensions(view_of(longs))).toEqual({ width: 70_000, height: 2 });
  });

  it("are those of the raw photo, where the first directory is a preview", () => {
    const raw = tiff_of(
      [
        [
          [SUBFILE_TYPE, 4, [1]],
          [WIDTH, 4, [160]],
          [HEIGHT, 4, [120]],
          [330, "directories", [1, 2]],
        ],
        [
          [SUBFILE_TYPE, 4, [1]],
          [WIDTH, 4, [1_024]],
          [HEIGHT, 4, [768]],
        ],
        [
          [SUBFILE_TYPE, 4, [0]],
          [WIDTH, 4, [4_032]],
          [HEIGHT, 4, [3_024]],
        ],
      ],
      order,
    );
    expect(tiff_dimensions(view_of(raw))).toEqual({ width: 4_032, height: 3_024 });
  });

  it.each([4, 5] as const)("leave out the margins of the sensor, written with the type %i", (type) => {
    const raw = tiff_of(
      [
        [
          [SUBFILE_TYPE, 4, [1]],
          [330, "directories", [1]],
        ],
        [
          [SUBFILE_TYPE, 4, [0]],
          [WIDTH, 4, [4_050]],
          [HEIGHT, 4, [3_050]],
          [CROP_SIZE, type, [4_000, 3_000]],
        ],
      ],
      order,
    );
    expect(tiff_dimensions(view_of(raw))).toEqual({ width: 4_000, height: 3_000 });
  });

  it("are not known where there is nothing but previews, or no directory", () => {
    const previews = tiff_of(
      [
        [
          [SUBFILE_TYPE, 4, [1]],
          [WIDTH, 4, [160]],
          [HEIGHT, 4, [120]],
          [330, "directories", [1]],
        ],
        [
          [SUBFILE_TYPE, 4, [1]],
          [WIDTH, 4, [160]],
          [HEIGHT, 4, [120]],
        ],
      ],
      order,
    );
    expect(tiff_dimensions(view_of(previews))).toBeUndefined();
    expect(() => tiff_dimensions(view_of(tiff_of([], order)))).toThrow(RangeError);
  });
});

describe("what is no TIFF", () => {
  it("has no dimensions: a BigTIFF has 43 where this has 42", () => {
    const big = tiff_of([
      [
        [WIDTH, 3, [640]],
        [HEIGHT, 3, [427]],
      ],
    ]);
    big.writeUInt16LE(43, 2);
    expect(tiff_dimensions(view_of(big))).toBeUndefined();
  });
});
