/** DeleteObject and DeleteObjects. */
import * as z from "zod";
import { AwsError } from "../aws/aws_error.ts";
import { delete_condition } from "./conditions.ts";
import { invalid_request, malformed_xml, not_implemented } from "./errors.ts";
import { is_marker } from "./old_versions.ts";
import type { Answer, Call } from "./operation.ts";
import { read_claims, read_document } from "./payload.ts";
import { check_key_length } from "./request.ts";
import type { Store } from "./store.ts";
import { read_version_id, version_header } from "./versioning.ts";
import { parse_xml, type XmlElement } from "./xml.ts";

/** Deleting what is not there is a success. */
export async function delete_object(call: Call): Promise<Answer> {
  const { request, store, now } = call;
  const { bucket, key } = request;
  const id = read_version_id(request.query.get("versionId"));
  if (id !== undefined) return delete_version(call, id);
  const condition = delete_condition(request.headers["if-match"], key);
  const marker = await store.delete_object(bucket, key, condition, now());
  if (marker === undefined) return { status: 204 };
  return { status: 204, headers: { "x-amz-delete-marker": "true", "x-amz-version-id": marker } };
}

async function delete_version({ request, store }: Call, id: string): Promise<Answer> {
  const { bucket, key } = request;
  // A condition is about the current version, whatever it would be about here.
  if (request.headers["if-match"] !== undefined) throw not_implemented({ Header: "If-Match" });
  store.catalog.require_bucket(bucket);
  const deleted = await store.delete_version(bucket, key, id);
  const headers = {
    ...version_header(store.catalog, bucket, id),
    ...(deleted && is_marker(deleted) ? { "x-amz-delete-marker": "true" } : {}),
  };
  return { status: 204, headers };
}

const MAX_OBJECTS = 1000;

const delete_schema = z.object({
  Delete: z.looseObject({
    Object: z.array(z.looseObject({ Key: z.string().min(1), ETag: z.string().optional() })).min(1),
    Quiet: z.enum(["true", "false"]).optional(),
  }),
});
type Deletion = z.infer<typeof delete_schema>["Delete"]["Object"][number];

export async function delete_objects({ request, store, now }: Call): Promise<Answer> {
  const { bucket } = request;
  store.catalog.require_bucket(bucket);
  const claims = read_claims(request);
  if (claims.md5 === undefined && claims.checksum === undefined) {
    throw invalid_request("Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  }
  const { deletions, quiet } = parse_deletions(await read_document(request, { claims }));
  const results: XmlElement[] = [];
  for (const deletion of deletions) {
    const { error, marker } = await try_delete(store, bucket, deletion, now());
    if (error) results.push(error_element(deletion, error));
    else if (!quiet) results.push(deleted_element(deletion, marker));
  }
  return { status: 200, body: ["DeleteResult", results] };
}

function parse_deletions(text: string): { deletions: Deletion[]; quiet: boolean } {
  const parsed = delete_schema.safeParse(parse_xml(text, ["Object"]));
  if (!parsed.success || parsed.data.Delete.Object.length > MAX_OBJECTS) throw malformed_xml();
  const { Object: deletions, Quiet } = parsed.data.Delete;
  for (const deletion of deletions) {
    for (const element of ["VersionId", "LastModifiedTime", "Size"]) {
      if (element in deletion) throw not_implemented({ Element: element });
    }
  }
  return { deletions, quiet: Quiet === "true" };
}

async function try_delete(
  store: Store,
  bucket: string,
  { Key, ETag }: Deletion,
  at: Date,
): Promise<{ error?: AwsError; marker?: string | undefined }> {
  try {
    check_key_length(Key);
    return { marker: await store.delete_object(bucket, Key, delete_condition(ETag, Key), at) };
  } catch (error) {
    if (error instanceof AwsError) return { error };
    throw error;
  }
}

function deleted_element({ Key }: Deletion, marker: string | undefined): XmlElement {
  const of_marker: XmlElement[] =
    marker === undefined
      ? []
      : [
          ["DeleteMarker", true],
          ["DeleteMarkerVersionId", marker],
        ];
  return ["Deleted", [["Key", Key], ...of_marker]];
}

function error_element({ Key }: Deletion, { code, message }: AwsError): XmlElement {
  return [
    "Error",
    [
      ["Key", Key],
      ["Code", code],
      ["Message", message],
    ],
  ];
}
