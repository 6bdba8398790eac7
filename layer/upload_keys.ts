/**
 * Uploads and the keys of what they leave in the bucket. The prefixes begin with a dot, as no user's segment can, so
 * that nothing below them is ever a photo.
 *
 *     .quarantine/<user>/<id>      what was uploaded, until it has been admitted
 *     .outcomes/<user>/<id>        what became of it; written once
 *     .tasks/<user>/<id>/plan      asks for an archive's extraction; written once
 */
import { randomBytes } from "node:crypto";
import { parse_user_segment, user_segment } from "./photo_keys.ts";

/** A user's upload; `id` says when it was asked for, and can hardly be guessed. */
export interface UploadKey {
  readonly user: string;
  readonly id: string;
}

/** Digits of base 32 (RFC 4648, section 7, in lower case): 10 for the milliseconds, 16 for 80 random bits. */
const RADIX = 32;
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;
const ID = /^[0-9a-v]{26}$/;

/** The last millisecond that a photo's timestamp can express. */
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** An id of 26 digits and lower-case letters; later ones sort behind. */
export function new_upload_id(now: number = Date.now()): string {
  const random = [...randomBytes(RANDOM_DIGITS)].map((byte) => (byte % RADIX).toString(RADIX));
  return now.toString(RADIX).padStart(TIME_DIGITS, "0") + random.join("");
}

/** Milliseconds since the epoch at which the upload was asked for. */
export const upload_time = (id: string): number => Number.parseInt(id.slice(0, TIME_DIGITS), RADIX);

const QUARANTINE = ".quarantine/";

export const quarantine_key = ({ user, id }: UploadKey): string => `${QUARANTINE}${user_segment(user)}/${id}`;

export const outcome_key = ({ user, id }: UploadKey): string => `.outcomes/${user_segment(user)}/${id}`;

export const plan_task_key = ({ user, id }: UploadKey): string => `.tasks/${user_segment(user)}/${id}/plan`;

/** Reads a key; undefined for any text that `quarantine_key` cannot have made. */
export function parse_quarantine_key(key: string): UploadKey | undefined {
  if (!key.startsWith(QUARANTINE)) return undefined;
  const [segment = "", id = "", ...more] = key.slice(QUARANTINE.length).split("/");
  const user = parse_user_segment(segment);
  return user !== undefined && is_upload_id(id) && more.length === 0 ? { user, id } : undefined;
}

export const is_upload_id = (id: string): boolean => ID.test(id) && upload_time(id) <= LAST_TIME;
