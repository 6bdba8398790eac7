/**
 * A request's body and all that is claimed of it: lengths, SHA-256, MD5, checksum, chunk signatures. Whoever
 * reads it to its end has bytes for which every claim holds; otherwise the reading throws.
 */
import { createHash, type Hash } from "node:crypto";
import { decode_aws_chunked } from "./aws_chunked.ts";
import {
  type Algorithm,
  algorithm_of_header,
  checksum_header,
  checksum_in_headers,
  is_checksum_value,
  parse_algorithm,
  start_checksum,
} from "./checksums.ts";
import {
  bad_digest,
  content_sha256_mismatch,
  entity_too_large,
  incomplete_body,
  invalid_argument,
  invalid_digest,
  invalid_request,
  malformed_trailer,
  message_too_long,
  missing_content_length,
  not_implemented,
} from "./errors.ts";
import type { SignedS3Request } from "./request.ts";

/** The most that one PUT or one part may hold. */
export const MAX_PUT_BYTES = 5 * 1024 ** 3;
/** Room for the longest list of parts or of keys to delete. */
const MAX_DOCUMENT_BYTES = 8 * 1024 ** 2;

export interface ChecksumClaim {
  algorithm: Algorithm;
  /** Base64; undefined when it follows in a trailer. */
  value: string | undefined;
}

export interface PayloadClaims {
  /** Bytes, once decoded. */
  length: number;
  /** How the body is framed, if it is aws-chunked. */
  chunked: { signed: boolean; trailer: string | undefined } | undefined;
  /** Hexadecimal. */
  sha256: string | undefined;
  /** Base64. */
  md5: string | undefined;
  checksum: ChecksumClaim | undefined;
}

/** Reads the claims from the headers, before a byte of the body is asked for. */
export function read_claims(request: SignedS3Request): PayloadClaims {
  const chunked = read_framing(request);
  const claims: PayloadClaims = {
    chunked,
    length: read_length(request, chunked !== undefined),
    sha256: /^[\da-f]{64}$/.test(request.signature.payload_hash) ? request.signature.payload_hash : undefined,
    md5: read_md5(request.headers["content-md5"]),
    checksum: read_checksum_claim(request, chunked?.trailer),
  };
  if (claims.length > MAX_PUT_BYTES) {
    throw entity_too_large({ ProposedSize: String(claims.length), MaxSizeAllowed: String(MAX_PUT_BYTES) });
  }
  return claims;
}

function read_framing(request: SignedS3Request): PayloadClaims["chunked"] {
  const mode = request.signature.payload_hash;
  const trailer = request.headers["x-amz-trailer"]?.trim().toLowerCase();
  switch (mode) {
    case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
      return { signed: false, trailer: require_trailer(trailer) };
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
      return { signed: true, trailer: require_trailer(trailer) };
    case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD":
      refuse_trailer(trailer);
      return { signed: true, trailer: undefined };
    default:
      if (mode !== "UNSIGNED-PAYLOAD" && !/^[\da-f]{64}$/.test(mode)) throw invalid_payload_hash(mode);
      refuse_trailer(trailer);
      if (/(?:^|,)\s*aws-chunked\s*(?:,|$)/i.test(request.headers["content-encoding"] ?? "")) {
        throw invalid_request("aws-chunked encoding needs a streaming x-amz-content-sha256.");
      }
      return undefined;
  }
}

function invalid_payload_hash(value: string): Error {
  return invalid_argument(
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    { ArgumentName: "x-amz-content-sha256", ArgumentValue: value },
  );
}

function require_trailer(trailer: string | undefined): string {
  if (!trailer) throw malformed_trailer();
  return trailer;
}

function refuse_trailer(trailer: string | undefined): void {
  if (trailer !== undefined) {
    throw invalid_request("x-amz-trailer needs an x-amz-content-sha256 that ends in -TRAILER.");
  }
}

function read_length(request: SignedS3Request, chunked: boolean): number {
  const name = chunked ? "x-amz-decoded-content-length" : "content-length";
  const text = request.headers[name];
  if (text === undefined) {
    if (!chunked && request.headers["transfer-encoding"])
      throw not_implemented({ Header: "Transfer-Encoding" });
    throw missing_content_length();
  }
  if (!/^\d{1,15}$/.test(text)) throw invalid_argument(`${name} must be a number.`, { ArgumentName: name });
  return Number(text);
}

function read_md5(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const bytes = Buffer.from(value, "base64");
  if (bytes.length !== 16 || bytes.toString("base64") !== value)
    throw invalid_digest({ "Content-MD5": value });
  return value;
}

function read_checksum_claim(
  request: SignedS3Request,
  trailer: string | undefined,
): ChecksumClaim | undefined {
  const in_header = checksum_in_headers(request.headers);
  if (in_header && trailer) {
    throw invalid_request(
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  const claim = trailer ? { algorithm: algorithm_of_header(trailer), value: undefined } : in_header;
  if (claim?.value !== undefined && !is_checksum_value(claim.algorithm, claim.value)) {
    throw invalid_request(`Value for ${checksum_header(claim.algorithm)} header is invalid.`);
  }
  const named = request.headers["x-amz-sdk-checksum-algorithm"];
  if (named !== undefined && !claim) {
    throw invalid_request(
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  }
  if (named !== undefined && claim && parse_algorithm(named) !== claim.algorithm) {
    throw invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid.");
  }
  return claim;
}

/** What a body turned out to be. */
export interface Digests {
  size: number;
  /** Hexadecimal. */
  md5: string;
  /** Base64, for each algorithm that was asked for. */
  checksums: Partial<Record<Algorithm, string>>;
}

/** Computes what is stored of a body, and what is claimed of it, as its bytes pass. */
export class DigestingStream {
  #size = 0;
  readonly #md5: Hash = createHash("md5");
  readonly #checksums = new Map<Algorithm, ReturnType<typeof start_checksum>>();

  constructor(algorithms: readonly Algorithm[]) {
    for (const algorithm of algorithms) this.#checksums.set(algorithm, start_checksum(algorithm));
  }

  async *through(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      this.#size += chunk.length;
      this.#md5.update(chunk);
      for (const checksum of this.#checksums.values()) checksum.update(chunk);
      yield chunk;
    }
  }

  /** To be called once, when the stream has ended. */
  finish(): Digests {
    const checksums: Partial<Record<Algorithm, string>> = {};
    for (const [algorithm, checksum] of this.#checksums) {
      checksums[algorithm] = checksum.digest().toString("base64");
    }
    return { size: this.#size, md5: this.#md5.digest("hex"), checksums };
  }
}

/** A body being read, and what is known of it afterwards. */
export interface VerifiedPayload {
  /** Throws at its end if a claim does not hold. */
  chunks: AsyncIterable<Buffer>;
  /** Only after the chunks have been read to their end. */
  digests(): Digests;
}

/** Opens the body for reading. `algorithms` are computed besides the one that is claimed. */
export function open_payload(
  request: SignedS3Request,
  claims: PayloadClaims,
  algorithms: readonly Algorithm[],
): VerifiedPayload {
  const wanted = claims.checksum ? [claims.checksum.algorithm, ...algorithms] : algorithms;
  const stream = new DigestingStream([...new Set(wanted)]);
  let digests: Digests | undefined;
  async function* verified(): AsyncGenerator<Buffer> {
    const sha256 = claims.sha256 === undefined ? undefined : createHash("sha256");
    const trailers = new Map<string, string>();
    let size = 0;
    for await (const chunk of stream.through(unframed(request, claims, trailers))) {
      size += chunk.length;
      if (size > claims.length) throw incomplete_body();
      sha256?.update(chunk);
      yield chunk;
    }
    digests = stream.finish();
    if (digests.size !== claims.length) throw incomplete_body();
    check_sha256(claims.sha256, sha256?.digest("hex"));
    check_md5(claims.md5, digests.md5);
    if (claims.checksum) check_checksum(claims.checksum, trailers, digests);
  }
  return {
    chunks: verified(),
    digests: () => {
      if (!digests) throw new Error("The payload has not been read to its end.");
      return digests;
    },
  };
}

/** The body's bytes without their framing; the trailers are put into the map at the end. */
async function* unframed(
  request: SignedS3Request,
  claims: PayloadClaims,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  if (!claims.chunked) {
    yield* request.body();
    return;
  }
  const found = yield* decode_aws_chunked(request.body(), {
    seed: claims.chunked.signed ? request.signature : undefined,
    trailers: claims.chunked.trailer ? [claims.chunked.trailer] : [],
  });
  for (const [name, value] of found) trailers.set(name, value);
}

function check_sha256(claimed: string | undefined, computed: string | undefined): void {
  if (claimed !== undefined && claimed !== computed) {
    throw content_sha256_mismatch({
      ClientComputedContentSHA256: claimed,
      S3ComputedContentSHA256: computed ?? "",
    });
  }
}

function check_md5(claimed: string | undefined, computed: string): void {
  const base64 = Buffer.from(computed, "hex").toString("base64");
  if (claimed !== undefined && claimed !== base64) {
    throw bad_digest("The Content-MD5 you specified did not match what we received.", {
      ExpectedDigest: claimed,
      CalculatedDigest: base64,
    });
  }
}

function check_checksum(claim: ChecksumClaim, trailers: ReadonlyMap<string, string>, digests: Digests): void {
  const header = checksum_header(claim.algorithm);
  const value = claim.value ?? trailers.get(header) ?? "";
  if (!is_checksum_value(claim.algorithm, value)) {
    throw invalid_request(`Value for ${header} trailing header is invalid.`);
  }
  if (value !== digests.checksums[claim.algorithm]) {
    throw bad_digest(`The ${claim.algorithm} you specified did not match the calculated checksum.`);
  }
}

/** Reads a request's document whole; an absent body is an empty one. */
export async function read_document(
  request: SignedS3Request,
  options: { claims?: PayloadClaims } = {},
): Promise<string> {
  const claims = options.claims ?? read_claims(with_length(request));
  if (claims.length > MAX_DOCUMENT_BYTES) {
    throw message_too_long({ MaxMessageLengthBytes: String(MAX_DOCUMENT_BYTES) });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of open_payload(request, claims, []).chunks) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Requests without a body, such as a GET, need not say so. */
function with_length(request: SignedS3Request): SignedS3Request {
  const has_length = request.headers["content-length"] ?? request.headers["transfer-encoding"];
  return has_length === undefined
    ? { ...request, headers: { ...request.headers, "content-length": "0" } }
    : request;
}
