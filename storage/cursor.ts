/** Cursors of a list: opaque, of one user and of what was asked for, and unforgeable. */
import { problem } from "@photo-uploader/layer";
import { sealer } from "./sealed.ts";

/** Where a list goes on. */
export interface Position {
  /** The last photo that was looked at. */
  readonly filename: string;
  /** Of `newest_first`, which begins there instead of searching for it anew. */
  readonly starts: readonly number[];
}

export interface Cursors {
  /**
   * A cursor that goes on behind this position in the list of this user.
   *
   * @param asked what is listed, as `ListFilters` says it; empty for all photos
   */
  seal(user: string, position: Position, asked?: string): string;
  /** @throws Problem `invalid_cursor` for a cursor that was not sealed with this key for this user and this list. */
  open(user: string, cursor: string, asked?: string): Position;
}

/** Of a hundred thousand photos up to 29 have been seen. 64 of them make a cursor of at most 2,100 characters. */
const STARTS = 64;

/** @param secret at least 32 characters, the same for every instance of the function */
export function cursors(secret: string): Cursors {
  const { seal, open } = sealer(secret, "list cursor");
  return {
    seal: (user, { filename, starts }, asked = "") =>
      seal(user, { filename, starts: starts.slice(-STARTS), asked }),
    open: (user, cursor, asked = "") => {
      const opened = open(user, cursor);
      if (is_cursor(opened) && (opened.asked ?? "") === asked) {
        return { filename: opened.filename, starts: opened.starts ?? [] };
      }
      throw problem(
        "invalid_cursor",
        "Send the cursor of the answer before, and ask for the same with it; or none, to begin anew.",
        { errors: [{ field: "cursor", message: "This list has not given this cursor to this user." }] },
      );
    },
  };
}

/** A cursor of before there were filters has the filename alone. */
interface SealedPosition {
  readonly filename: string;
  readonly starts?: readonly number[];
  readonly asked?: string;
}

/** Nobody else can seal one, so the rest of it is as it was sealed. */
const is_cursor = (opened: unknown): opened is SealedPosition =>
  typeof opened === "object" &&
  opened !== null &&
  "filename" in opened &&
  typeof opened.filename === "string";
