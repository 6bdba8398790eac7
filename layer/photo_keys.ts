/**
 * Builds and parses the keys of photos; nothing else concatenates a key.
 *
 *     <user>/<timestamp>_<name>
 *
 * `user` is one percent-encoded path segment, `timestamp` is UTC with milliseconds and of fixed width, so that the
 * order of a user's keys is the order of time. The API only speaks of `<timestamp>_<name>`, the filename.
 */

/** S3's limit on a key is 1,024 bytes of UTF-8: 512 for the user, 19 for the timestamp, 2 separators, the name. */
export const NAME_BYTES = 255;

/**
 * The user names that Cognito allows
 * (https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html).
 */
const USER = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u;

/** A name of which nothing is left when it has been cleaned. */
const NAMELESS = "photo";

/** The longest extension that is kept when a name is cut, with its dot. */
const EXTENSION_BYTES = 16;

export interface PhotoFilename {
  readonly uploaded_at: Date;
  /** The cleaned name that the user's file had. */
  readonly name: string;
}

export interface PhotoKey extends PhotoFilename {
  readonly user: string;
  readonly filename: string;
}

/**
 * A user as one segment of a key. Letters and digits beyond ASCII stand as they are, because percent-encoding would
 * make a name of 128 of them longer than a key; every ASCII sign but `-` and `_` is encoded, `/`, `.` and `%` among
 * them, so that two users never share a segment and none reaches into another's.
 *
 * @throws RangeError for a user that Cognito does not allow: empty, longer than 128 characters, or with a sign
 * that is no letter, mark, number, symbol or punctuation.
 */
export function user_segment(user: string): string {
  if (!USER.test(user)) {
    throw new RangeError("A user name has 1 to 128 letters, marks, numbers, symbols or punctuation signs.");
  }
  return user.replace(
    /[^A-Za-z0-9_\-\u{80}-\u{10ffff}]/gu,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** The prefix of all of a user's keys, with its slash. */
export const user_prefix = (user: string): string => `${user_segment(user)}/`;

/** `20261123T101530123Z`: ISO 8601 basic format, 19 characters, years 0000 to 9999. */
export const timestamp = (at: Date): string => at.toISOString().replace(/[-:.]/g, "");

/** Controls, bidirectional controls, invisible signs that hide text, and code points that are no characters. */
const UNWANTED =
  /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff]|\p{Noncharacter_Code_Point}/gu;

/**
 * The name under which a photo is kept: the last segment of a path of either kind, in NFC, without signs that are
 * unseen or change direction, cut to 255 bytes with its extension kept. Never empty, and clean(clean(x)) = clean(x).
 *
 * A filename is only known if its name is clean: a rule added here later would hide the photos that break it.
 */
export function clean_name(raw: string): string {
  const last = raw.toWellFormed().split(/[/\\]/).at(-1) ?? "";
  const seen = last.replace(UNWANTED, "").normalize("NFC").trim();
  const cut = cut_to_fit(seen);
  return cut === "" || cut === "." || cut === ".." ? NAMELESS : cut;
}

function cut_to_fit(name: string): string {
  if (Buffer.byteLength(name) <= NAME_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= EXTENSION_BYTES ? name.slice(dot) : "";
  const stem = first_bytes(
    name.slice(0, name.length - extension.length),
    NAME_BYTES - Buffer.byteLength(extension),
  );
  return `${stem}${extension}`.trim();
}

/** The longest beginning of a text that has at most so many bytes of UTF-8 and ends with a whole character. */
export function first_bytes(text: string, bytes: number): string {
  let used = 0;
  let length = 0;
  for (const character of text) {
    used += Buffer.byteLength(character);
    if (used > bytes) break;
    length += character.length;
  }
  return text.slice(0, length);
}

/** The filename that the API speaks of. */
export const photo_filename = (uploaded_at: Date, name: string): string =>
  `${timestamp(uploaded_at)}_${clean_name(name)}`;

/** The key of a filename in the photos of a user; at most 1,024 bytes. */
export const photo_key = (user: string, filename: string): string => `${user_prefix(user)}${filename}`;

const FILENAME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z_(.+)$/su;

/** Reads a filename; undefined for any text that `photo_filename` cannot have made. */
export function parse_filename(filename: string): PhotoFilename | undefined {
  const [, year, month, day, hour, minute, second, ms, name] = FILENAME.exec(filename) ?? [];
  if (name === undefined || name !== clean_name(name)) return undefined;
  const uploaded_at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  // Date rolls 30 February over to March; such a timestamp was never written.
  if (Number.isNaN(uploaded_at.getTime()) || !filename.startsWith(timestamp(uploaded_at))) return undefined;
  return { uploaded_at, name };
}

/** Reads a key; undefined for any text that `photo_key` cannot have made. */
export function parse_photo_key(key: string): PhotoKey | undefined {
  const slash = key.indexOf("/");
  const filename = key.slice(slash + 1);
  const parsed = parse_filename(filename);
  const user = parse_user_segment(key.slice(0, Math.max(slash, 0)));
  return parsed && user !== undefined ? { user, filename, ...parsed } : undefined;
}

/** Reads a segment; undefined for any text that `user_segment` cannot have made. */
export function parse_user_segment(segment: string): string | undefined {
  try {
    const user = decodeURIComponent(segment);
    return user_segment(user) === segment ? user : undefined;
  } catch {
    return undefined; // A % that begins no escape, or a user that cannot be.
  }
}
