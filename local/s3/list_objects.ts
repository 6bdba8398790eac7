/** ListObjectsV2 and ListObjects: keys in the order of their UTF-8 bytes, rolled up at a delimiter, in pages. */
import { createHash } from "node:crypto";
import { AFTER_PREFIX, type Catalog, type StoredObject } from "./catalog.ts";
import { invalid_argument } from "./errors.ts";
import { type Answer, type Call, OWNER, quoted } from "./operation.ts";
import { integer_parameter, type S3Request } from "./request.ts";
import type { XmlElement } from "./xml.ts";

const MAX_KEYS = 1000;

export interface Page {
  objects: StoredObject[];
  common_prefixes: string[];
  /** Where the next page begins; undefined when this is the last. */
  next: Buffer | undefined;
}

/**
 * One page of a listing: the keys and common prefixes that begin at or behind `from`. A group of keys with one
 * common prefix is passed over in a single step, however many they are.
 */
export function list_page(
  catalog: Pick<Catalog, "objects_between">,
  bucket: string,
  options: { prefix: string; delimiter: string; from: Buffer; max_keys: number },
): Page {
  const { prefix, delimiter, max_keys } = options;
  const page: Page = { objects: [], common_prefixes: [], next: undefined };
  const first = Buffer.from(prefix);
  const end = after_prefix(prefix);
  let from = Buffer.compare(options.from, first) > 0 ? options.from : first;
  for (let count = 0; max_keys > 0; ) {
    let group: string | undefined;
    for (const object of catalog.objects_between(bucket, from, end)) {
      if (count === max_keys) return { ...page, next: from };
      count++;
      group = common_prefix(object.key, prefix, delimiter);
      if (group !== undefined) break;
      page.objects.push(object);
      from = after_key(object.key);
    }
    if (group === undefined) break;
    page.common_prefixes.push(group);
    from = after_prefix(group);
  }
  return page;
}

/** The part of a key up to and with the first delimiter behind the prefix. */
export function common_prefix(key: string, prefix: string, delimiter: string): string | undefined {
  const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
  return at === -1 ? undefined : key.slice(0, at + delimiter.length);
}

/** The lowest bytes behind a key. */
function after_key(key: string): Buffer {
  return Buffer.concat([Buffer.from(key), Buffer.of(0)]);
}

/** The lowest bytes behind all keys with a prefix. */
function after_prefix(prefix: string): Buffer {
  return Buffer.concat([Buffer.from(prefix), AFTER_PREFIX]);
}

export function list_objects_v2({ request, store, region }: Call): Answer {
  const { bucket, query } = request;
  store.catalog.require_bucket(bucket);
  if (query.get("list-type") !== "2")
    throw invalid_argument("Invalid List Type", { ArgumentName: "list-type" });
  const { prefix, delimiter, max_keys, encode } = read_list_parameters(request);
  const token = query.get("continuation-token");
  const start_after = query.get("start-after");
  const from = token !== undefined ? parse_token(token) : after_key_if_any(start_after);
  const page = list_page(store.catalog, bucket, { prefix, delimiter, from, max_keys });
  const with_owner = query.get("fetch-owner") === "true";
  return {
    status: 200,
    headers: { "x-amz-bucket-region": region },
    body: [
      "ListBucketResult",
      [
        ["Name", bucket],
        ["Prefix", encode(prefix)],
        ["Delimiter", encode(delimiter) || undefined],
        ["MaxKeys", max_keys],
        ["EncodingType", query.get("encoding-type")],
        ["KeyCount", page.objects.length + page.common_prefixes.length],
        ["StartAfter", start_after && encode(start_after)],
        ["ContinuationToken", token],
        ["IsTruncated", page.next !== undefined],
        ["NextContinuationToken", page.next && make_token(page.next)],
        ...page.objects.map((object) => contents(object, encode, with_owner)),
        ...page.common_prefixes.map((group) => common_prefix_element(encode(group))),
      ],
    ],
  };
}

export function list_objects({ request, store, region }: Call): Answer {
  const { bucket, query } = request;
  store.catalog.require_bucket(bucket);
  const { prefix, delimiter, max_keys, encode } = read_list_parameters(request);
  const marker = query.get("marker") ?? "";
  const from =
    common_prefix(marker, prefix, delimiter) === marker ? after_prefix(marker) : after_key_if_any(marker);
  const page = list_page(store.catalog, bucket, { prefix, delimiter, from, max_keys });
  return {
    status: 200,
    headers: { "x-amz-bucket-region": region },
    body: [
      "ListBucketResult",
      [
        ["Name", bucket],
        ["Prefix", encode(prefix)],
        ["Marker", encode(marker)],
        // Without a delimiter the client goes on from the last key.
        ["NextMarker", delimiter !== "" && page.next ? encode(last_of(page)) : undefined],
        ["Delimiter", encode(delimiter) || undefined],
        ["MaxKeys", max_keys],
        ["EncodingType", query.get("encoding-type")],
        ["IsTruncated", page.next !== undefined],
        ...page.objects.map((object) => contents(object, encode, true)),
        ...page.common_prefixes.map((group) => common_prefix_element(encode(group))),
      ],
    ],
  };
}

export type Encode = (text: string) => string;

function read_list_parameters(request: S3Request): {
  prefix: string;
  delimiter: string;
  max_keys: number;
  encode: Encode;
} {
  const max_keys = integer_parameter(request, "max-keys", { default: MAX_KEYS, min: 0, max: 2 ** 31 - 1 });
  return {
    prefix: request.query.get("prefix") ?? "",
    delimiter: request.query.get("delimiter") ?? "",
    max_keys: Math.min(max_keys, MAX_KEYS),
    encode: read_encoding(request),
  };
}

/** `encoding-type=url`: keys of any characters, in a document that knows only XML's. */
export function read_encoding(request: S3Request): Encode {
  const encoding = request.query.get("encoding-type");
  if (encoding === undefined) return (text) => text;
  if (encoding !== "url") {
    throw invalid_argument("Invalid Encoding Method specified in Request", { ArgumentName: "encoding-type" });
  }
  return (text) => new URLSearchParams([["", text]]).toString().slice(1).replaceAll("%2F", "/");
}

export function common_prefix_element(prefix: string): XmlElement {
  return ["CommonPrefixes", [["Prefix", prefix]]];
}

function contents(object: StoredObject, encode: Encode, with_owner: boolean): XmlElement {
  return [
    "Contents",
    [
      ["Key", encode(object.key)],
      ["LastModified", object.modified.toISOString()],
      ...object_elements(object),
      ["Owner", with_owner ? OWNER : undefined],
      ["StorageClass", "STANDARD"],
    ],
  ];
}

/** What listings of objects and of versions say of each in the same way. */
export const object_elements = (object: StoredObject): XmlElement[] => [
  ["ETag", quoted(object.etag)],
  ["ChecksumAlgorithm", object.checksum.algorithm],
  ["ChecksumType", object.checksum.type],
  ["Size", object.size],
];

/** The greater of the last key and the last common prefix: whichever ended the page. */
function last_of(page: Page): string {
  const key = page.objects.at(-1)?.key ?? "";
  const group = page.common_prefixes.at(-1) ?? "";
  return Buffer.compare(Buffer.from(key), Buffer.from(group)) > 0 ? key : group;
}

function after_key_if_any(key: string | undefined): Buffer {
  return key ? after_key(key) : Buffer.alloc(0);
}

/** A token is the place where the next page begins, behind a few bytes of its hash: a made-up one is refused. */
function make_token(from: Buffer): string {
  return Buffer.concat([token_hash(from), from]).toString("base64url");
}

function parse_token(token: string): Buffer {
  const bytes = Buffer.from(token, "base64url");
  const from = bytes.subarray(TOKEN_HASH_BYTES);
  if (!token_hash(from).equals(bytes.subarray(0, TOKEN_HASH_BYTES))) {
    throw invalid_argument("The continuation token provided is incorrect", {
      ArgumentName: "continuation-token",
    });
  }
  return from;
}

const TOKEN_HASH_BYTES = 8;

function token_hash(from: Buffer): Buffer {
  return createHash("sha256").update(from).digest().subarray(0, TOKEN_HASH_BYTES);
}
