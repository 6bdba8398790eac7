/** Password hashes (scrypt, RFC 7914) and the passwords that the pool makes up itself. */
import { randomBytes, randomInt, scrypt, timingSafeEqual } from "node:crypto";

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const COST = { N: 16_384, r: 8, p: 1 } as const;

/** Verified against when there is no hash, so that an unknown user takes as long as a wrong password. */
const NO_HASH = { salt: randomBytes(SALT_BYTES), key: randomBytes(KEY_BYTES) };

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, COST, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** `scrypt$<salt>$<key>`, both in base64url. */
export async function hash_password(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt);
  return `scrypt$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

/** Whether the password is the one behind the hash; without a hash always false, after the same work. */
export async function password_matches(password: string, hash: string | null | undefined): Promise<boolean> {
  const [scheme, salt, key] = hash?.split("$") ?? [];
  const stored =
    scheme === "scrypt" && salt && key
      ? { salt: Buffer.from(salt, "base64url"), key: Buffer.from(key, "base64url") }
      : undefined;
  const expected = stored ?? NO_HASH;
  const derived = await derive(password, expected.salt);
  const equal = expected.key.length === derived.length && timingSafeEqual(expected.key, derived);
  return equal && stored !== undefined;
}

/** A random password that conforms to the policy: four classes of characters, 16 characters in all. */
export function make_temporary_password(): string {
  const classes = ["ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "!@#%&?_=+"];
  const characters = Array.from({ length: 16 }, (_, index) => {
    const from = classes[index % classes.length] ?? "";
    return from.charAt(randomInt(from.length));
  });
  return characters.join("");
}
