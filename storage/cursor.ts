/** Cursors of a list: opaque, of one user, and unforgeable. */
import { problem } from "@photo-uploader/layer";
import { sealer } from "./sealed.ts";

export interface Cursors {
  /** A cursor that goes on after this filename in the list of this user. */
  seal(user: string, filename: string): string;
  /** @throws Problem `invalid_cursor` for a cursor that was not sealed with this key for this user. */
  open(user: string, cursor: string): string;
}

/** @param secret at least 32 characters, the same for every instance of the function */
export function cursors(secret: string): Cursors {
  const { seal, open } = sealer(secret, "list cursor");
  return {
    seal: (user, filename) => seal(user, { filename }),
    open: (user, cursor) => {
      const opened = open(user, cursor);
      if (is_cursor(opened)) return opened.filename;
      throw problem("invalid_cursor", "Send the cursor of the answer before, or none to begin anew.", {
        errors: [{ field: "cursor", message: "This list has not given this cursor to this user." }],
      });
    },
  };
}

const is_cursor = (opened: unknown): opened is { readonly filename: string } =>
  typeof opened === "object" &&
  opened !== null &&
  "filename" in opened &&
  typeof opened.filename === "string";
