/** Texts that a client keeps for us: opaque, of one user, and unforgeable, since they are encrypted and authenticated. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";

export interface Sealer {
  /**
   * @param content what JSON can express
   * @param expires after which the text no longer opens; never, unless told
   */
  seal(user: string, content: object, expires?: Date): string;
  /** undefined for a text that was not sealed with this key, for this purpose and this user, or that has expired */
  open(user: string, sealed: string): unknown;
}

/** AES-GCM with a random nonce, which is good for four thousand million texts of one key (NIST SP 800-38D, 8.3). */
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The base64url of nonce, encrypted text and tag; the user is authenticated along. Each purpose has a key of its own.
 *
 * @param secret at least 32 characters, the same for every instance of the functions
 */
export function sealer(secret: string, purpose: string): Sealer {
  const key = createHash("sha256").update(`photo-uploader ${purpose}`).update(secret).digest();
  return {
    seal: (user, content, expires) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(user));
      const text = JSON.stringify({ content, expires: expires?.getTime() });
      const encrypted = [cipher.update(text, "utf8"), cipher.final()];
      return Buffer.concat([nonce, ...encrypted, cipher.getAuthTag()]).toString("base64url");
    },
    open: (user, sealed) => {
      const text = decrypted(key, user, sealed);
      if (text === undefined) return undefined;
      const { content, expires = Number.POSITIVE_INFINITY } = JSON.parse(text);
      return expires > Date.now() ? content : undefined;
    },
  };
}

function decrypted(key: Buffer, user: string, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  const end = bytes.length - TAG_BYTES;
  // Buffer passes over what is not base64url, and over bits that stand for nothing.
  if (end < NONCE_BYTES || bytes.toString("base64url") !== sealed) return undefined;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(user))
    .setAuthTag(bytes.subarray(end));
  const text = decipher.update(bytes.subarray(NONCE_BYTES, end));
  try {
    return Buffer.concat([text, decipher.final()]).toString();
  } catch {
    return undefined;
  }
}
