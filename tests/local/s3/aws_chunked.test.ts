import { createHash, createHmac } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { VerifiedSignature } from "../../../local/aws/sigv4.ts";
import { type AwsChunkedOptions, decode_aws_chunked } from "../../../local/s3/aws_chunked.ts";
import { cut } from "./cut.ts";

const SEED: VerifiedSignature = {
  access_key_id: "local",
  signature: "5".repeat(64),
  scope: "20260203/eu-central-1/s3/aws4_request",
  timestamp: "20260203T040506Z",
  signing_key: Buffer.from("a key"),
  signed_headers: ["host"],
  payload_hash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
};
const TRAILER = "x-amz-checksum-crc32";

const sha256 = (bytes: Buffer | string): string => createHash("sha256").update(bytes).digest("hex");

/** An encoder by the letter of AWS's pages. */
function encode(
  chunks: readonly Buffer[],
  options: { signed: boolean; trailers: [string, string][] },
): Buffer {
  let previous = SEED.signature;
  const sign = (lines: string[]): string => {
    const [algorithm, ...hashes] = lines;
    const text = [algorithm, SEED.timestamp, SEED.scope, previous, ...hashes].join("\n");
    previous = createHmac("sha256", SEED.signing_key).update(text).digest("hex");
    return previous;
  };
  const header = (chunk: Buffer): string => {
    const size = chunk.length.toString(16);
    if (!options.signed) return `${size}\r\n`;
    const signature = sign(["AWS4-HMAC-SHA256-PAYLOAD", sha256(""), sha256(chunk)]);
    return `${size};chunk-signature=${signature}\r\n`;
  };
  const framed = chunks.map((chunk) =>
    Buffer.concat([Buffer.from(header(chunk)), chunk, Buffer.from("\r\n")]),
  );
  const last = header(Buffer.alloc(0));
  const trailers = options.trailers.map(([name, value]) => `${name}:${value}\r\n`).join("");
  const to_sign = options.trailers.map(([name, value]) => `${name}:${value}\n`).join("");
  const signature =
    options.signed && options.trailers.length > 0
      ? `x-amz-trailer-signature:${sign(["AWS4-HMAC-SHA256-TRAILER", sha256(to_sign)])}\r\n`
      : "";
  return Buffer.concat([...framed, Buffer.from(`${last}${trailers}${signature}\r\n`)]);
}

async function decode(
  body: Buffer,
  sizes: readonly number[],
  options: AwsChunkedOptions,
): Promise<{ bytes: Buffer; trailers: Map<string, string> }> {
  const pieces: Buffer[] = [];
  const decoder = decode_aws_chunked(cut(body, sizes), options);
  for (;;) {
    const { done, value } = await decoder.next();
    if (done) return { bytes: Buffer.concat(pieces), trailers: value };
    pieces.push(value);
  }
}

const small_last_chunk = fc
  .tuple(fc.array(fc.integer({ min: 8192, max: 9000 }), { maxLength: 3 }), fc.integer({ min: 1, max: 9000 }))
  .map(([large, last]) => [...large, last].map((size, index) => Buffer.alloc(size, index * 7 + 1)));

describe.each([
  ["unsigned with a trailer", false, [TRAILER]],
  ["signed", true, []],
  ["signed with a trailer", true, [TRAILER]],
])("aws-chunked, %s", (_, signed, names) => {
  const trailers = names.map((name): [string, string] => [name, "NhCmhg=="]);
  const options: AwsChunkedOptions = { seed: signed ? SEED : undefined, trailers: names };

  it("gives back what was encoded, however it is cut on its way", async () => {
    await fc.assert(
      fc.asyncProperty(small_last_chunk, fc.array(fc.nat(3000), { maxLength: 30 }), async (chunks, sizes) => {
        const decoded = await decode(encode(chunks, { signed, trailers }), sizes, options);
        expect(decoded.bytes.equals(Buffer.concat(chunks))).toBe(true);
        expect([...decoded.trailers]).toEqual(trailers);
      }),
      { numRuns: 40 },
    );
  });

  it("decodes an empty body", async () => {
    expect((await decode(encode([], { signed, trailers }), [], options)).bytes).toHaveLength(0);
  });

  it("refuses a body that ends early, wherever that is", async () => {
    const whole = encode([Buffer.alloc(20, 1)], { signed, trailers });
    for (let length = 0; length < whole.length; length++) {
      await expect(decode(whole.subarray(0, length), [], options)).rejects.toHaveProperty("name", "AwsError");
    }
  });

  it("refuses what follows the end", async () => {
    const body = Buffer.concat([encode([], { signed, trailers }), Buffer.from("x")]);
    await expect(decode(body, [], options)).rejects.toHaveProperty("code", "IncompleteBody");
  });

  it("refuses a small chunk before the last", async () => {
    const body = encode([Buffer.alloc(8191), Buffer.alloc(1)], { signed, trailers });
    await expect(decode(body, [], options)).rejects.toHaveProperty("code", "InvalidChunkSizeError");
  });

  it("does not mistake other bytes for a body", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        await expect(decode(Buffer.from(bytes), [], options)).rejects.toHaveProperty("name", "AwsError");
      }),
    );
  });
});

describe("signed chunks", () => {
  const options: AwsChunkedOptions = { seed: SEED, trailers: [TRAILER] };
  const body = encode([Buffer.alloc(9000, 1), Buffer.alloc(10, 2)], {
    signed: true,
    trailers: [[TRAILER, "NhCmhg=="]],
  });

  it.each([
    ["a byte of the first chunk", body.indexOf(Buffer.of(1, 1)) + 4],
    ["a byte of the second chunk", body.indexOf(Buffer.of(2, 2)) + 4],
    ["a digit of the first signature", 30],
    ["the trailer's value", body.indexOf("NhCmhg")],
    ["the trailer's signature", body.indexOf("trailer-signature:") + 20],
  ])("do not hold when %s is changed", async (_, at) => {
    const changed = Buffer.from(body);
    changed.writeUInt8(changed.readUInt8(at) === 0x30 ? 0x31 : 0x30, at);
    await expect(decode(changed, [], options)).rejects.toHaveProperty("code", "SignatureDoesNotMatch");
  });

  it("do not hold without the signature of the trailer", async () => {
    const text = body.toString("latin1").replace(/x-amz-trailer-signature:.*\r\n/, "");
    await expect(decode(Buffer.from(text, "latin1"), [], options)).rejects.toHaveProperty(
      "code",
      "SignatureDoesNotMatch",
    );
  });
});

describe("trailers", () => {
  it.each([
    ["that are missing", ""],
    ["that were not announced", `${TRAILER}:AAAAAA==\r\nx-amz-checksum-sha1:AAAA\r\n`],
    ["that come twice", `${TRAILER}:AAAAAA==\r\n${TRAILER}:AAAAAA==\r\n`],
    ["without a colon", `${TRAILER}\r\n`],
    ["with a signature that nobody asked for", `${TRAILER}:AAAAAA==\r\nx-amz-trailer-signature:00\r\n`],
  ])("%s are refused", async (_, lines) => {
    const body = Buffer.from(`1\r\na\r\n0\r\n${lines}\r\n`);
    await expect(decode(body, [], { seed: undefined, trailers: [TRAILER] })).rejects.toHaveProperty(
      "code",
      "MalformedTrailerError",
    );
  });
});
