/** Versions: PutBucketVersioning, GetBucketVersioning, ListObjectVersions, and what the other operations ask of them. */
import * as z from "zod";
import { AFTER_PREFIX, type Catalog, type StoredObject, UNVERSIONED, type Version } from "./catalog.ts";
import {
  deleted_key,
  invalid_argument,
  malformed_xml,
  marker_not_allowed,
  no_such_key,
  no_such_version,
  not_implemented,
} from "./errors.ts";
import { type Encode, object_elements, read_encoding } from "./list_objects.ts";
import { is_marker } from "./old_versions.ts";
import { type Answer, type Call, OWNER } from "./operation.ts";
import { read_document } from "./payload.ts";
import { integer_parameter } from "./request.ts";
import { parse_xml, type XmlElement } from "./xml.ts";

const configuration_schema = z.object({
  VersioningConfiguration: z.looseObject({ Status: z.enum(["Enabled", "Suspended"]).optional() }),
});
const KNOWN_ELEMENTS: readonly string[] = ["Status", "#text"];

/** A bucket's versioning can be turned on, and not off again. */
export async function put_bucket_versioning({ request, store }: Call): Promise<Answer> {
  store.catalog.require_bucket(request.bucket);
  const parsed = configuration_schema.safeParse(parse_xml(await read_document(request), []));
  if (!parsed.success) throw malformed_xml();
  const configuration = parsed.data.VersioningConfiguration;
  const unknown = Object.keys(configuration).find((name) => !KNOWN_ELEMENTS.includes(name));
  if (unknown !== undefined) throw not_implemented({ Element: unknown });
  if (configuration.Status !== "Enabled") throw not_implemented({ Element: "Status" });
  store.catalog.keep_versions(request.bucket);
  return { status: 200 };
}

export function get_bucket_versioning({ request, store }: Call): Answer {
  store.catalog.require_bucket(request.bucket);
  const status = store.catalog.is_versioned(request.bucket) ? "Enabled" : undefined;
  return { status: 200, body: ["VersioningConfiguration", [["Status", status]]] };
}

/** `x-amz-version-id`, for what is in a bucket with versioning, or has been. */
export const version_header = (catalog: Catalog, bucket: string, version: string | undefined) =>
  version !== undefined && (version !== UNVERSIONED || catalog.is_versioned(bucket))
    ? { "x-amz-version-id": version }
    : {};

const marker_headers = ({ version }: Version) => ({
  "x-amz-delete-marker": "true",
  "x-amz-version-id": version,
});

/** @throws AwsError `InvalidArgument` for what no version can be called */
export function read_version_id(id: string | undefined): string | undefined {
  if (id === undefined || id === UNVERSIONED || /^[\w-]{32}$/.test(id)) return id;
  throw invalid_argument("Invalid version id specified", { ArgumentName: "versionId", ArgumentValue: id });
}

/**
 * The object that a request names, by its version or as the newest.
 *
 * @throws AwsError as S3 has it for an object that is not there, and for a delete marker
 */
export function require_object(catalog: Catalog, bucket: string, key: string, id?: string): StoredObject {
  const version = catalog.version(bucket, key, read_version_id(id));
  if (version === undefined) {
    throw id === undefined ? no_such_key({ Key: key }) : no_such_version({ Key: key, VersionId: id });
  }
  if (!is_marker(version)) return version;
  if (id === undefined) throw deleted_key(key, marker_headers(version));
  throw marker_not_allowed({ ...marker_headers(version), "last-modified": version.modified.toUTCString() });
}

const MAX_KEYS = 1000;

/** Where a listing begins: behind a version of a key, or behind the key. */
interface Marker {
  key: string;
  version: string | undefined;
}

export function list_object_versions({ request, store }: Call): Answer {
  const { bucket, query } = request;
  store.catalog.require_bucket(bucket);
  const prefix = query.get("prefix") ?? "";
  const asked = integer_parameter(request, "max-keys", { default: MAX_KEYS, min: 0, max: 2 ** 31 - 1 });
  const max_keys = Math.min(asked, MAX_KEYS);
  const marker = read_marker(query);
  const encode = read_encoding(request);
  const { versions, next } = page_of_versions(store.catalog, bucket, { prefix, marker, max_keys });
  return {
    status: 200,
    body: [
      "ListVersionsResult",
      [
        ["Name", bucket],
        ["Prefix", encode(prefix)],
        ["KeyMarker", encode(marker?.key ?? "")],
        ["VersionIdMarker", marker?.version ?? ""],
        ["MaxKeys", max_keys],
        ["EncodingType", query.get("encoding-type")],
        ["IsTruncated", next !== undefined],
        ["NextKeyMarker", next && encode(next.key)],
        ["NextVersionIdMarker", next?.version],
        ...versions.map((version) => version_element(version, encode)),
      ],
    ],
  };
}

function read_marker(query: ReadonlyMap<string, string>): Marker | undefined {
  const key = query.get("key-marker");
  const version = query.get("version-id-marker");
  if (version !== undefined && !key) {
    throw invalid_argument("A version-id marker cannot be specified without a key marker.", {
      ArgumentName: "version-id-marker",
    });
  }
  return key ? { key, version: read_version_id(version) } : undefined;
}

interface ListedVersion {
  version: Version;
  is_latest: boolean;
}

/** By key, and of each key the newest first, as S3 has them; pages may end between the versions of a key. */
export function page_of_versions(
  catalog: Pick<Catalog, "versions_between">,
  bucket: string,
  { prefix, marker, max_keys }: { prefix: string; marker: Marker | undefined; max_keys: number },
): { versions: ListedVersion[]; next: Marker | undefined } {
  const first = Buffer.from(prefix);
  const begin = marker ? Buffer.from(marker.key) : first;
  const from = Buffer.compare(begin, first) > 0 ? begin : first;
  const end = Buffer.concat([first, AFTER_PREFIX]);
  const versions: ListedVersion[] = [];
  let key: string | undefined;
  let passing = marker?.key;
  for (const version of max_keys > 0 ? catalog.versions_between(bucket, from, end) : []) {
    const is_latest = version.key !== key;
    ({ key } = version);
    if (key === passing) {
      // Behind the marker's own version come the older ones of its key.
      if (version.version === marker?.version) passing = undefined;
      continue;
    }
    if (versions.length === max_keys) {
      const last = versions.at(-1)?.version;
      return { versions, next: last && { key: last.key, version: last.version } };
    }
    versions.push({ version, is_latest });
  }
  return { versions, next: undefined };
}

function version_element({ version, is_latest }: ListedVersion, encode: Encode): XmlElement {
  const named: XmlElement[] = [
    ["Key", encode(version.key)],
    ["VersionId", version.version],
    ["IsLatest", is_latest],
    ["LastModified", version.modified.toISOString()],
  ];
  return is_marker(version)
    ? ["DeleteMarker", [...named, ["Owner", OWNER]]]
    : ["Version", [...named, ...object_elements(version), ["Owner", OWNER], ["StorageClass", "STANDARD"]]];
}
