/** SHA-256, by which photos are compared. */
import { createHash, hash } from "node:crypto";

/** Lower-case hexadecimal digits. */
export const sha256_of = (bytes: Uint8Array): string => hash("sha256", bytes, "hex");

/** Of bytes that are not in memory at once. */
export async function sha256_of_stream(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const sha256 = createHash("sha256");
  for await (const chunk of chunks) sha256.update(chunk);
  return sha256.digest("hex");
}
