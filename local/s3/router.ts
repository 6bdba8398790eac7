/**
 * The table of operations: which request is which, and which query parameters and headers each takes. Whatever
 * else would change a request's meaning is refused with 501, never passed over.
 */

import { SIGNING_PARAMETERS } from "./authentication.ts";
import { create_bucket, delete_bucket, get_bucket_location, head_bucket, list_buckets } from "./buckets.ts";
import { algorithm_schema, checksum_header } from "./checksums.ts";
import { copy_object } from "./copy_object.ts";
import { delete_object, delete_objects } from "./delete_objects.ts";
import { method_not_allowed, not_implemented } from "./errors.ts";
import { get_object, get_object_tagging, head_object } from "./get_object.ts";
import { list_objects, list_objects_v2 } from "./list_objects.ts";
import { list_multipart_uploads, list_parts } from "./list_uploads.ts";
import {
  abort_multipart_upload,
  complete_multipart_upload,
  create_multipart_upload,
  upload_part,
  upload_part_copy,
} from "./multipart_upload.ts";
import { RESPONSE_OVERRIDES } from "./object_headers.ts";
import type { Operation } from "./operation.ts";
import { put_object } from "./put_object.ts";
import type { S3Request } from "./request.ts";

import { get_bucket_versioning, list_object_versions, put_bucket_versioning } from "./versioning.ts";

/** An operation, and the requests that ask for it. */
export interface Route {
  /** As S3 names the operation. */
  name: string;
  method: string;
  on: "service" | "bucket" | "object";
  /** Query parameters, or headers, whose presence selects the operation. */
  selected_by?: readonly string[];
  /** Further query parameters that it takes. */
  query?: readonly string[];
  /** Headers that it takes, of those that would change its meaning; a trailing `*` stands for any end. */
  headers?: readonly string[];
  run: Operation;
}

const PAYLOAD = [
  "x-amz-decoded-content-length",
  "x-amz-trailer",
  "x-amz-sdk-checksum-algorithm",
  ...algorithm_schema.options.map(checksum_header),
];
const OBJECT = ["x-amz-meta-*", "x-amz-acl", "x-amz-storage-class"];
const CONDITIONAL_WRITE = ["if-match", "if-none-match"];
const CONDITIONAL_READ = [
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "range",
  "x-amz-checksum-mode",
];
const COPY_SOURCE = [
  "x-amz-copy-source",
  "x-amz-copy-source-if-match",
  "x-amz-copy-source-if-none-match",
  "x-amz-copy-source-if-modified-since",
  "x-amz-copy-source-if-unmodified-since",
];
const LIST = ["prefix", "delimiter", "encoding-type"];

/** The first that fits is taken, so the more particular come first. */
const ROUTES: readonly Route[] = [
  { name: "ListBuckets", method: "GET", on: "service", run: list_buckets },

  { name: "HeadBucket", method: "HEAD", on: "bucket", run: head_bucket },
  { name: "DeleteBucket", method: "DELETE", on: "bucket", run: delete_bucket },
  {
    name: "GetBucketLocation",
    method: "GET",
    on: "bucket",
    selected_by: ["location"],
    run: get_bucket_location,
  },
  {
    name: "ListMultipartUploads",
    method: "GET",
    on: "bucket",
    selected_by: ["uploads"],
    query: [...LIST, "key-marker", "upload-id-marker", "max-uploads"],
    run: list_multipart_uploads,
  },
  {
    name: "PutBucketVersioning",
    method: "PUT",
    on: "bucket",
    selected_by: ["versioning"],
    headers: PAYLOAD,
    run: put_bucket_versioning,
  },
  {
    name: "CreateBucket",
    method: "PUT",
    on: "bucket",
    headers: ["x-amz-acl", ...PAYLOAD],
    run: create_bucket,
  },
  {
    name: "GetBucketVersioning",
    method: "GET",
    on: "bucket",
    selected_by: ["versioning"],
    run: get_bucket_versioning,
  },
  {
    name: "ListObjectVersions",
    method: "GET",
    on: "bucket",
    selected_by: ["versions"],
    query: ["prefix", "encoding-type", "key-marker", "version-id-marker", "max-keys"],
    run: list_object_versions,
  },
  {
    name: "ListObjectsV2",
    method: "GET",
    on: "bucket",
    selected_by: ["list-type"],
    query: [...LIST, "max-keys", "start-after", "continuation-token", "fetch-owner"],
    run: list_objects_v2,
  },
  {
    name: "ListObjects",
    method: "GET",
    on: "bucket",
    query: [...LIST, "max-keys", "marker"],
    run: list_objects,
  },
  {
    name: "DeleteObjects",
    method: "POST",
    on: "bucket",
    selected_by: ["delete"],
    headers: PAYLOAD,
    run: delete_objects,
  },

  {
    name: "UploadPartCopy",
    method: "PUT",
    on: "object",
    selected_by: ["uploadId", "x-amz-copy-source"],
    query: ["partNumber"],
    headers: [...COPY_SOURCE, "x-amz-copy-source-range"],
    run: upload_part_copy,
  },
  {
    name: "UploadPart",
    method: "PUT",
    on: "object",
    selected_by: ["uploadId"],
    query: ["partNumber"],
    headers: PAYLOAD,
    run: upload_part,
  },
  {
    name: "CopyObject",
    method: "PUT",
    on: "object",
    selected_by: ["x-amz-copy-source"],
    headers: [
      ...COPY_SOURCE,
      ...OBJECT,
      ...CONDITIONAL_WRITE,
      "x-amz-checksum-algorithm",
      "x-amz-metadata-directive",
      "x-amz-tagging-directive",
    ],
    run: copy_object,
  },
  {
    name: "PutObject",
    method: "PUT",
    on: "object",
    headers: [...PAYLOAD, ...OBJECT, ...CONDITIONAL_WRITE],
    run: put_object,
  },
  {
    name: "GetObjectTagging",
    method: "GET",
    on: "object",
    selected_by: ["tagging"],
    run: get_object_tagging,
  },
  {
    name: "ListParts",
    method: "GET",
    on: "object",
    selected_by: ["uploadId"],
    query: ["max-parts", "part-number-marker", "encoding-type"],
    run: list_parts,
  },
  {
    name: "GetObject",
    method: "GET",
    on: "object",
    query: ["versionId", ...RESPONSE_OVERRIDES],
    headers: CONDITIONAL_READ,
    run: get_object,
  },
  {
    name: "HeadObject",
    method: "HEAD",
    on: "object",
    query: ["versionId", ...RESPONSE_OVERRIDES],
    headers: CONDITIONAL_READ,
    run: head_object,
  },
  {
    name: "AbortMultipartUpload",
    method: "DELETE",
    on: "object",
    selected_by: ["uploadId"],
    run: abort_multipart_upload,
  },
  {
    name: "DeleteObject",
    method: "DELETE",
    on: "object",
    query: ["versionId"],
    headers: ["if-match"],
    run: delete_object,
  },
  {
    name: "CreateMultipartUpload",
    method: "POST",
    on: "object",
    selected_by: ["uploads"],
    headers: [...OBJECT, "x-amz-checksum-algorithm", "x-amz-checksum-type"],
    run: create_multipart_upload,
  },
  {
    name: "CompleteMultipartUpload",
    method: "POST",
    on: "object",
    selected_by: ["uploadId"],
    headers: [...PAYLOAD, ...CONDITIONAL_WRITE, "x-amz-checksum-type", "x-amz-mp-object-size"],
    run: complete_multipart_upload,
  },
];

/** Headers and parameters that go with any request: its signature, and what SDKs say about themselves. */
const ANY_HEADERS = ["x-amz-date", "x-amz-content-sha256", "x-amz-user-agent"];
const ANY_QUERY = ["x-id", ...SIGNING_PARAMETERS];
/** Besides all of `x-amz-…`. */
const MEANINGFUL_HEADERS = [
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "range",
];
/** Headers that are taken with these values only, since they ask for nothing that is not so anyway. */
const HONOURED_VALUES: Readonly<Record<string, readonly string[]>> = {
  "x-amz-acl": ["private", "bucket-owner-full-control"],
  "x-amz-storage-class": ["STANDARD"],
  "x-amz-tagging-directive": ["COPY"],
};

/** Finds the operation that a request asks for; throws 405 or 501 if there is none that honours all of it. */
export function route(request: S3Request): Route {
  const on = request.bucket === "" ? "service" : request.key === "" ? "bucket" : "object";
  const candidates = ROUTES.filter((entry) => entry.method === request.method && entry.on === on);
  const found = candidates.find(({ selected_by = [] }) =>
    selected_by.every((name) => request.query.has(name) || request.headers[name] !== undefined),
  );
  const known_query = [...(found?.query ?? []), ...(found?.selected_by ?? []), ...ANY_QUERY];
  const unknown = [...request.query.keys()].find((name) => !known_query.includes(name));
  if (unknown !== undefined) throw not_implemented({ QueryParameter: unknown });
  if (!found) throw method_not_allowed({ Method: request.method, ResourceType: on.toUpperCase() });
  for (const [name, value] of Object.entries(request.headers)) check_header(name, value, found);
  return found;
}

function check_header(name: string, value: string, { headers = [] }: Route): void {
  const meaningful = name.startsWith("x-amz-") || MEANINGFUL_HEADERS.includes(name);
  const known = [...headers, ...ANY_HEADERS].some((pattern) =>
    pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
  const honoured = HONOURED_VALUES[name]?.includes(value) ?? true;
  if (meaningful && (!known || !honoured)) throw not_implemented({ Header: name });
}
