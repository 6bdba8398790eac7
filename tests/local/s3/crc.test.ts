import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CRC32, CRC32C, CRC64NVME, Crc, type CrcParameters, combine_crcs } from "../../../local/s3/crc.ts";
import { holds } from "../../support/holds.ts";

/** Bit by bit, as the definition has it. */
function crc_by_definition({ width, polynomial }: CrcParameters, bytes: Uint8Array): bigint {
  const ones = (1n << width) - 1n;
  let register = ones;
  for (const byte of bytes) {
    register ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      register = register & 1n ? (register >> 1n) ^ polynomial : register >> 1n;
    }
  }
  return register ^ ones;
}

function crc_of(parameters: CrcParameters, ...chunks: Uint8Array[]): Buffer {
  const crc = new Crc(parameters);
  for (const chunk of chunks) crc.update(chunk);
  return crc.digest();
}

const CHECK = Buffer.from("123456789");

describe.each([
  ["CRC-32", CRC32, "cbf43926"],
  ["CRC-32C", CRC32C, "e3069283"],
  ["CRC-64/NVME", CRC64NVME, "ae8b14860a799888"],
])("%s", (_, parameters, check) => {
  it("has its published check value", () => {
    expect(crc_of(parameters, CHECK).toString("hex")).toBe(check);
  });

  it("is what its definition says, however the bytes are cut", () => {
    holds(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), (chunks) => {
        const expected = crc_by_definition(parameters, Buffer.concat(chunks));
        expect(BigInt(`0x${crc_of(parameters, ...chunks).toString("hex")}`)).toBe(expected);
      }),
    );
  });

  it("is combined from the CRCs of parts", () => {
    holds(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 5 }), (chunks) => {
        const parts = chunks.map((chunk) => ({ crc: crc_of(parameters, chunk), length: chunk.length }));
        expect(combine_crcs(parameters, parts)).toEqual(crc_of(parameters, ...chunks));
      }),
    );
  });
});
