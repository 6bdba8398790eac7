import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ends_view } from "../../details/ends_view.ts";
import { holds } from "../support/holds.ts";

describe("a view of the ends of a file", () => {
  it("reads at the ends what a view of the whole file does, and nothing between them or outside", () => {
    const file = fc.uint8Array({ maxLength: 40 });
    const length = fc.nat({ max: 45 });
    holds(
      fc.property(file, length, length, fc.integer({ min: -5, max: 45 }), fc.boolean(), (bytes, ...asked) => {
        const [head, tail, at, little_endian] = asked;
        const whole = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const size = bytes.length;
        const view = ends_view({
          head: bytes.subarray(0, head),
          tail: tail === 0 ? new Uint8Array() : bytes.subarray(-tail),
          size,
        });
        expect(view.byteLength).toBe(size);
        const is_there = (offset: number) =>
          offset >= 0 && offset < size && (offset < head || offset >= size - tail);
        const are_there = (count: number) =>
          Array.from({ length: count }, (_, index) => at + index).every(is_there);
        const same = (count: number, read: (from: DataView) => number) =>
          are_there(count)
            ? expect(read(view)).toBe(read(whole))
            : expect(() => read(view)).toThrow(RangeError);
        same(1, (from) => from.getUint8(at));
        same(2, (from) => from.getUint16(at, little_endian));
        same(4, (from) => from.getUint32(at, little_endian));
        same(4, (from) => from.getInt32(at, little_endian));
      }),
    );
  });

  it("ends parsers that go round in circles", () => {
    const view = ends_view({ head: new Uint8Array(8), tail: new Uint8Array(), size: 8 });
    let sum = 0;
    const circle = () => {
      for (;;) sum += view.getUint32(0);
    };
    expect(circle).toThrow(RangeError);
    expect(sum).toBe(0);
  });
});
