import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader } from "../../../local/s3/byte_reader.ts";
import { cut } from "./cut.ts";

const malformed = (): Error => new Error("malformed");

async function collect(source: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces).toString("latin1");
}

describe("ByteReader", () => {
  it("finds lines, counts and delimiters wherever the chunks are cut", async () => {
    const text = "line one\r\n12345rest of it\r\n--bo\r\n--boundary and more";
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9)), async (sizes) => {
        const reader = new ByteReader(cut(Buffer.from(text), sizes), malformed);
        expect(await reader.line(8)).toBe("line one");
        expect((await reader.exactly(5)).toString()).toBe("12345");
        expect(await collect(reader.until(Buffer.from("\r\n--boundary")))).toBe("rest of it\r\n--bo");
        expect(await reader.drain()).toBe(" and more".length);
      }),
    );
  });

  it.each([
    ["a line that is too long", (reader: ByteReader) => reader.line(2)],
    ["a line that does not end", (reader: ByteReader) => reader.line(100)],
    ["fewer bytes than are wanted", (reader: ByteReader) => reader.exactly(100)],
    ["a delimiter that does not come", (reader: ByteReader) => collect(reader.until(Buffer.from("|")))],
  ])("throws for %s", async (_, read) => {
    const reader = new ByteReader(cut(Buffer.from("abc def"), [3]), malformed);
    await expect(read(reader)).rejects.toThrow("malformed");
  });
});
