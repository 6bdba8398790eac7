/** Every user and every file name that there can be, and those that have broken other programs. */
import * as fc from "fast-check";

/** As Cognito has it: up to 128 letters, marks, symbols, numbers, punctuation signs. */
const COGNITO_USER = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]$/u;

const any_character = fc.integer({ min: 0x21, max: 0x10_ffff }).map((code) => String.fromCodePoint(code));

const dangerous_sign = fc.constantFrom(
  ..."/\\.%_-:;?*#&=+'\"<>|~^`!(){}[]@$,aZ09éß",
  "ñ",
  "中",
  "😀",
  "👩‍👩‍👧",
  "🇩🇪",
);

/** A user name that Cognito takes. */
export const user_name: fc.Arbitrary<string> = fc
  .string({
    unit: fc.oneof(dangerous_sign, any_character).filter((sign) => COGNITO_USER.test(sign)),
    minLength: 1,
    maxLength: 128,
  })
  .filter((user) => [...user].length <= 128);

/** Signs that a file system, a header, a terminal or a listing may trip over; lone surrogates among them. */
const hostile_sign = fc.constantFrom(
  ..."/\\. \0\t\r\n\u001b\u007f\u0085\u00a0\u00ad%\"'<>|:*?;",
  ..."\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\u3000\ufeff\ufffd\ufffe\uffff",
  ..."e\u0301\u0344\u037e\u1fef\u2126\u212b\uac00\u1100\u1161",
  "\ud800",
  "\udfff",
  "\u{1fffe}",
  "\u{e0001}",
  "👨‍👩‍👧‍👦",
  ".jpg",
  ".JPEG",
  "..",
  "../",
);

const any_utf16_unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));

/** What a client may send as the name of a file. */
export const file_name: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: fc.oneof(hostile_sign, any_utf16_unit), maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.string({ unit: "binary", minLength: 200, maxLength: 400 }),
  fc
    .tuple(
      fc.string({ unit: fc.oneof(hostile_sign, any_utf16_unit), maxLength: 8 }),
      fc.integer({ min: 1, max: 5_000 }),
    )
    .map(([pattern, length]) => pattern.repeat(length).slice(0, 5_000)),
);

/** A time that a timestamp can express. */
export const time: fc.Arbitrary<Date> = fc.date({
  min: new Date("0000-01-01T00:00:00.000Z"),
  max: new Date("9999-12-31T23:59:59.999Z"),
  noInvalidDate: true,
});
