/** The checksum is zlib's, however the bytes are cut. */
import { crc32 as crc32_of_zlib } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32, crc32_of } from "../../client/crc32.ts";

describe("the CRC-32", () => {
  it("is as zlib has it, in one piece or two", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        expect(crc32(bytes)).toBe(crc32_of_zlib(bytes));
        expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(crc32_of_zlib(bytes));
      }),
    );
  });

  it("of a file has eight digits, and is told of on the way", async () => {
    const bytes = Buffer.alloc(2_500_000, "photo");
    const read: number[] = [];
    const digits = await crc32_of(new Blob([bytes]), (done) => read.push(done), undefined);
    expect(digits).toBe(crc32_of_zlib(bytes).toString(16).padStart(8, "0"));
    expect(read).toEqual([1_048_576, 2_097_152, 2_500_000]);
    expect(await crc32_of(new Blob([]), () => {}, undefined)).toBe("00000000");
  });

  it("is not made to its end once it is aborted", async () => {
    await expect(crc32_of(new Blob(["photo"]), () => {}, AbortSignal.abort())).rejects.toThrow(/abort/i);
  });
});
