/** Cursors of a list: opaque, of one user, and unforgeable. */
import { problem } from "@photo-uploader/layer";
import { sealer } from "./sealed.ts";

export interface Cursors {
  /** A cursor that goes on after this filename in the list of this user. */
  seal(user: string, filename: string): Promise<string>;
  /** @throws Problem `invalid_cursor` for a cursor that was not sealed with this key for this user. */
  open(user: string, cursor: string): Promise<string>;
}

/** @param secret at least 32 characters, the same for every instance of the function */
export function cursors(secret: string): Cursors {
  const { seal, open } = sealer(secret, "list cursor");
  return {
    seal: (user, filename) => seal(user, { filename }),
    open: async (user, cursor) => {
      const filename = (await open(user, cursor))?.filename;
      if (typeof filename === "string") return filename;
      throw problem("invalid_cursor", "Send the cursor of the answer before, or none to begin anew.", {
        errors: [{ field: "cursor", message: "This list has not given this cursor to this user." }],
      });
    },
  };
}
