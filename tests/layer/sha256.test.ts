import { describe, expect, it } from "vitest";
import { sha256_of, sha256_of_stream } from "../../layer/sha256.ts";
import { caught } from "../support/caught.ts";

/** FIPS 180-4's examples: https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values */
const EXAMPLES = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
] as const;

async function* pieces(text: string) {
  for (const sign of text) yield Buffer.from(sign);
}

describe("SHA-256", () => {
  it.each(EXAMPLES)("of %j is the standard's, in one piece and in many", async (text, sha256) => {
    expect(sha256_of(Buffer.from(text))).toBe(sha256);
    expect(await sha256_of_stream(pieces(text))).toBe(sha256);
  });

  it("of bytes that break off is none", async () => {
    const broken = new Error("The connection was cut.");
    async function* breaking() {
      yield Buffer.from("abc");
      throw broken;
    }
    expect(await caught(() => sha256_of_stream(breaking()))).toBe(broken);
  });
});
