/** Which of a user's photos are listed: a span of upload times, which is a range of keys, a beginning of the name, and whether deleted. */
import { createHash } from "node:crypto";
import { timestamp } from "@photo-uploader/layer";

export interface ListFilters {
  /** ISO 8601; photos that were uploaded then or later. */
  readonly from?: string | undefined;
  /** ISO 8601; photos that were uploaded before. */
  readonly to?: string | undefined;
  /** The beginning of the name. */
  readonly prefix?: string | undefined;
  /** Photos that were deleted, and can be restored, in place of those that are there. */
  readonly deleted?: boolean | undefined;
}

/** What the filters are for a walk. */
export interface Range {
  /** A timestamp that stands before all that is listed, if there is one. */
  readonly after?: string;
  /** A timestamp that stands behind all that is listed, if there is one. */
  readonly before?: string;
  /** Whether a photo of the range is listed. */
  has(photo: { readonly name: string; readonly deleted_at?: Date; readonly is_gone?: true }): boolean;
  /** Whether photos of the range are passed over. */
  readonly passes_over: boolean;
  /** The same text for the same filters, and empty for none: what a cursor is bound to. */
  readonly asked: string;
}

export function range_of({ from, to, prefix = "", deleted = false }: ListFilters): Range {
  const [after, before] = [from, to].map((time) => (time === undefined ? undefined : timestamp_of(time)));
  // Names are kept in NFC (layer/photo_keys.ts).
  const beginning = prefix.normalize("NFC");
  const filtered = after !== undefined || before !== undefined || beginning !== "" || deleted;
  return {
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
    has: ({ name, deleted_at, is_gone = false }) =>
      !is_gone && name.startsWith(beginning) && (deleted_at !== undefined) === deleted,
    passes_over: beginning !== "" || deleted,
    asked: filtered ? digest([after ?? "", before ?? "", beginning, String(deleted)]) : "",
  };
}

const FIRST = new Date("0000-01-01T00:00:00.000Z");
const LAST = new Date("9999-12-31T23:59:59.999Z");

/** A time with an offset can lie a day beyond the years that a timestamp has. */
function timestamp_of(time: string): string {
  const milliseconds = Math.min(Math.max(Date.parse(time), FIRST.getTime()), LAST.getTime());
  return timestamp(new Date(milliseconds));
}

const digest = (parts: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22);
