/**
 * Reads how a multipart/form-data body is built (RFC 7578, RFC 2046 §5.1): its boundary, where its parts begin and
 * end, what their headers say. Pure functions of text and bytes to records; what is not well formed is a problem
 * that says what to mend.
 *
 * Stricter than the RFCs where a parser that follows might drop, cut or misread something without saying so:
 *   - padding between a boundary and its line end, folded headers and a repeated header are refused;
 *   - what stands before the first boundary and after the last is ignored only while it cannot be a lost part.
 */
import { problem } from "@photo-uploader/layer";

/** Whatever parser follows must be given limits that are wider than these, so that it never cuts in silence. */
export const FORM_LIMITS = {
  parts: 16,
  /** Of one part. A file name of 500 emoji takes 6,000 bytes when it is percent-encoded. */
  header_bytes: 16_384,
  /** Of one part. */
  headers: 16,
  /** Characters of a field's name. */
  name_length: 100,
  /** Bytes before the first boundary, and again after the last. */
  ignored_bytes: 1_024,
} as const;

/** What the headers of one part say, and how long its content is. */
export interface FormPart {
  readonly name: string;
  /** As the client had it, decoded but not cleaned: paths and control characters are still in it. */
  readonly filename: string | undefined;
  /** The part's own Content-Type, which nothing has verified. */
  readonly declared_type: string | undefined;
  /** Bytes. */
  readonly size: number;
}

const malformed = (detail: string, field?: string) =>
  problem("malformed_multipart", detail, field === undefined ? {} : { errors: [{ field, message: detail }] });

/** RFC 2046 §5.1.1 `boundary`: 1 to 70 characters, the last of them no space. */
const BOUNDARY = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;

/**
 * The boundary that a Content-Type header announces, without the two hyphens.
 *
 * @throws Problem `unsupported_media_type` for another type, `malformed_multipart` for no or a wrong boundary.
 */
export function parse_boundary(content_type: string | undefined): string {
  const { value, rest } = first_value(content_type ?? "");
  if (value.toLowerCase() !== "multipart/form-data") {
    throw problem(
      "unsupported_media_type",
      `Send the file as multipart/form-data; the content type is ${value === "" ? "missing" : JSON.stringify(value.slice(0, 100))}.`,
    );
  }
  const boundary = parse_parameters(rest, "The Content-Type header").get("boundary");
  if (boundary === undefined) {
    throw malformed(
      "The Content-Type header has no boundary. Leave the header to the HTTP client: it sets type and boundary.",
    );
  }
  if (!BOUNDARY.test(boundary)) {
    throw malformed(
      "The boundary in the Content-Type header is not one: 1 to 70 letters, digits or '()+_,-./:=? and no space at its end.",
    );
  }
  return boundary;
}

/**
 * The parts of a body, in its order. Every occurrence of CRLF, two hyphens and the boundary is a delimiter, as RFC
 * 2046 §5.1.1 has it: a file that contains one cannot be told from a broken body and is refused.
 *
 * @throws Problem `malformed_multipart`
 */
export function parse_multipart_structure(body: Buffer, boundary: string): FormPart[] {
  const delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  // The first delimiter needs no line end before it where it opens the body.
  const opens_body = body.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2));
  let at = opens_body ? -2 : body.indexOf(delimiter);
  if (!opens_body && at === -1) {
    throw malformed(
      "The boundary of the Content-Type header does not occur in the body. Leave the header to the HTTP client.",
    );
  }
  check_ignored(body.subarray(0, Math.max(at, 0)), "before the first boundary");

  const parts: FormPart[] = [];
  for (;;) {
    const after = at + delimiter.length;
    const sign = body.toString("latin1", after, after + 2);
    if (sign === "--") {
      check_epilogue(body.subarray(after + 2), delimiter);
      check_names(parts);
      return parts;
    }
    if (sign.length < 2) throw truncated(parts.length);
    if (sign !== "\r\n") {
      throw malformed(
        `The boundary before part ${parts.length + 1} does not end its line: the content of a part contains the ` +
          "boundary, or the body is damaged. Send it again with another boundary.",
      );
    }
    if (parts.length === FORM_LIMITS.parts) {
      throw malformed(`The form has more than ${FORM_LIMITS.parts} parts. Send one file for each request.`);
    }
    // The line end after a boundary may already be that of the next one; the part between them is then empty.
    const next = body.indexOf(delimiter, after);
    if (next === -1) throw truncated(parts.length);
    parts.push(parse_part(body.subarray(after + 2, next), parts.length + 1));
    at = next;
  }
}

const truncated = (whole_parts: number) =>
  malformed(
    `The body has no closing boundary: it was cut short after ${whole_parts} whole parts. Send it again.`,
  );

function check_epilogue(rest: Buffer, delimiter: Buffer): void {
  // RFC 2046 §5.1.1: close-delimiter transport-padding [CRLF epilogue].
  if (
    !/^[ \t]*(?:\r?\n|$)/.test(rest.toString("latin1", 0, FORM_LIMITS.ignored_bytes)) ||
    rest.includes(delimiter)
  ) {
    throw malformed(
      "The closing boundary is followed by more content: a part contains it, or the body is damaged. Send it again " +
        "with another boundary.",
    );
  }
  check_ignored(rest, "after the closing boundary");
}

/** Preamble and epilogue are to be ignored (RFC 2046 §5.1.1), but not where a damaged boundary made them of a part. */
function check_ignored(text: Buffer, where: string): void {
  if (text.length > FORM_LIMITS.ignored_bytes || /content-disposition/i.test(text.toString("latin1"))) {
    throw malformed(
      `${text.length} bytes stand ${where} and belong to no part: a boundary is missing or damaged.`,
    );
  }
}

function parse_part(part: Buffer, number: number): FormPart {
  const where = `Part ${number}`;
  const header_end = part.subarray(0, FORM_LIMITS.header_bytes + 4).indexOf("\r\n\r\n");
  // A part that begins with a line end has no headers at all (RFC 2046 §5.1).
  if (header_end === -1 || part.subarray(0, 2).equals(Buffer.from("\r\n"))) {
    throw malformed(
      `${where} has no headers, or more than ${FORM_LIMITS.header_bytes} bytes of them. It needs ` +
        'Content-Disposition: form-data; name="…" and an empty line before its content.',
    );
  }
  const headers = parse_headers(part.subarray(0, header_end), where);
  const { name, filename } = parse_disposition(headers.get("content-disposition"), where);
  check_transfer_encoding(headers.get("content-transfer-encoding"), name);
  const declared_type = headers.get("content-type")?.trim();
  return { name, filename, declared_type: declared_type || undefined, size: part.length - header_end - 4 };
}

/** RFC 9110 §5.6.2 `token`. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Control characters but the tab, and so also a CR or LF that is no line end. */
const CONTROL = /[^\t\u{20}-\u{7e}\u{80}-\u{10ffff}]/u;

/** RFC 7578 §5.1: UTF-8. A byte order mark is no part of a header, so it is kept and then refused as a name. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Header names in lower case, values without the white space before them. */
function parse_headers(block: Buffer, where: string): Map<string, string> {
  const headers = new Map<string, string>();
  const lines = decode_utf8(block, where).split("\r\n");
  if (lines.length > FORM_LIMITS.headers) {
    throw malformed(`${where} has more than ${FORM_LIMITS.headers} headers.`);
  }
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!TOKEN.test(name) || CONTROL.test(line)) {
      throw malformed(
        `${where} has a header that is not of the form Name: value on one line without control characters. ` +
          "A line end in a file name is written %0D%0A.",
      );
    }
    if (headers.has(name)) throw malformed(`${where} has the header ${name} more than once.`);
    headers.set(name, line.slice(colon + 1).replace(/^[ \t]+/, ""));
  }
  return headers;
}

function decode_utf8(block: Buffer, where: string): string {
  try {
    return utf8.decode(block);
  } catch {
    throw malformed(`The headers of ${where.toLowerCase()} are not UTF-8. Send the file name in UTF-8.`);
  }
}

function parse_disposition(header: string | undefined, where: string): Pick<FormPart, "name" | "filename"> {
  const { value, rest } = first_value(header ?? "");
  if (value.toLowerCase() !== "form-data") {
    throw malformed(`${where} needs the header Content-Disposition: form-data; name="…".`);
  }
  const parameters = parse_parameters(rest, `Content-Disposition of ${where.toLowerCase()}`);
  const name = parameters.get("name");
  // RFC 8187 encodes file names only; a lenient parser takes `name*` for the name all the same.
  if (name === undefined || name === "" || parameters.has("name*")) {
    throw malformed(`${where} has no name. Its header must be Content-Disposition: form-data; name="…".`);
  }
  if (name.length > FORM_LIMITS.name_length) {
    throw malformed(`${where} has a name of more than ${FORM_LIMITS.name_length} characters.`);
  }
  return { name, filename: decode_filename(parameters, name) };
}

/** `filename*` goes before `filename` (RFC 6266 §4.3). RFC 7578 §4.2 forbids it in forms; clients send it. */
function decode_filename(parameters: ReadonlyMap<string, string>, field: string): string | undefined {
  const extended = parameters.get("filename*");
  if (extended !== undefined) return decode_extended_value(extended, field);
  // What browsers, undici and curl write for the three characters that would break the header:
  // https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
  return parameters.get("filename")?.replaceAll("%22", '"').replaceAll("%0D", "\r").replaceAll("%0A", "\n");
}

/** RFC 8187 §3.2.1: charset'language'percent-encoded; UTF-8 is the only charset that producers may use. */
function decode_extended_value(value: string, field: string): string {
  const encoded = /^utf-8'[a-z0-9-]*'(.*)$/i.exec(value)?.[1];
  const decoded = encoded === undefined ? undefined : decode_percent(encoded);
  // Busboy drops a part whose file name has a line end after this decoding, without an error.
  if (decoded === undefined || /[\r\n]/.test(decoded)) {
    throw malformed(
      "The parameter filename* must be UTF-8'' and a percent-encoded name without line ends (RFC 8187).",
      field,
    );
  }
  return decoded;
}

function decode_percent(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

/** RFC 7578 §4.7 deprecates the header. Nothing here or later decodes, so an encoded file would be stored encoded. */
function check_transfer_encoding(header: string | undefined, field: string): void {
  if (header !== undefined && !/^(?:7bit|8bit|binary)[ \t]*$/i.test(header)) {
    throw malformed(
      "A part with a Content-Transfer-Encoding is not decoded. Send the bytes as they are, without that header.",
      field,
    );
  }
}

/** Names that reach into an object's prototype wherever fields become properties. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** `a` and `a[]` are one property to many parsers, a text and a list, and Middy's dies of the pair. */
function check_names(parts: readonly FormPart[]): void {
  const lists = new Map<string, boolean>();
  for (const { name } of parts) {
    const property = name.replace(/\[.*/s, "");
    const is_list = name !== property;
    if (FORBIDDEN_NAMES.has(property)) {
      throw malformed(`A field cannot be named ${property}. Give it another name.`, name);
    }
    if (lists.has(property) && lists.get(property) !== is_list) {
      const pair = `${JSON.stringify(property)} and ${JSON.stringify(`${property}[]`)}`;
      throw malformed(`The form has fields of the clashing names ${pair}. Give one another name.`, name);
    }
    lists.set(property, is_list);
  }
}

/** A header's value before its parameters. */
function first_value(header: string): { value: string; rest: string } {
  const [whole = "", value = ""] = /^[ \t]*([^ \t;]*)[ \t]*/.exec(header) ?? [];
  return { value, rest: header.slice(whole.length) };
}

/**
 * RFC 9110 §5.6.6 `parameters`: *( OWS ";" OWS [ name "=" ( token / quoted-string ) ] ). An unquoted value may hold
 * what is no token but cannot be misread, since clients forget to quote a boundary with "=" or ":"; a comma is not
 * among it, because it joins two headers into one.
 */
const PARAMETER = /;[ \t]*(?:([\w-]+\*?)=(?:"((?:[^"\\]|\\.)*)"|([^\s"\\,;]+)))?[ \t]*/gy;

/** Names in lower case; values without their quotes and escapes. */
function parse_parameters(text: string, where: string): Map<string, string> {
  const parameters = new Map<string, string>();
  let end = 0;
  for (const [whole, name, quoted, bare] of text.matchAll(PARAMETER)) {
    end += whole.length;
    if (name === undefined) continue;
    const key = name.toLowerCase();
    if (parameters.has(key)) throw malformed(`${where} has the parameter ${key} more than once.`);
    // Only these two are escapes: a backslash before anything else is that of C:\fakepath\photo.jpg.
    parameters.set(key, bare ?? (quoted ?? "").replace(/\\(["\\])/g, "$1"));
  }
  if (end !== text.length) {
    throw malformed(
      `${where} cannot be read: a parameter is name=value or name="value", with " and \\ in the quotes written ` +
        '\\" and \\\\.',
    );
  }
  return parameters;
}
