/** ListMultipartUploads and ListParts. */
import type { Part, Upload } from "./catalog.ts";
import { checksum_element } from "./checksums.ts";
import { common_prefix, common_prefix_element, type Encode, read_encoding } from "./list_objects.ts";
import { find_upload } from "./multipart_upload.ts";
import { type Answer, type Call, OWNER, quoted } from "./operation.ts";
import { integer_parameter } from "./request.ts";
import type { XmlElement } from "./xml.ts";

const MAX_ITEMS = 1000;

export function list_multipart_uploads({ request, store }: Call): Answer {
  const { bucket, query } = request;
  store.catalog.require_bucket(bucket);
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const key_marker = query.get("key-marker") ?? "";
  const id_marker = key_marker === "" ? "" : (query.get("upload-id-marker") ?? "");
  const max = Math.min(
    integer_parameter(request, "max-uploads", { default: MAX_ITEMS, min: 0, max: 2 ** 31 - 1 }),
    MAX_ITEMS,
  );
  const encode = read_encoding(request);
  const remaining = behind_marker(store.catalog.uploads(bucket, prefix), key_marker, id_marker);
  const items = roll_up(remaining, prefix, delimiter, key_marker);
  const page = items.slice(0, max);
  const last = page.at(-1);
  const truncated = max > 0 && items.length > max;
  return {
    status: 200,
    body: [
      "ListMultipartUploadsResult",
      [
        ["Bucket", bucket],
        ["KeyMarker", encode(key_marker)],
        ["UploadIdMarker", id_marker],
        ["NextKeyMarker", truncated && last ? encode(typeof last === "string" ? last : last.key) : undefined],
        ["NextUploadIdMarker", truncated && last && typeof last !== "string" ? last.id : undefined],
        ["Prefix", encode(prefix)],
        ["Delimiter", encode(delimiter) || undefined],
        ["MaxUploads", max],
        ["EncodingType", query.get("encoding-type")],
        ["IsTruncated", truncated],
        ...page.flatMap((item) => (typeof item === "string" ? [] : [upload_element(item, encode)])),
        ...page.flatMap((item) => (typeof item === "string" ? [common_prefix_element(encode(item))] : [])),
      ],
    ],
  };
}

/** The uploads behind the marked key, and behind the marked upload if it is of that key. */
function behind_marker(uploads: readonly Upload[], key_marker: string, id_marker: string): readonly Upload[] {
  const marked = uploads.findIndex(({ key, id }) => key === key_marker && id === id_marker);
  if (marked !== -1) return uploads.slice(marked + 1);
  const marker = Buffer.from(key_marker);
  return uploads.filter(({ key }) => Buffer.compare(Buffer.from(key), marker) > 0);
}

/** Uploads, and common prefixes in place of those that have one; a prefix that was the marker is past. */
function roll_up(
  uploads: readonly Upload[],
  prefix: string,
  delimiter: string,
  key_marker: string,
): (Upload | string)[] {
  const items: (Upload | string)[] = [];
  for (const upload of uploads) {
    const group = common_prefix(upload.key, prefix, delimiter);
    if (group === undefined) items.push(upload);
    else if (group !== key_marker && items.at(-1) !== group) items.push(group);
  }
  return items;
}

function upload_element(upload: Upload, encode: Encode): XmlElement {
  return [
    "Upload",
    [
      ["Key", encode(upload.key)],
      ["UploadId", upload.id],
      ["Initiator", OWNER],
      ["Owner", OWNER],
      ["StorageClass", "STANDARD"],
      ["Initiated", upload.initiated.toISOString()],
      ...checksum_elements(upload),
    ],
  ];
}

export function list_parts({ request, store }: Call): Answer {
  const { bucket, key, query } = request;
  store.catalog.require_bucket(bucket);
  const upload = find_upload({ request, store });
  const max = Math.min(
    integer_parameter(request, "max-parts", { default: MAX_ITEMS, min: 0, max: 2 ** 31 - 1 }),
    MAX_ITEMS,
  );
  const marker = integer_parameter(request, "part-number-marker", { default: 0, min: 0, max: 2 ** 31 - 1 });
  const encode = read_encoding(request);
  const remaining = store.catalog.parts(upload).filter(({ number }) => number > marker);
  const page = remaining.slice(0, max);
  const truncated = max > 0 && remaining.length > max;
  return {
    status: 200,
    body: [
      "ListPartsResult",
      [
        ["Bucket", bucket],
        ["Key", encode(key)],
        ["UploadId", upload.id],
        ["Initiator", OWNER],
        ["Owner", OWNER],
        ["StorageClass", "STANDARD"],
        ["PartNumberMarker", marker],
        ["NextPartNumberMarker", page.at(-1)?.number],
        ["MaxParts", max],
        ["EncodingType", query.get("encoding-type")],
        ["IsTruncated", truncated],
        ...checksum_elements(upload),
        ...page.map((part) => part_element(upload, part)),
      ],
    ],
  };
}

function checksum_elements(upload: Upload): XmlElement[] {
  return upload.algorithm_was_named
    ? [
        ["ChecksumAlgorithm", upload.algorithm],
        ["ChecksumType", upload.type],
      ]
    : [];
}

function part_element(upload: Upload, part: Part): XmlElement {
  return [
    "Part",
    [
      ["PartNumber", part.number],
      ["LastModified", part.modified.toISOString()],
      ["ETag", quoted(part.etag)],
      ["Size", part.size],
      [
        checksum_element(upload.algorithm),
        upload.algorithm_was_named ? part.checksums[upload.algorithm] : undefined,
      ],
    ],
  ];
}
