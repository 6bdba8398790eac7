/** GetObject and HeadObject, which differ in the body only. */
import type { StoredObject } from "./catalog.ts";
import { checksum_headers } from "./checksums.ts";
import { is_not_modified, range_applies } from "./conditions.ts";
import { access_denied, invalid_argument, invalid_range, no_such_key } from "./errors.ts";
import { overridden_headers } from "./object_headers.ts";
import { type Answer, type Call, quoted } from "./operation.ts";
import { require_object, version_header } from "./versioning.ts";

export function get_object(call: Call): Answer {
  const { store } = call;
  const { object, answer, range } = describe(call);
  if (answer.status === 304) return answer;
  return { ...answer, body: store.blobs.read(store.catalog.segments(object), range.start, range.end) };
}

export function head_object(call: Call): Answer {
  return describe(call).answer;
}

/** First and last byte. */
interface ByteRange {
  start: number;
  end: number;
}

/** Names the permission that is missing, and no user, as every function here has the same account. */
const listing_denied = (bucket: string) =>
  access_denied(
    `User: local is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::${bucket}" because no identity-based policy allows the s3:ListBucket action`,
  );

function describe({ request, store, may_list }: Call): {
  object: StoredObject;
  answer: Answer;
  range: ByteRange;
} {
  store.catalog.require_bucket(request.bucket);
  const id = request.query.get("versionId");
  if (id === undefined && !may_list && !store.catalog.object(request.bucket, request.key)) {
    throw listing_denied(request.bucket);
  }
  const object = require_object(store.catalog, request.bucket, request.key, id);
  const whole = { start: 0, end: object.size - 1 };
  const validators = { etag: quoted(object.etag), "last-modified": object.modified.toUTCString() };
  if (is_not_modified(request.headers, object)) {
    return { object, answer: { status: 304, headers: validators }, range: whole };
  }
  const range = range_applies(request.headers, object)
    ? parse_range(request.headers.range, object.size)
    : undefined;
  const { start, end } = range ?? whole;
  const headers = {
    ...overridden_headers(object.headers, request.query),
    ...validators,
    ...version_header(store.catalog, request.bucket, object.version),
    ...(wants_checksum(request.headers) && !range ? checksum_headers(object.checksum) : {}),
    "accept-ranges": "bytes",
    "content-length": String(end - start + 1),
    ...(range ? { "content-range": `bytes ${start}-${end}/${object.size}` } : {}),
  };
  return { object, answer: { status: range ? 206 : 200, headers }, range: { start, end } };
}

function wants_checksum(headers: Readonly<Record<string, string>>): boolean {
  const mode = headers["x-amz-checksum-mode"];
  if (mode !== undefined && mode !== "ENABLED") {
    throw invalid_argument("x-amz-checksum-mode must be ENABLED.", { ArgumentName: "x-amz-checksum-mode" });
  }
  return mode !== undefined;
}

/**
 * Reads `bytes=first-last`, `bytes=first-` and `bytes=-suffix`; undefined for no range and for what is to be
 * ignored: another unit, a range turned round, and several ranges, which S3 does not serve.
 */
export function parse_range(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (!match) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  const start = first === "" ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) {
    throw invalid_range({ RangeRequested: header ?? "", ActualObjectSize: String(size) });
  }
  return { start, end };
}

/** No object has tags here, since none can be set. */
export function get_object_tagging({ request, store }: Call): Answer {
  store.catalog.require_bucket(request.bucket);
  if (!store.catalog.object(request.bucket, request.key)) throw no_such_key({ Key: request.key });
  return { status: 200, body: ["Tagging", [["TagSet", ""]]] };
}
