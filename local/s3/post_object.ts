/** POST Object: an upload from a browser's form, allowed by a signed policy instead of a signed request. */
import { type Expectation, verify_policy } from "../aws/sigv4.ts";
import {
  checksum_header,
  checksum_headers,
  checksum_in_headers,
  DEFAULT_ALGORITHM,
  is_checksum_value,
} from "./checksums.ts";
import {
  access_denied,
  bad_digest,
  invalid_argument,
  invalid_request,
  missing_content_length,
  not_implemented,
} from "./errors.ts";
import { type Form, read_form } from "./multipart_form.ts";
import { object_headers } from "./object_headers.ts";
import { type Answer, type Call, quoted } from "./operation.ts";
import { DigestingStream, MAX_PUT_BYTES } from "./payload.ts";
import { check_form, parse_policy, within_size } from "./post_policy.ts";
import { whole_object } from "./put_object.ts";
import { check_key_length, type S3Request } from "./request.ts";
import { version_header } from "./versioning.ts";

export interface PostCall extends Omit<Call, "request" | "may_list"> {
  request: S3Request;
  expectation: Expectation;
  /** Told once it is known for which key the form is, and who signed its policy. */
  understood(key: string, access_key_id: string): void;
}

export function is_post_form(request: S3Request): boolean {
  return (
    request.method === "POST" &&
    request.bucket !== "" &&
    request.key === "" &&
    /^multipart\/form-data\s*;/i.test(request.headers["content-type"] ?? "")
  );
}

export async function post_object({
  request,
  store,
  now,
  created,
  expectation,
  understood,
}: PostCall): Promise<Answer> {
  const { bucket } = request;
  refuse_extras(request);
  const form = await read_form(request.body(), request.headers["content-type"] ?? "");
  const fields = expand_filename(form);
  const key = required_field(fields, "key");
  const { access_key_id, ...limits } = authorize(fields, bucket, expectation);
  understood(key, access_key_id);
  store.catalog.require_bucket(bucket);
  check_key_length(key);
  check_fields(fields);
  const headers = object_headers(Object.fromEntries(fields));
  const claim = read_checksum(fields);
  const algorithm = claim?.algorithm ?? DEFAULT_ALGORITHM;
  const stream = new DigestingStream([algorithm]);
  const blob = await store.blobs.write(within_size(stream.through(form.file), limits));
  const object = { key, headers, modified: now(), ...whole_object(stream.finish(), algorithm, blob) };
  if (claim && claim.value !== object.checksum.value) {
    await store.blobs.remove([blob]);
    throw bad_digest(`The ${algorithm} you specified did not match the calculated checksum.`);
  }
  const version = await store.put_object(bucket, object, () => {}, created("Post"));
  const answered = {
    etag: quoted(object.etag),
    ...checksum_headers(object.checksum),
    ...version_header(store.catalog, bucket, version),
  };
  return answer(request, fields, key, answered);
}

/** Everything that has a say is in the form. */
function refuse_extras(request: S3Request): void {
  if (request.headers["content-length"] === undefined) throw missing_content_length();
  const [parameter] = request.query.keys();
  if (parameter !== undefined) throw not_implemented({ QueryParameter: parameter });
  const header = Object.keys(request.headers).find(
    (name) => name.startsWith("x-amz-") || name === "authorization" || name.startsWith("if-"),
  );
  if (header !== undefined) throw not_implemented({ Header: header });
}

/** `${filename}` in a field is the name of the client's file; the policy is judged with it in place. */
function expand_filename({ fields, filename }: Form): Map<string, string> {
  return new Map(
    [...fields].map(([name, value]) => [
      name,
      name === "policy" ? value : value.replaceAll(/\$\{filename\}/g, () => filename),
    ]),
  );
}

/** Checks signature and policy; returns the sizes that the policy allows the file, in bytes, and its signer. */
function authorize(
  fields: ReadonlyMap<string, string>,
  bucket: string,
  expectation: Expectation,
): { min: number; max: number; access_key_id: string } {
  const policy = fields.get("policy");
  if (policy === undefined) throw access_denied("Access Denied");
  if (fields.has("awsaccesskeyid")) {
    throw invalid_request(
      "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    );
  }
  const access_key_id = verify_policy(
    {
      policy,
      algorithm: required_field(fields, "x-amz-algorithm"),
      credential: required_field(fields, "x-amz-credential"),
      timestamp: required_field(fields, "x-amz-date"),
      signature: required_field(fields, "x-amz-signature"),
    },
    expectation,
  );
  const parsed = parse_policy(policy);
  check_form(parsed, fields, bucket, expectation.now);
  const { min = 0, max = MAX_PUT_BYTES } = parsed.size ?? {};
  return { access_key_id, min, max: Math.min(max, MAX_PUT_BYTES) };
}

function required_field(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name);
  if (!value) {
    throw invalid_argument(
      `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
      { ArgumentName: name },
    );
  }
  return value;
}

const KNOWN_FIELDS = /^x-amz-(?:algorithm|credential|date|signature|meta-.+|checksum-.+)$/;
const HONOURED_VALUES: Readonly<Record<string, readonly string[]>> = {
  acl: ["private", "bucket-owner-full-control"],
  "x-amz-acl": ["private", "bucket-owner-full-control"],
  "x-amz-storage-class": ["STANDARD"],
};
const REFUSED_FIELDS: readonly string[] = ["tagging", "content-md5", "if-match", "if-none-match"];

function check_fields(fields: ReadonlyMap<string, string>): void {
  for (const [name, value] of fields) {
    const honoured =
      HONOURED_VALUES[name]?.includes(value) ?? (!name.startsWith("x-amz-") || KNOWN_FIELDS.test(name));
    if (!honoured || REFUSED_FIELDS.includes(name)) throw not_implemented({ Header: name });
  }
}

function read_checksum(fields: ReadonlyMap<string, string>): ReturnType<typeof checksum_in_headers> {
  const claim = checksum_in_headers(Object.fromEntries(fields));
  if (claim && !is_checksum_value(claim.algorithm, claim.value)) {
    throw invalid_request(`Value for ${checksum_header(claim.algorithm)} header is invalid.`);
  }
  return claim;
}

function answer(
  request: S3Request,
  fields: ReadonlyMap<string, string>,
  key: string,
  headers: Readonly<Record<string, string>> & { etag: string },
): Answer {
  const { bucket } = request;
  const redirect = redirect_target(fields.get("success_action_redirect") ?? fields.get("redirect"));
  if (redirect) {
    redirect.searchParams.append("bucket", bucket);
    redirect.searchParams.append("key", key);
    redirect.searchParams.append("etag", headers.etag);
    return { status: 303, headers: { ...headers, location: redirect.href } };
  }
  const location = `http://${request.headers.host ?? ""}/${bucket}/${encodeURIComponent(key)}`;
  const with_location = { ...headers, location };
  switch (fields.get("success_action_status")) {
    case "200":
      return { status: 200, headers: with_location };
    case "201":
      return {
        status: 201,
        headers: with_location,
        body: [
          "PostResponse",
          [
            ["Location", location],
            ["Bucket", bucket],
            ["Key", key],
            ["ETag", headers.etag],
          ],
        ],
      };
    default:
      return { status: 204, headers: with_location };
  }
}

/** A target that is no URL is passed over, as S3 does. */
function redirect_target(text: string | undefined): URL | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}
