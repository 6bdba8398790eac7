/**
 * The checksums of objects: S3's algorithms, how a part's checksums make up an object's, and the headers
 * that carry them.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 *
 * S3 knows further algorithms (SHA-512, MD5, the XXH family); a request that names one is refused.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import * as z from "zod";
import { CRC32, CRC32C, CRC64NVME, Crc, type CrcParameters, combine_crcs } from "./crc.ts";
import { invalid_request, not_implemented } from "./errors.ts";

export const algorithm_schema = z.enum(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]);
export type Algorithm = z.infer<typeof algorithm_schema>;
export const checksum_type_schema = z.enum(["FULL_OBJECT", "COMPOSITE"]);
export type ChecksumType = z.infer<typeof checksum_type_schema>;

/** What S3 computes by itself when a client names no algorithm. */
export const DEFAULT_ALGORITHM: Algorithm = "CRC64NVME";

/** The checksum of a stored object. `value` is base64, and ends in `-<parts>` if the type is COMPOSITE. */
export interface Checksum {
  algorithm: Algorithm;
  type: ChecksumType;
  value: string;
}

interface Running {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

const LINEAR: Partial<Record<Algorithm, CrcParameters>> = { CRC32, CRC32C, CRC64NVME };
const LENGTHS: Record<Algorithm, number> = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 };

export function start_checksum(algorithm: Algorithm): Running {
  if (algorithm === "CRC32") return start_crc32();
  const crc = LINEAR[algorithm];
  if (crc) return new Crc(crc);
  const hash = createHash(algorithm.toLowerCase());
  return { update: (bytes) => hash.update(bytes), digest: () => hash.digest() };
}

function start_crc32(): Running {
  let value = 0;
  return {
    update: (bytes) => {
      value = crc32(bytes, value);
    },
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

/** True when the value is base64 of the algorithm's length. */
export function is_checksum_value(algorithm: Algorithm, value: string): boolean {
  const bytes = Buffer.from(value, "base64");
  return bytes.length === LENGTHS[algorithm] && bytes.toString("base64") === value;
}

/** The type that an upload in parts has when its client names none; CRC-64 has only one, and so has SHA. */
export function default_type(algorithm: Algorithm): ChecksumType {
  return algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE";
}

export function allows_type(algorithm: Algorithm, type: ChecksumType): boolean {
  return type === "FULL_OBJECT" ? LINEAR[algorithm] !== undefined : algorithm !== "CRC64NVME";
}

/** The checksum of an object from those of its parts. */
export function checksum_of_parts(
  algorithm: Algorithm,
  type: ChecksumType,
  parts: readonly { checksum: string; size: number }[],
): Checksum {
  const digests = parts.map(({ checksum }) => Buffer.from(checksum, "base64"));
  const crc = LINEAR[algorithm];
  if (type === "FULL_OBJECT" && crc) {
    const value = combine_crcs(
      crc,
      parts.map(({ checksum, size }) => ({ crc: Buffer.from(checksum, "base64"), length: size })),
    );
    return { algorithm, type, value: value.toString("base64") };
  }
  const composite = start_checksum(algorithm);
  for (const digest of digests) composite.update(digest);
  return { algorithm, type, value: `${composite.digest().toString("base64")}-${parts.length}` };
}

/** `x-amz-checksum-crc32` */
export function checksum_header(algorithm: Algorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The name of the element that holds a checksum: `ChecksumCRC32`. */
export function checksum_element(algorithm: Algorithm): string {
  return `Checksum${algorithm}`;
}

export function checksum_headers(checksum: Checksum): Record<string, string> {
  return { [checksum_header(checksum.algorithm)]: checksum.value, "x-amz-checksum-type": checksum.type };
}

export function parse_algorithm(value: string): Algorithm {
  const algorithm = algorithm_schema.safeParse(value.toUpperCase());
  if (!algorithm.success) {
    throw invalid_request(
      "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    );
  }
  return algorithm.data;
}

const NOT_VALUES: readonly string[] = ["algorithm", "type", "mode"];

/** The one checksum that the headers give a value for, if any. */
export function checksum_in_headers(
  headers: Readonly<Record<string, string>>,
): { algorithm: Algorithm; value: string } | undefined {
  const [name, ...more] = Object.keys(headers).filter(
    (header) =>
      header.startsWith("x-amz-checksum-") && !NOT_VALUES.includes(header.slice("x-amz-checksum-".length)),
  );
  if (name === undefined) return undefined;
  if (more.length > 0) {
    throw invalid_request(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  const algorithm = algorithm_of_header(name);
  const value = headers[name] ?? "";
  return { algorithm, value };
}

/** The algorithm that `x-amz-checksum-crc32` names. */
export function algorithm_of_header(name: string): Algorithm {
  const algorithm = algorithm_schema.safeParse(name.slice("x-amz-checksum-".length).toUpperCase());
  if (!name.startsWith("x-amz-checksum-") || !algorithm.success) throw not_implemented({ Header: name });
  return algorithm.data;
}
