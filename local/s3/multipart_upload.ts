/**
 * Uploads in parts: CreateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload and
 * AbortMultipartUpload. Completing joins the parts' files in the catalog; their bytes are not touched again.
 */
import { createHash, randomBytes } from "node:crypto";
import * as z from "zod";
import type { Part, Upload } from "./catalog.ts";
import {
  type Algorithm,
  allows_type,
  type Checksum,
  type ChecksumType,
  checksum_element,
  checksum_header,
  checksum_in_headers,
  checksum_of_parts,
  checksum_type_schema,
  DEFAULT_ALGORITHM,
  default_type,
  parse_algorithm,
} from "./checksums.ts";
import { write_condition } from "./conditions.ts";
import { find_source } from "./copy_object.ts";
import {
  bad_digest,
  entity_too_small,
  invalid_argument,
  invalid_part,
  invalid_part_order,
  invalid_request,
  malformed_xml,
} from "./errors.ts";
import { object_headers } from "./object_headers.ts";
import { type Answer, type Call, quoted } from "./operation.ts";
import {
  type ChecksumClaim,
  DigestingStream,
  MAX_PUT_BYTES,
  open_payload,
  read_claims,
  read_document,
} from "./payload.ts";
import type { S3Request, SignedS3Request } from "./request.ts";
import { version_header } from "./versioning.ts";
import { parse_xml } from "./xml.ts";

const MAX_PARTS = 10_000;
const MIN_PART_BYTES = 5 * 1024 ** 2;

export async function create_multipart_upload({ request, store, now }: Call): Promise<Answer> {
  const { bucket, key, headers } = request;
  store.catalog.require_bucket(bucket);
  await read_document(request);
  const named = headers["x-amz-checksum-algorithm"];
  const algorithm = named === undefined ? DEFAULT_ALGORITHM : parse_algorithm(named);
  const upload: Upload = {
    id: randomBytes(48).toString("base64url"),
    key,
    initiated: now(),
    headers: object_headers(headers),
    algorithm,
    type: read_type(headers["x-amz-checksum-type"], named === undefined ? undefined : algorithm),
    algorithm_was_named: named !== undefined,
  };
  store.catalog.create_upload(bucket, upload);
  return {
    status: 200,
    headers: upload.algorithm_was_named
      ? { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": upload.type }
      : {},
    body: [
      "InitiateMultipartUploadResult",
      [
        ["Bucket", bucket],
        ["Key", key],
        ["UploadId", upload.id],
      ],
    ],
  };
}

function read_type(value: string | undefined, algorithm: Algorithm | undefined): ChecksumType {
  if (value === undefined) return default_type(algorithm ?? DEFAULT_ALGORITHM);
  if (algorithm === undefined) {
    throw invalid_request(
      "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
    );
  }
  const type = checksum_type_schema.safeParse(value);
  if (!type.success) throw invalid_request("Value for x-amz-checksum-type header is invalid.");
  if (!allows_type(algorithm, type.data)) {
    throw invalid_request(
      `The ${type.data} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return type.data;
}

export async function upload_part({ request, store, now }: Call): Promise<Answer> {
  store.catalog.require_bucket(request.bucket);
  const number = read_part_number(request);
  const upload = find_upload({ request, store });
  const claims = read_claims(request);
  check_part_algorithm(upload, claims.checksum);
  const payload = open_payload(request, claims, [upload.algorithm]);
  const blob = await store.blobs.write(payload.chunks);
  const { size, md5, checksums } = payload.digests();
  await store.put_part(upload, { number, blob, size, etag: md5, modified: now(), checksums });
  const answered = claims.checksum?.algorithm ?? (upload.algorithm_was_named ? upload.algorithm : undefined);
  return {
    status: 200,
    headers: {
      etag: quoted(md5),
      ...(answered ? { [checksum_header(answered)]: checksums[answered] ?? "" } : {}),
    },
  };
}

/**
 * A part's checksum must be of the algorithm that the upload named, and must be there if the object's is to
 * be composed of the parts'. An upload that named none takes parts with any.
 */
function check_part_algorithm(upload: Upload, claim: ChecksumClaim | undefined): void {
  if (!upload.algorithm_was_named) return;
  const matches = claim ? claim.algorithm === upload.algorithm : upload.type === "FULL_OBJECT";
  if (!matches) {
    throw invalid_request(
      `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm.toLowerCase()}, actual checksum Type: ${claim?.algorithm.toLowerCase() ?? "null"}`,
    );
  }
}

export async function upload_part_copy(call: Call): Promise<Answer> {
  const { request, store, now } = call;
  store.catalog.require_bucket(request.bucket);
  await read_document(request);
  const number = read_part_number(request);
  const upload = find_upload(call);
  const { object } = find_source(call);
  const { start, end } = read_source_range(request.headers["x-amz-copy-source-range"], object.size);
  if (end - start + 1 > MAX_PUT_BYTES) {
    throw invalid_request(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_PUT_BYTES}`,
    );
  }
  const stream = new DigestingStream([upload.algorithm]);
  const bytes = store.blobs.read(store.catalog.segments(object), start, end);
  const blob = await store.blobs.write(stream.through(bytes));
  const { size, md5, checksums } = stream.finish();
  const modified = now();
  await store.put_part(upload, { number, blob, size, etag: md5, modified, checksums });
  return {
    status: 200,
    body: [
      "CopyPartResult",
      [
        ["LastModified", modified.toISOString()],
        ["ETag", quoted(md5)],
        ...(upload.algorithm_was_named
          ? ([[checksum_element(upload.algorithm), checksums[upload.algorithm]]] as const)
          : []),
      ],
    ],
  };
}

/** `bytes=first-last`, both given, both within the source. */
function read_source_range(header: string | undefined, size: number): { start: number; end: number } {
  if (header === undefined) return { start: 0, end: size - 1 };
  const match = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header);
  const details = { ArgumentName: "x-amz-copy-source-range", ArgumentValue: header };
  if (!match || Number(match[1]) > Number(match[2])) {
    throw invalid_argument(
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
      details,
    );
  }
  if (Number(match[2]) >= size) {
    throw invalid_argument(`Range specified is not valid for source object of size: ${size}`, details);
  }
  return { start: Number(match[1]), end: Number(match[2]) };
}

const complete_schema = z.object({
  CompleteMultipartUpload: z.looseObject({
    Part: z
      .array(z.looseObject({ PartNumber: z.string().regex(/^\s*\d{1,9}\s*$/), ETag: z.string() }))
      .min(1)
      .max(MAX_PARTS),
  }),
});
type NamedPart = z.infer<typeof complete_schema>["CompleteMultipartUpload"]["Part"][number];

export async function complete_multipart_upload({ request, store, now, created }: Call): Promise<Answer> {
  const { bucket, key } = request;
  store.catalog.require_bucket(bucket);
  const condition = write_condition(request.headers, key);
  const document = await read_document({ ...request, headers: without_object_checksum(request.headers) });
  const parsed = complete_schema.safeParse(parse_xml(document, ["Part"]));
  if (!parsed.success) throw malformed_xml();
  // From here to the commit nothing is awaited, so that no other request comes between.
  const upload = find_upload({ request, store });
  const parts = select_parts(upload, store.catalog.parts(upload), parsed.data.CompleteMultipartUpload.Part);
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const checksum = checksum_of_parts(
    upload.algorithm,
    upload.type,
    parts.map((part) => ({ checksum: part.checksums[upload.algorithm] ?? "", size: part.size })),
  );
  check_object_claims(request, checksum, size);
  const etag = `${md5_of_md5s(parts)}-${parts.length}`;
  const segments = parts.map((part) => ({ id: part.blob, size: part.size }));
  const object = { key, size, etag, modified: now(), headers: upload.headers, checksum, segments };
  const version = await store.complete_upload(
    bucket,
    upload,
    object,
    condition,
    created("CompleteMultipartUpload"),
  );
  return {
    status: 200,
    headers: version_header(store.catalog, bucket, version),
    body: [
      "CompleteMultipartUploadResult",
      [
        ["Location", `http://${request.headers.host ?? ""}/${bucket}/${encodeURIComponent(key)}`],
        ["Bucket", bucket],
        ["Key", key],
        ["ETag", quoted(etag)],
        [checksum_element(checksum.algorithm), checksum.value],
        ["ChecksumType", checksum.type],
      ],
    ],
  };
}

/** Here the checksum headers are about the object, not about the document in the body. */
function without_object_checksum(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !name.startsWith("x-amz-checksum-") && name !== "x-amz-sdk-checksum-algorithm",
    ),
  );
}

/**
 * The stored parts that the request names, in its order, which must be that of their numbers. Where the parts have an
 * additional checksum, these begin at 1 and leave none out (PartNumber in
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompletedPart.html).
 */
function select_parts(upload: Upload, stored: readonly Part[], named: readonly NamedPart[]): Part[] {
  const by_number = new Map(stored.map((part) => [part.number, part]));
  const numbers = named.map(({ PartNumber }) => Number(PartNumber));
  const in_order = numbers.every((number, index) =>
    upload.algorithm_was_named ? number === index + 1 : number > (numbers[index - 1] ?? 0),
  );
  if (!in_order) throw invalid_part_order({ UploadId: upload.id });
  return named.map((name, index) => {
    const number = Number(name.PartNumber);
    const part = by_number.get(number);
    const etag = name.ETag.trim().replace(/^"(.*)"$/, "$1");
    if (!part || part.etag !== etag || !checksums_match(upload, part, name)) {
      throw invalid_part({ UploadId: upload.id, PartNumber: String(number), ETag: etag });
    }
    if (index < named.length - 1 && part.size < MIN_PART_BYTES) {
      throw entity_too_small({
        ProposedSize: String(part.size),
        MinSizeAllowed: String(MIN_PART_BYTES),
        PartNumber: String(number),
        ETag: etag,
      });
    }
    return part;
  });
}

function checksums_match(upload: Upload, part: Part, named: NamedPart): boolean {
  if (upload.type === "COMPOSITE" && named[checksum_element(upload.algorithm)] === undefined) {
    throw invalid_request(
      `The upload was created using a ${upload.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${part.number} in the request.`,
    );
  }
  return Object.entries(named)
    .filter(([element]) => element.startsWith("Checksum"))
    .every(([element, value]) =>
      Object.entries(part.checksums).some(
        ([algorithm, stored]) => element === `Checksum${algorithm}` && value === stored,
      ),
    );
}

function check_object_claims(request: S3Request, checksum: Checksum, size: number): void {
  const claimed_type = request.headers["x-amz-checksum-type"];
  if (claimed_type !== undefined && claimed_type !== checksum.type) {
    throw invalid_request(
      `The upload was created using the ${checksum.type} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
  const claimed = checksum_in_headers(request.headers);
  if (claimed && claimed.algorithm !== checksum.algorithm) {
    throw invalid_request(
      `Checksum Type mismatch occurred, expected checksum Type: ${checksum.algorithm.toLowerCase()}, actual checksum Type: ${claimed.algorithm.toLowerCase()}`,
    );
  }
  // A composite value may come with or without the number of parts.
  const composite = claimed && checksum.value.startsWith(`${claimed.value}-`);
  if (claimed && claimed.value !== checksum.value && !composite) {
    throw bad_digest(`The ${checksum.algorithm} you specified did not match the calculated checksum.`);
  }
  const claimed_size = request.headers["x-amz-mp-object-size"];
  if (claimed_size !== undefined && claimed_size !== String(size)) {
    throw invalid_request("The provided 'x-amz-mp-object-size' header does not match what was computed");
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
function md5_of_md5s(parts: readonly Part[]): string {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part.etag, "hex");
  return hash.digest("hex");
}

export async function abort_multipart_upload({ request, store }: Call): Promise<Answer> {
  store.catalog.require_bucket(request.bucket);
  await store.delete_upload(find_upload({ request, store }));
  return { status: 204 };
}

export function find_upload({ request, store }: Pick<Call, "request" | "store">): Upload {
  return store.catalog.upload(request.bucket, request.key, request.query.get("uploadId") ?? "");
}

function read_part_number(request: SignedS3Request): number {
  const text = request.query.get("partNumber") ?? "";
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MAX_PARTS) {
    throw invalid_argument(`Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`, {
      ArgumentName: "partNumber",
      ArgumentValue: text,
    });
  }
  return number;
}
