/** By which a photo is known again. */
import { createHash } from "node:crypto";

/** As 64 hexadecimal digits. */
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
