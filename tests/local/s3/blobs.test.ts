import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { after, Blobs } from "../../../local/s3/blobs.ts";

const pieces = fc.array(fc.uint8Array({ maxLength: 20 }).map(Buffer.from), { maxLength: 12 });

describe("after", () => {
  it("leaves what follows, however much was written, and nothing empty", () => {
    fc.assert(
      fc.property(pieces, fc.nat({ max: 240 }), (chunks, bytes) => {
        const left = after(chunks, bytes);
        expect(Buffer.concat(left).equals(Buffer.concat(chunks).subarray(bytes))).toBe(true);
        expect(left.every(({ byteLength }) => byteLength > 0)).toBe(true);
      }),
    );
  });
});

describe("Blobs.write", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "blobs-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("writes all of what comes, in its order", async () => {
    const chunks = Array.from({ length: 60 }, (_, index) => Buffer.alloc(65_536 + index, index));
    const id = await new Blobs(folder).write(stream(chunks));
    expect(readFileSync(join(folder, id)).equals(Buffer.concat(chunks))).toBe(true);
  });

  it("writes an empty one", async () => {
    const id = await new Blobs(folder).write(stream([]));
    expect(readFileSync(join(folder, id))).toHaveLength(0);
  });

  it("leaves nothing where the source fails", async () => {
    const failing = async function* () {
      yield* stream([Buffer.alloc(2_000_000)]);
      throw new Error("the connection was reset");
    };
    await expect(new Blobs(folder).write(failing())).rejects.toThrow("reset");
    expect(readdirSync(folder)).toEqual([]);
  });
});

async function* stream(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}
