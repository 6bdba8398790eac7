/**
 * The keys under which it is kept which photos a user has, by the SHA-256 of their bytes.
 *
 *     .checksums/<user>/<sha256>      the claim of a photo; says under which filename the photo is, or is to be
 *
 * The prefix begins with a dot, as no user's segment can, so that nothing below it is ever a photo.
 */
import { user_segment } from "./photo_keys.ts";

/** Larger photos are stored without a look for duplicates: to read them first would take longer than a function may. */
export const LARGEST_COMPARED = 500_000_000;

/** @param sha256 64 lower-case hexadecimal digits */
export const checksum_key = (user: string, sha256: string): string =>
  `.checksums/${user_segment(user)}/${sha256}`;
