/**
 * Reads a browser's multipart/form-data as S3 takes it: fields first, then one file, which is streamed; what
 * follows the file is passed over.
 * RFC 7578; https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
import { ByteReader } from "./byte_reader.ts";
import { invalid_argument, malformed_post, post_fields_too_large } from "./errors.ts";

export interface Form {
  /** Names in lower case, in the order of the form. */
  fields: Map<string, string>;
  /** As the client named it, without a path. */
  filename: string;
  /** The file's bytes. Throws at its end if the form is not closed as it must be. */
  file: AsyncIterable<Buffer>;
}

/** All that precedes the file, names included. */
const MAX_FIELDS_BYTES = 20 * 1024;
const MAX_HEADER_LINE = 4096;
const MAX_HEADER_LINES = 16;

/** Reads the fields; the file's bytes are for the caller to read. */
export async function read_form(source: AsyncIterable<Buffer>, content_type: string): Promise<Form> {
  const boundary = parse_boundary(content_type);
  const reader = new ByteReader(source, malformed_post);
  const fields = new Map<string, string>();
  let budget = MAX_FIELDS_BYTES;
  const spend = (bytes: number): void => {
    budget -= bytes;
    if (budget < 0) throw post_fields_too_large();
  };
  for await (const preamble of reader.until(Buffer.from(`--${boundary}`))) spend(preamble.length);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  while (await another_part(reader)) {
    const part = await read_part_headers(reader);
    if (part.name === "file") {
      return { fields, filename: part.filename ?? "", file: file_of(reader, delimiter) };
    }
    const pieces: Buffer[] = [];
    spend(part.name.length);
    for await (const piece of reader.until(delimiter)) {
      spend(piece.length);
      pieces.push(piece);
    }
    if (fields.has(part.name)) {
      throw invalid_argument("A form field is given more than once.", { ArgumentName: part.name });
    }
    fields.set(part.name, decode_utf8(Buffer.concat(pieces)));
  }
  throw invalid_argument("POST requires exactly one file upload per request.", {
    ArgumentName: "file",
    ArgumentValue: "0",
  });
}

async function* file_of(reader: ByteReader, delimiter: Buffer): AsyncGenerator<Buffer> {
  yield* reader.until(delimiter);
  await another_part(reader);
  await reader.drain();
}

/** Reads what stands behind a boundary: a line's end before another part, two hyphens after the last. */
async function another_part(reader: ByteReader): Promise<boolean> {
  const end = (await reader.exactly(2)).toString("latin1");
  if (end !== "\r\n" && end !== "--") throw malformed_post();
  return end === "\r\n";
}

async function read_part_headers(
  reader: ByteReader,
): Promise<{ name: string; filename: string | undefined }> {
  let disposition = "";
  for (let lines = 0; ; lines++) {
    const line = await reader.line(MAX_HEADER_LINE);
    if (line === "") break;
    if (lines === MAX_HEADER_LINES) throw malformed_post();
    const [, value] = /^content-disposition:(.*)$/is.exec(line) ?? [];
    disposition = value ?? disposition;
  }
  const name = parameter(disposition, "name");
  if (!/^\s*form-data\s*;/i.test(disposition) || !name) throw malformed_post();
  const filename = parameter(disposition, "filename");
  return {
    name: decode_utf8(Buffer.from(name, "latin1")).toLowerCase(),
    filename: filename && without_path(decode_utf8(Buffer.from(filename, "latin1"))),
  };
}

/** A parameter's value. Browsers write `"` in it as `%22`; others put a backslash before it. */
function parameter(disposition: string, name: string): string | undefined {
  const pattern = new RegExp(`;\\s*${name}=(?:"((?:\\\\"|[^"])*)"|([^;\\s"]+))`, "i");
  const [, in_quotes, plain] = pattern.exec(disposition) ?? [];
  return in_quotes?.replaceAll('\\"', '"') ?? plain;
}

function without_path(filename: string): string {
  return filename.slice(Math.max(filename.lastIndexOf("/"), filename.lastIndexOf("\\")) + 1);
}

/** RFC 2046, section 5.1.1: 1 to 70 characters. */
function parse_boundary(content_type: string): string {
  const [, in_quotes, plain] = /;\s*boundary=(?:"([^"]+)"|([^;\s"]+))/i.exec(content_type) ?? [];
  const boundary = in_quotes ?? plain ?? "";
  if (!/^[\w'()+,./:=? -]{1,70}$/.test(boundary)) throw malformed_post();
  return boundary;
}

function decode_utf8(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed_post();
  }
}
