/** The signer of the tests: AWS's own, so that our verifier is held against code that is not ours. */
import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { HashConstructor, SourceData } from "@smithy/types";

class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", bytes_of(secret));
  }

  update(data: SourceData): void {
    this.#hash.update(bytes_of(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function bytes_of(data: SourceData): Uint8Array {
  if (typeof data === "string") return Buffer.from(data, "utf8");
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

const hash_constructor: HashConstructor = Sha256;

export const CREDENTIALS = { accessKeyId: "local", secretAccessKey: "local-secret" };
export const REGION = "eu-central-1";

export function signer(
  options: { secret?: string; key_id?: string; region?: string; service?: string } = {},
): SignatureV4 {
  return new SignatureV4({
    credentials: {
      accessKeyId: options.key_id ?? CREDENTIALS.accessKeyId,
      secretAccessKey: options.secret ?? CREDENTIALS.secretAccessKey,
    },
    region: options.region ?? REGION,
    service: options.service ?? "s3",
    sha256: hash_constructor,
    uriEscapePath: false,
    applyChecksum: false,
  });
}
