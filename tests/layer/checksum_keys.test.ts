import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checksum_key } from "../../layer/checksum_keys.ts";
import { parse_photo_key } from "../../layer/photo_keys.ts";
import { sha256_of } from "../../layer/sha256.ts";
import { parse_quarantine_key } from "../../layer/upload_keys.ts";
import { holds } from "../support/holds.ts";

describe("checksum_key", () => {
  it("keeps users apart, whatever they are called", () => {
    const sha256 = "5".repeat(64);
    expect(checksum_key("ann", sha256)).toBe(`.checksums/ann/${sha256}`);
    expect(checksum_key("a/b", sha256)).toBe(`.checksums/a%2Fb/${sha256}`);
    expect(checksum_key("..", sha256)).toBe(`.checksums/%2E%2E/${sha256}`);
  });

  it("is the key of no photo, and of no upload", () => {
    holds(
      fc.property(fc.uuid(), fc.string(), (user, text) => {
        const key = checksum_key(user, sha256_of(Buffer.from(text)));
        expect(parse_photo_key(key)).toBeUndefined();
        expect(parse_quarantine_key(key)).toBeUndefined();
      }),
    );
  });
});
