import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  clean_name,
  first_bytes,
  NAME_BYTES,
  parse_filename,
  parse_photo_key,
  photo_filename,
  photo_key,
  timestamp,
  user_prefix,
  user_segment,
} from "../../layer/photo_keys.ts";
import { holds } from "../support/holds.ts";
import { file_name, time, user_name } from "../support/names.ts";

const bytes = (text: string): number => Buffer.byteLength(text);

const at = new Date("2026-11-23T10:15:30.123Z");

describe("keys of photos, for all users, names and times", () => {
  it("are parsed to what they were built of", () => {
    holds(
      fc.property(user_name, time, file_name, (user, uploaded_at, name) => {
        const filename = photo_filename(uploaded_at, name);
        expect(parse_photo_key(photo_key(user, filename))).toEqual({
          user,
          filename,
          uploaded_at,
          name: clean_name(name),
        });
      }),
      { numRuns: 500 },
    );
  });

  it("have at most 1,024 bytes", () => {
    holds(
      fc.property(user_name, time, file_name, (user, uploaded_at, name) => {
        expect(bytes(photo_key(user, photo_filename(uploaded_at, name)))).toBeLessThanOrEqual(1_024);
      }),
      { numRuns: 300 },
    );
  });

  it.each(["😀", "/", "中", "%"])("have at most 1,024 bytes for a user and a name all of %s", (sign) => {
    const key = photo_key(sign.repeat(128), photo_filename(at, `${sign === "/" ? "é" : sign}`.repeat(5_000)));
    expect(bytes(key)).toBeLessThanOrEqual(1_024);
  });

  it("are of one user only: no other user's prefix begins them", () => {
    holds(
      fc.property(user_name, user_name, time, file_name, (a, b, uploaded_at, name) => {
        const key = photo_key(a, photo_filename(uploaded_at, name));
        expect(key.startsWith(user_prefix(b))).toBe(a === b);
        expect(user_prefix(b).startsWith(user_prefix(a))).toBe(a === b);
      }),
      { numRuns: 500 },
    );
  });

  it("are of one user only, where one user's name begins or resembles the other's", () => {
    const lengthened = fc
      .tuple(user_name, user_name)
      .map(([a, more]): [string, string] => [a, [...`${a}${more}`].slice(0, 128).join("")]);
    const written_alike = user_name.map((a): [string, string] => [
      a,
      [...user_segment(a)].slice(0, 128).join(""),
    ]);
    const normalised = user_name.map((a): [string, string] => [
      a,
      [...a.normalize("NFD")].slice(0, 128).join(""),
    ]);
    holds(
      fc.property(fc.oneof(lengthened, written_alike, normalised), file_name, ([a, b], name) => {
        fc.pre(a !== b);
        const filename = photo_filename(at, name);
        expect(photo_key(a, filename).startsWith(user_prefix(b))).toBe(false);
        expect(photo_key(b, filename).startsWith(user_prefix(a))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it("have exactly one slash, the one between user and filename", () => {
    holds(
      fc.property(user_name, file_name, (user, name) => {
        expect(photo_key(user, photo_filename(at, name)).split("/")).toHaveLength(2);
      }),
    );
  });

  it("are ordered in UTF-8 bytes as their photos in time", () => {
    holds(
      fc.property(user_name, time, time, file_name, file_name, (user, one, other, a, b) => {
        fc.pre(one.getTime() !== other.getTime());
        const order = Buffer.compare(
          Buffer.from(photo_key(user, photo_filename(one, a))),
          Buffer.from(photo_key(user, photo_filename(other, b))),
        );
        expect(order).toBe(Math.sign(one.getTime() - other.getTime()));
      }),
      { numRuns: 300 },
    );
  });
});

describe("user_segment", () => {
  it.each([
    ["f4a1b2c3-0d4e-4f5a-8b6c-7d8e9fa0b1c2", "f4a1b2c3-0d4e-4f5a-8b6c-7d8e9fa0b1c2"],
    ["a/b", "a%2Fb"],
    ["..", "%2E%2E"],
    ["%2F", "%252F"],
    ["ann@example.com", "ann%40example%2Ecom"],
    ["Zoë", "Zoë"],
    ["😀", "😀"],
  ])("writes the user %s as %s", (user, segment) => {
    expect(user_segment(user)).toBe(segment);
  });

  it.each([
    ["empty", ""],
    ["129 characters", "a".repeat(129)],
    ["a space", "a b"],
    ["a NUL", "a\0"],
    ["a line break", "a\nb"],
    ["an ending line break", "a\n"],
    ["half a surrogate pair", "\ud83d"],
    ["a bidi control", "a\u202eb"],
  ])("refuses a user that Cognito does not allow: %s", (_, user) => {
    expect(() => user_segment(user)).toThrow(RangeError);
  });

  it("counts characters, not UTF-16 units", () => {
    expect(bytes(user_segment("😀".repeat(128)))).toBe(512);
  });
});

describe("clean_name, for all names", () => {
  const every_name = (check: (clean: string) => void): void =>
    holds(
      fc.property(file_name, (raw) => {
        check(clean_name(raw));
      }),
      { numRuns: 500 },
    );

  it("changes nothing the second time", () => {
    every_name((clean) => expect(clean_name(clean)).toBe(clean));
  });

  it("is never empty and never a way to another folder", () => {
    every_name((clean) => expect(["", ".", ".."]).not.toContain(clean));
  });

  it("has at most 255 bytes", () => {
    every_name((clean) => expect(bytes(clean)).toBeLessThanOrEqual(NAME_BYTES));
  });

  it("has no control, no bidirectional control and no slash of either kind", () => {
    every_name((clean) =>
      expect(clean).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029/\\]|\p{Noncharacter_Code_Point}/u),
    );
  });

  it("is well-formed Unicode in NFC", () => {
    every_name((clean) => {
      expect(clean.isWellFormed()).toBe(true);
      expect(clean.normalize("NFC")).toBe(clean);
    });
  });

  it("keeps the extension of a name that is cut", () => {
    const extension = fc.stringMatching(/^\.[A-Za-z0-9]{1,15}$/);
    const stem = fc.string({
      unit: fc.constantFrom("a", "é", "中", "😀", "👩‍👧", ".", " x"),
      minLength: 1,
      maxLength: 400,
    });
    holds(
      fc.property(stem, extension, (start, end) => {
        expect(clean_name(`x${start}${end}`).endsWith(end)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("leaves alone what needs no cleaning", () => {
    const plain = fc.stringMatching(/^[A-Za-z0-9äöüéñ中文 _()+&'-]{1,60}\.jpe?g$/).map((name) => `x${name}`);
    holds(
      fc.property(plain, (name) => {
        expect(clean_name(name)).toBe(name);
      }),
    );
  });
});

describe("clean_name", () => {
  it.each([
    ["C:\\fakepath\\x.jpg", "x.jpg"],
    ["../../x.jpg", "x.jpg"],
    ["/etc/passwd", "passwd"],
    ["..\\..\\x.jpg", "x.jpg"],
    ["holiday/beach/1.heic", "1.heic"],
    ["a\0b.jpg", "ab.jpg"],
    ["a.jpg\r\nSet-Cookie: x=1", "a.jpgSet-Cookie: x=1"],
    ["photo\u202egpj.exe", "photogpj.exe"],
    ["  spaces.jpg  ", "spaces.jpg"],
    ["\ufeffx.jpg", "x.jpg"],
    ["e\u0301.jpg", "é.jpg"],
    ["", "photo"],
    [".", "photo"],
    ["..", "photo"],
    ["dir/", "photo"],
    ["\u202e\u200f\n", "photo"],
    ["\ud83d.jpg", "\ufffd.jpg"],
    [".jpg", ".jpg"],
    ['say "cheese".jpg', 'say "cheese".jpg'],
    ["50% off;x=1.jpg", "50% off;x=1.jpg"],
  ])("makes %j into %j", (raw, clean) => {
    expect(clean_name(raw)).toBe(clean);
  });

  it("keeps the joiners that make one emoji of several", () => {
    expect(clean_name("👨‍👩‍👧‍👦 at home.jpg")).toBe("👨‍👩‍👧‍👦 at home.jpg");
  });

  it("cuts a name of 500 characters to 255 bytes, its extension included", () => {
    expect(clean_name(`${"a".repeat(496)}.jpg`)).toBe(`${"a".repeat(251)}.jpg`);
  });

  it("cuts between two characters, never inside one", () => {
    expect(clean_name(`${"😀".repeat(300)}.jpg`)).toBe(`${"😀".repeat(62)}.jpg`);
  });

  it("takes what follows the last dot for no extension if it is long", () => {
    expect(clean_name(`${"a".repeat(300)}.${"b".repeat(30)}`)).toBe("a".repeat(255));
  });

  it("leaves no space at the end of a name that is cut", () => {
    expect(clean_name(`${"a".repeat(254)} ${"b".repeat(100)}`)).toBe("a".repeat(254));
  });
});

describe("first_bytes", () => {
  it("is the longest beginning that fits and ends with a whole character", () => {
    holds(
      fc.property(fc.string({ unit: "binary" }), fc.nat({ max: 60 }), (text, limit) => {
        const beginning = first_bytes(text, limit);
        const next = text.codePointAt(beginning.length);
        expect(text.startsWith(beginning)).toBe(true);
        expect(bytes(beginning)).toBeLessThanOrEqual(limit);
        expect(beginning.isWellFormed()).toBe(true);
        if (next !== undefined) {
          expect(bytes(beginning) + bytes(String.fromCodePoint(next))).toBeGreaterThan(limit);
        }
      }),
    );
  });
});

describe("parse_filename", () => {
  it("reads time and name", () => {
    expect(photo_filename(at, "beach.jpg")).toBe("20261123T101530123Z_beach.jpg");
    expect(parse_filename("20261123T101530123Z_beach.jpg")).toEqual({ uploaded_at: at, name: "beach.jpg" });
  });

  it("takes only what photo_filename makes", () => {
    const digits = (length: number) =>
      fc.integer({ min: 0, max: 10 ** length - 1 }).map((number) => String(number).padStart(length, "0"));
    const near_miss = fc
      .tuple(
        digits(8),
        fc.constantFrom("T", "t", ""),
        digits(9),
        fc.constantFrom("Z_", "z_", "_", "Z"),
        file_name,
      )
      .map((parts) => parts.join(""));
    holds(
      fc.property(near_miss, (text) => {
        const parsed = parse_filename(text);
        if (parsed !== undefined) expect(photo_filename(parsed.uploaded_at, parsed.name)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["30 February", "20260230T101530123Z_a.jpg"],
    ["29 February of no leap year", "20260229T101530123Z_a.jpg"],
    ["month 13", "20261323T101530123Z_a.jpg"],
    ["month 0", "20260023T101530123Z_a.jpg"],
    ["hour 24", "20261123T240000000Z_a.jpg"],
    ["hour 25", "20261123T251530123Z_a.jpg"],
    ["minute 60", "20261123T106030123Z_a.jpg"],
    ["a leap second", "20161231T235960000Z_a.jpg"],
    ["no name", "20261123T101530123Z_"],
    ["no separator", "20261123T101530123Z"],
    ["a name that is not clean", "20261123T101530123Z_ a.jpg"],
    ["a name that is not in NFC", "20261123T101530123Z_e\u0301.jpg"],
    ["a name of two dots", "20261123T101530123Z_.."],
    ["a path", "20261123T101530123Z_a/b"],
    ["a backslash", "20261123T101530123Z_a\\b"],
    ["a way upwards", "../other/20261123T101530123Z_a.jpg"],
    ["a whole key", "ann/20261123T101530123Z_a.jpg"],
    ["a line break before", "\n20261123T101530123Z_a.jpg"],
    ["a NUL", "20261123T101530123Z_a.jpg\0"],
    ["a name that is too long", `20261123T101530123Z_${"a".repeat(256)}`],
    ["digits of another script", "２０２６1123T101530123Z_a.jpg"],
    ["nothing", ""],
  ])("refuses %s", (_, filename) => {
    expect(parse_filename(filename)).toBeUndefined();
  });

  it("takes 29 February of a leap year", () => {
    expect(parse_filename("20280229T000000000Z_a.jpg")?.uploaded_at).toEqual(new Date("2028-02-29"));
  });

  it("keeps a percent sign as it is: %2f is a name and no slash", () => {
    expect(parse_filename("20261123T101530123Z_a%2fb")?.name).toBe("a%2fb");
  });
});

describe("parse_photo_key", () => {
  it.each([
    ["no slash", "20261123T101530123Z_a.jpg"],
    ["no user", "/20261123T101530123Z_a.jpg"],
    ["a user that is written in another way", "a%2fb/20261123T101530123Z_a.jpg"],
    ["a user whose escape is needless", "%61nn/20261123T101530123Z_a.jpg"],
    ["a broken escape", "50%/20261123T101530123Z_a.jpg"],
    ["bytes that are no UTF-8", "%FF/20261123T101530123Z_a.jpg"],
    ["a user that cannot be", "a%20b/20261123T101530123Z_a.jpg"],
    ["a folder below the user", "ann/2026/20261123T101530123Z_a.jpg"],
    ["a foreign name", "ann/thumbs.db"],
  ])("refuses %s", (_, key) => {
    expect(parse_photo_key(key)).toBeUndefined();
  });
});

describe("timestamp", () => {
  it("has 19 characters, which sort as the times do", () => {
    holds(
      fc.property(time, time, (a, b) => {
        expect(timestamp(a)).toMatch(/^\d{8}T\d{9}Z$/);
        expect(timestamp(a) < timestamp(b)).toBe(a < b);
      }),
    );
  });
});
