/** A multipart form with one file in one field. */
import multipart_body_parser from "@middy/http-multipart-body-parser";
import { problem } from "@photo-uploader/layer";
import { type MultipartRequest, multipart_guard } from "./multipart_guard.ts";
import { FORM_LIMITS, type FormPart } from "./multipart_structure.ts";
import type { BodyKind, HttpEvent } from "./pipeline.ts";

export interface UploadedFile {
  /** The file name as the client had it, decoded but not cleaned; empty if it sent none. */
  readonly name: string;
  /** The part's Content-Type as sent. What the bytes are is for the bytes to say. */
  readonly declared_type: string | undefined;
  readonly bytes: Buffer;
}

/** The file of each event: Middy keeps what a body was parsed into in `event.body`, whose type says text. */
const files = new WeakMap<object, UploadedFile>();

/**
 * The one file of the form, which must be in `field`. Text fields beside it are ignored, since some clients add them;
 * a second file is refused, so that none is lost without a word.
 *
 * @throws Problem those of the guard, `missing_file`, `too_many_files`, `empty_file` (400)
 */
export const multipart_body = ({ field }: { readonly field: string }): BodyKind<UploadedFile> => ({
  middleware: [multipart_guard(), multipart_parser(), multipart_file(field)],
  read: (event) => {
    const file = files.get(event);
    if (file === undefined) throw new Error("The middleware of this body kind has not run.");
    return file;
  },
});

/** The hook is written as a method: Middy's types ask for a whole event, the parser reads only this of one. */
interface MultipartParser {
  before?(request: MultipartRequest): unknown;
}

const multipart_parser = (): MultipartParser =>
  multipart_body_parser<HttpEvent>({
    // The guard has checked it, and lets boundaries through that this check does not know.
    disableContentTypeCheck: true,
    busboy: {
      // A part that is not a file would be decoded as text, and image bytes would not survive that.
      isPartAFile: () => true,
      // Wider than the guard's, because busboy drops in silence what exceeds them.
      limits: {
        parts: FORM_LIMITS.parts + 1,
        files: FORM_LIMITS.parts + 1,
        headerPairs: FORM_LIMITS.headers + 1,
        fieldNameSize: FORM_LIMITS.header_bytes,
      },
    },
  });

/** Takes the bytes from the parser, and name and type from the guard, since busboy alters names. */
const multipart_file = (field: string) => {
  const multipart_file_before = ({ event, internal }: MultipartRequest): void => {
    const { filename = "", declared_type, size } = choose_file(internal.form_parts ?? [], field);
    const bytes = content_of(event.body, field);
    if (bytes?.length !== size) {
      throw new Error(`The multipart parser read ${bytes?.length} bytes where the guard saw ${size}.`);
    }
    files.set(event, { name: filename, declared_type, bytes });
  };
  return { before: multipart_file_before };
};

/** The bytes of one part of what Middy's parser has made. A schema would add 14 KB to the largest bundles. */
function content_of(form: unknown, field: string): Buffer | undefined {
  if (typeof form !== "object" || form === null) return undefined;
  const part: unknown = Reflect.get(form, field);
  if (typeof part !== "object" || part === null || !("content" in part)) return undefined;
  return Buffer.isBuffer(part.content) ? part.content : undefined;
}

function choose_file(parts: readonly FormPart[], field: string): FormPart {
  const [chosen, ...others] = parts.filter(({ name }) => name === field);
  if (chosen === undefined) {
    const found = parts.map(({ name }) => JSON.stringify(name)).join(", ");
    throw problem(
      "missing_file",
      `The form has no field "${field}"; it has ${found === "" ? "no fields" : found}. Send the file as "${field}".`,
      { errors: [{ field, message: "The file is missing." }] },
    );
  }
  const surplus = [...others, ...parts.filter((part) => part.name !== field && is_file(part))];
  if (surplus.length > 0) {
    throw problem("too_many_files", `Send one file for each request, in the field "${field}".`, {
      errors: surplus.map(({ name }) => ({ field: name, message: "This is one more file." })),
    });
  }
  if (chosen.size === 0) {
    throw problem("empty_file", "The file has no bytes. Choose a file that has content.", {
      errors: [{ field, message: "The file is empty." }],
    });
  }
  return chosen;
}

/** A file has a file name, or else a type that is not of text. A file input in which nothing was chosen is neither. */
const is_file = ({ filename, declared_type, size }: FormPart): boolean =>
  filename === undefined
    ? declared_type !== undefined && !/^(?:text\/|application\/json)/i.test(declared_type)
    : filename !== "" || size > 0;
