/** DeleteObject and DeleteObjects. */
import * as z from "zod";
import { AwsError } from "../aws/aws_error.ts";
import { delete_condition } from "./conditions.ts";
import { invalid_request, malformed_xml, not_implemented } from "./errors.ts";
import type { Answer, Call } from "./operation.ts";
import { read_claims, read_document } from "./payload.ts";
import { check_key_length } from "./request.ts";
import type { Store } from "./store.ts";
import { parse_xml, type XmlElement } from "./xml.ts";

/** Deleting what is not there is a success. */
export async function delete_object({ request, store }: Call): Promise<Answer> {
  const { bucket, key } = request;
  await store.delete_object(bucket, key, delete_condition(request.headers["if-match"], key));
  return { status: 204 };
}

const MAX_OBJECTS = 1000;

const delete_schema = z.object({
  Delete: z.looseObject({
    Object: z.array(z.looseObject({ Key: z.string().min(1), ETag: z.string().optional() })).min(1),
    Quiet: z.enum(["true", "false"]).optional(),
  }),
});
type Deletion = z.infer<typeof delete_schema>["Delete"]["Object"][number];

export async function delete_objects({ request, store }: Call): Promise<Answer> {
  const { bucket } = request;
  store.catalog.require_bucket(bucket);
  const claims = read_claims(request);
  if (claims.md5 === undefined && claims.checksum === undefined) {
    throw invalid_request("Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  }
  const { deletions, quiet } = parse_deletions(await read_document(request, { claims }));
  const results: XmlElement[] = [];
  for (const deletion of deletions) {
    const error = await try_delete(store, bucket, deletion);
    if (error) results.push(error_element(deletion, error));
    else if (!quiet) results.push(["Deleted", [["Key", deletion.Key]]]);
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
): Promise<AwsError | undefined> {
  try {
    check_key_length(Key);
    await store.delete_object(bucket, Key, delete_condition(ETag, Key));
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
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
