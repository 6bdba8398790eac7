/** Cursors of a list: opaque, of one user, and unforgeable, since they are encrypted and authenticated (RFC 7516). */
import { createHash } from "node:crypto";
import { problem } from "@photo-uploader/layer";
import { EncryptJWT, jwtDecrypt } from "jose";

export interface Cursors {
  /** A cursor that goes on after this filename in the list of this user. */
  seal(user: string, filename: string): Promise<string>;
  /** @throws Problem `invalid_cursor` for a cursor that was not sealed with this key for this user. */
  open(user: string, cursor: string): Promise<string>;
}

/** @param secret at least 32 characters, the same for every instance of the function */
export function cursors(secret: string): Cursors {
  const key = createHash("sha256").update("photo-uploader list cursor").update(secret).digest();
  return {
    seal: (user, filename) =>
      new EncryptJWT({ filename })
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setSubject(user)
        .encrypt(key),
    open: async (user, cursor) => {
      const opened = await jwtDecrypt(cursor, key, {
        subject: user,
        keyManagementAlgorithms: ["dir"],
        contentEncryptionAlgorithms: ["A256GCM"],
      }).catch(() => undefined);
      const filename = opened?.payload.filename;
      if (typeof filename === "string") return filename;
      throw problem("invalid_cursor", "Send the cursor of the answer before, or none to begin anew.", {
        errors: [{ field: "cursor", message: "This list has not given this cursor to this user." }],
      });
    },
  };
}
