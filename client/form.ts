/** A multipart form (RFC 7578) as one Blob: it can be sent again, and its length is known. */

export interface Form {
  readonly type: string;
  readonly body: Blob;
  /** Of the form's bytes, how many are the file's, when so many of the form have gone. */
  file_bytes(sent: number): number;
}

/** The file stands behind the texts, which S3 wants so. */
export function form_of(
  texts: Readonly<Record<string, string>>,
  field: string,
  file: Blob,
  file_name: string,
): Form {
  const boundary = `photo-uploader-${random_text()}`;
  const parts = Object.entries(texts).map(
    ([name, text]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${text}\r\n`,
  );
  const head = new Blob([
    ...parts,
    `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(field)}"; filename="${quoted(file_name)}"\r\n`,
    "Content-Type: application/octet-stream\r\n\r\n",
  ]);
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: new Blob([head, file, `\r\n--${boundary}--\r\n`]),
    file_bytes: (sent) => Math.min(file.size, Math.max(0, sent - head.size)),
  };
}

/** As browsers write the names of a form: HTML, "multipart/form-data encoding algorithm". */
const quoted = (name: string): string => name.replace(/["\r\n]/g, encodeURIComponent);

/** `randomUUID` is there in secure contexts alone. */
const random_text = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
