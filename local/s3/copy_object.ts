/** CopyObject, and the reading of a copy's source, which UploadPartCopy shares. */

import { percent_decode } from "../aws/sigv4.ts";
import type { StoredObject } from "./catalog.ts";
import { checksum_element, checksum_type_schema, parse_algorithm } from "./checksums.ts";
import { is_not_modified, write_condition } from "./conditions.ts";
import { invalid_argument, invalid_request, not_implemented, precondition_failed } from "./errors.ts";
import { object_headers } from "./object_headers.ts";
import { is_marker } from "./old_versions.ts";
import { type Answer, type Call, quoted } from "./operation.ts";
import { DigestingStream, MAX_PUT_BYTES, read_document } from "./payload.ts";
import { whole_object } from "./put_object.ts";
import { parse_key } from "./request.ts";
import { read_version_id, require_object, version_header } from "./versioning.ts";

export async function copy_object(call: Call): Promise<Answer> {
  const { request, store, now, created } = call;
  const { bucket, key } = request;
  store.catalog.require_bucket(bucket);
  await read_document(request);
  const source = find_source(call);
  if (source.object.size > MAX_PUT_BYTES) {
    throw invalid_request(
      `The specified copy source is larger than the maximum allowable size for a copy source: ${MAX_PUT_BYTES}`,
    );
  }
  const replace = read_directive(request.headers["x-amz-metadata-directive"]) === "REPLACE";
  const is_current = store.catalog.object(bucket, key)?.content === source.object.content;
  if (!replace && source.bucket === bucket && source.object.key === key && is_current) {
    throw invalid_request(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const headers = replace ? object_headers(request.headers) : source.object.headers;
  const named = request.headers["x-amz-checksum-algorithm"];
  const algorithm = named === undefined ? source.object.checksum.algorithm : parse_algorithm(named);
  const watch = store.watches.watch(bucket, key);
  try {
    const condition = write_condition(request.headers, key, watch);
    condition(store.catalog.object(bucket, key));
    const stream = new DigestingStream([algorithm]);
    const bytes = store.blobs.read(store.catalog.segments(source.object), 0, source.object.size - 1);
    const blob = await store.blobs.write(stream.through(bytes));
    const object = { key, headers, modified: now(), ...whole_object(stream.finish(), algorithm, blob) };
    const version = await store.put_object(bucket, object, condition, created("Copy"));
    return {
      status: 200,
      headers: {
        ...version_header(store.catalog, bucket, version),
        ...source_version_header(call, source),
      },
      body: [
        "CopyObjectResult",
        [
          ["LastModified", object.modified.toISOString()],
          ["ETag", quoted(object.etag)],
          [checksum_element(algorithm), object.checksum.value],
          ["ChecksumType", checksum_type_schema.enum.FULL_OBJECT],
        ],
      ],
    };
  } finally {
    watch.release();
  }
}

interface Source {
  bucket: string;
  object: StoredObject;
}

/** The header of an answer that says which version has been copied. */
export function source_version_header({ store }: Call, { bucket, object }: Source): Record<string, string> {
  const { "x-amz-version-id": version } = version_header(store.catalog, bucket, object.version);
  return version === undefined ? {} : { "x-amz-copy-source-version-id": version };
}

/** Finds the object that `x-amz-copy-source` names, if the source conditions hold. */
export function find_source({ request, store }: Call): Source {
  const { bucket, key, version } = parse_source(request.headers["x-amz-copy-source"] ?? "");
  store.catalog.require_bucket(bucket);
  const named = store.catalog.version(bucket, key, read_version_id(version));
  if (version !== undefined && named && is_marker(named)) {
    throw invalid_request(
      "The source of a copy request may not specifically refer to a delete marker by version id.",
    );
  }
  const object = require_object(store.catalog, bucket, key, version);
  if (is_not_modified(request.headers, object, "x-amz-copy-source-")) {
    throw precondition_failed("x-amz-copy-source-If-None-Match");
  }
  return { bucket, object };
}

/** Reads `bucket/key`, percent-encoded, with or without a slash before it, and with `?versionId=…` or without. */
function parse_source(source: string): { bucket: string; key: string; version: string | undefined } {
  const [path = "", parameters] = source.split("?");
  const version = /^versionId=([^&]*)$/.exec(parameters ?? "")?.[1];
  if ((parameters !== undefined && version === undefined) || source.startsWith("arn:"))
    throw not_implemented({ Header: "x-amz-copy-source" });
  const [, bucket = "", key = ""] = /^\/?([^/]+)\/(.+)$/s.exec(decode_slash(path)) ?? [];
  if (bucket === "" || key === "") {
    throw invalid_argument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey", {
      ArgumentName: "x-amz-copy-source",
    });
  }
  return { bucket: percent_decode(bucket), key: parse_key(key), version };
}

/** Some clients encode the whole of it, the slash between bucket and key included. */
function decode_slash(path: string): string {
  return path.includes("/") ? path : path.replace(/%2f/i, "/");
}

function read_directive(value = "COPY"): "COPY" | "REPLACE" {
  if (value === "COPY" || value === "REPLACE") return value;
  throw invalid_argument("Unknown metadata directive.", {
    ArgumentName: "x-amz-metadata-directive",
    ArgumentValue: value,
  });
}
