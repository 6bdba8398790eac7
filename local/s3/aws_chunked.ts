/**
 * Decodes a body in the aws-chunked encoding, with or without signed chunks, with or without trailers.
 *
 *   <size in hexadecimal>[;chunk-signature=<64 digits>] CR LF <bytes> CR LF
 *   …
 *   0[;chunk-signature=<64 digits>] CR LF
 *   [<trailer>:<value> CR LF]
 *   [x-amz-trailer-signature:<64 digits> CR LF]
 *   CR LF
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
import { createHash } from "node:crypto";
import { equal_signatures, sign, signature_does_not_match, type VerifiedSignature } from "../aws/sigv4.ts";
import { ByteReader } from "./byte_reader.ts";
import { incomplete_body, invalid_chunk_size, malformed_trailer } from "./errors.ts";

export interface AwsChunkedOptions {
  /** The request's signature, which that of the first chunk goes on from; undefined when chunks are not signed. */
  seed: VerifiedSignature | undefined;
  /** The trailers that `x-amz-trailer` announces, in lower case. Each must come once, and no other. */
  trailers: readonly string[];
}

const MIN_CHUNK = 8192;
const MAX_LINE = 1024;
const EMPTY_SHA256 = createHash("sha256").digest("hex");

/**
 * Yields the bytes of the chunks, and returns the trailers. A chunk's bytes are yielded before its signature
 * is checked, so that nothing need be held back: what was yielded counts only once the generator has ended.
 */
export async function* decode_aws_chunked(
  source: AsyncIterable<Buffer>,
  options: AwsChunkedOptions,
): AsyncGenerator<Buffer, Map<string, string>> {
  const reader = new ByteReader(source, incomplete_body);
  const signatures = options.seed && new SignatureChain(options.seed);
  let last_size = MIN_CHUNK;
  for (;;) {
    const { size, signature } = parse_chunk_header(await reader.line(MAX_LINE), signatures !== undefined);
    if (size > 0 && last_size < MIN_CHUNK) throw invalid_chunk_size();
    last_size = size;
    const hash = createHash("sha256");
    for await (const piece of reader.take(size)) {
      if (signatures) hash.update(piece);
      yield piece;
    }
    signatures?.check_chunk(hash.digest("hex"), signature);
    if (size === 0) break;
    if ((await reader.line(0)) !== "") throw incomplete_body();
  }
  const trailers = await read_trailers(reader, options.trailers, signatures);
  if ((await reader.drain()) > 0) throw incomplete_body();
  return trailers;
}

function parse_chunk_header(line: string, signed: boolean): { size: number; signature: string } {
  const match = signed
    ? /^([\da-fA-F]{1,12});chunk-signature=([\da-f]{64})$/.exec(line)
    : /^([\da-fA-F]{1,12})$/.exec(line);
  if (!match) throw incomplete_body();
  return { size: Number.parseInt(match[1] ?? "", 16), signature: match[2] ?? "" };
}

async function read_trailers(
  reader: ByteReader,
  announced: readonly string[],
  signatures: SignatureChain | undefined,
): Promise<Map<string, string>> {
  const trailers = new Map<string, string>();
  let trailer_signature: string | undefined;
  let lines = "";
  for (let line = await reader.line(MAX_LINE); line !== ""; line = await reader.line(MAX_LINE)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (colon < 1 || trailer_signature !== undefined) throw malformed_trailer();
    if (name === "x-amz-trailer-signature" && signatures) {
      trailer_signature = value;
    } else {
      if (!announced.includes(name) || trailers.has(name)) throw malformed_trailer();
      trailers.set(name, value);
      lines += `${name}:${value}\n`;
    }
  }
  if (trailers.size !== announced.length) throw malformed_trailer();
  if (signatures && announced.length > 0) signatures.check_trailers(lines, trailer_signature ?? "");
  else if (trailer_signature !== undefined) throw malformed_trailer();
  return trailers;
}

/** Each signature covers the one before it. */
class SignatureChain {
  readonly #seed: VerifiedSignature;
  #previous: string;

  constructor(seed: VerifiedSignature) {
    this.#seed = seed;
    this.#previous = seed.signature;
  }

  check_chunk(chunk_sha256: string, signature: string): void {
    this.#check(["AWS4-HMAC-SHA256-PAYLOAD", EMPTY_SHA256, chunk_sha256], signature);
  }

  check_trailers(lines: string, signature: string): void {
    const hash = createHash("sha256").update(lines, "latin1").digest("hex");
    this.#check(["AWS4-HMAC-SHA256-TRAILER", hash], signature);
  }

  #check([algorithm = "", ...hashes]: readonly string[], signature: string): void {
    const { timestamp, scope, signing_key } = this.#seed;
    const string_to_sign = [algorithm, timestamp, scope, this.#previous, ...hashes].join("\n");
    const expected = sign(signing_key, string_to_sign);
    if (!equal_signatures(expected, signature)) throw signature_does_not_match();
    this.#previous = expected;
  }
}
