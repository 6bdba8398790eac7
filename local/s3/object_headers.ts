/** The headers that are stored with an object and given back with it: content headers and user metadata. */
import { invalid_argument, invalid_request, metadata_too_large } from "./errors.ts";

const CONTENT_HEADERS: readonly string[] = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
  "expires",
];
const DEFAULT_TYPE = "binary/octet-stream";
const META = "x-amz-meta-";
/** Names without their prefix, and values, in bytes. */
const MAX_METADATA_BYTES = 2048;

/** Query parameters of GET and HEAD that replace a header of the answer. */
export const RESPONSE_OVERRIDES: readonly string[] = CONTENT_HEADERS.map((name) => `response-${name}`);

/** Picks what is stored out of a request's headers, or a form's fields. */
export function object_headers(headers: Readonly<Record<string, string>>): Record<string, string> {
  const stored: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(META)) stored[name] = value;
    else if (CONTENT_HEADERS.includes(name) && value !== "") stored[name] = value;
  }
  const encoding = without_aws_chunked(stored["content-encoding"]);
  if (encoding === "") delete stored["content-encoding"];
  else stored["content-encoding"] = encoding;
  stored["content-type"] ??= DEFAULT_TYPE;
  check_headers(stored);
  return stored;
}

/** aws-chunked is of the transfer and not of the object. */
function without_aws_chunked(encoding = ""): string {
  return encoding
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "aws-chunked")
    .join(", ");
}

function check_headers(stored: Readonly<Record<string, string>>): void {
  let size = 0;
  for (const [name, value] of Object.entries(stored)) {
    // S3 would give other characters back in RFC 2047 encoding; ours are ASCII, and the rest is refused.
    if (!/^[\x20-\x7e\t]*$/.test(value)) {
      throw invalid_argument("Only US-ASCII is supported in metadata.", { ArgumentName: name });
    }
    if (name.startsWith(META)) {
      if (name === META) throw invalid_request("A metadata header has no name.");
      size += name.length - META.length + value.length;
    }
  }
  if (size > MAX_METADATA_BYTES) {
    throw metadata_too_large({ Size: String(size), MaxSizeAllowed: String(MAX_METADATA_BYTES) });
  }
}

/** The headers of an answer, with the request's `response-…` parameters in place of what they name. */
export function overridden_headers(
  stored: Readonly<Record<string, string>>,
  query: ReadonlyMap<string, string>,
): Record<string, string> {
  const headers = { ...stored };
  for (const parameter of RESPONSE_OVERRIDES) {
    const value = query.get(parameter);
    if (value === undefined) continue;
    if (!/^[\x20-\x7e\t]*$/.test(value)) {
      throw invalid_argument("A header's value must be US-ASCII.", { ArgumentName: parameter });
    }
    headers[parameter.slice("response-".length)] = value;
  }
  return headers;
}
