/** Texts that a client keeps for us: opaque, of one user, and unforgeable, since they are encrypted and authenticated. */
import { createHash } from "node:crypto";
import { EncryptJWT, type JWTPayload, jwtDecrypt } from "jose";

export interface Sealer {
  /** @param expires after which the text no longer opens; never, unless told */
  seal(user: string, content: JWTPayload, expires?: Date): Promise<string>;
  /** undefined for a text that was not sealed with this key, for this purpose and this user, or that has expired */
  open(user: string, sealed: string): Promise<JWTPayload | undefined>;
}

/**
 * Encrypted JWTs (RFC 7516, RFC 7519), each purpose with a key of its own.
 *
 * @param secret at least 32 characters, the same for every instance of the functions
 */
export function sealer(secret: string, purpose: string): Sealer {
  const key = createHash("sha256").update(`photo-uploader ${purpose}`).update(secret).digest();
  return {
    seal: (user, content, expires) => {
      const token = new EncryptJWT(content)
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .setSubject(user);
      return (expires ? token.setExpirationTime(expires) : token).encrypt(key);
    },
    open: async (user, sealed) => {
      const opened = await jwtDecrypt(sealed, key, {
        subject: user,
        keyManagementAlgorithms: ["dir"],
        contentEncryptionAlgorithms: ["A256GCM"],
      }).catch(() => undefined);
      return opened?.payload;
    },
  };
}
