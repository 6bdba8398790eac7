import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sealer } from "../../storage/sealed.ts";
import { holds } from "../support/holds.ts";
import { user_name } from "../support/names.ts";

const SECRET = "a secret of at least 32 characters";
const { seal, open } = sealer(SECRET, "test");

const in_milliseconds = (milliseconds: number): Date => new Date(Date.now() + milliseconds);

describe("a sealed text", () => {
  it("opens to what was sealed, for its user", () => {
    const content = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()));
    holds(
      fc.property(user_name, user_name, content, (user, other, sealed_content) => {
        const json = JSON.parse(JSON.stringify(sealed_content));
        const sealed = seal(user, sealed_content);
        expect(open(user, sealed)).toEqual(json);
        if (other !== user) expect(open(other, sealed)).toBeUndefined();
        expect(sealed).toMatch(/^[\w-]+$/);
      }),
    );
  });

  it("does not open for another purpose, or with another secret", () => {
    const sealed = seal("ann", { id: 1 });
    expect(sealer(SECRET, "test").open("ann", sealed)).toEqual({ id: 1 });
    expect(sealer(SECRET, "another").open("ann", sealed)).toBeUndefined();
    expect(sealer(`${SECRET}!`, "test").open("ann", sealed)).toBeUndefined();
  });

  it("opens until it expires", () => {
    expect(open("ann", seal("ann", { id: 1 }, in_milliseconds(60_000)))).toEqual({ id: 1 });
    expect(open("ann", seal("ann", { id: 1 }, in_milliseconds(-1)))).toBeUndefined();
    expect(open("ann", seal("ann", { id: 1 }, in_milliseconds(0)))).toBeUndefined();
  });

  it("does not open if it is anything else", () => {
    const rubbish = fc.oneof(fc.string(), fc.base64String(), fc.stringMatching(/^[\w-]*$/));
    holds(
      fc.property(rubbish, (text) => {
        expect(open("ann", text)).toBeUndefined();
      }),
    );
  });

  it("is another one each time", () => {
    expect(seal("ann", {})).not.toBe(seal("ann", {}));
  });
});
