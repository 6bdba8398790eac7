/**
 * Stands in the bundles for `@tokenizer/inflate`, with which the sniffing library looks into ZIP and GZIP files to
 * tell a document from an archive. `image_type` never asks it about either, and 18 KB stay out of each bundle.
 */
class NotBundled extends Error {
  override readonly name = "NotBundled";
}

export class ZipHandler {
  constructor() {
    throw new NotBundled("image_type must not ask about ZIP files");
  }
}

export class GzipHandler {
  constructor() {
    throw new NotBundled("image_type must not ask about GZIP files");
  }
}

export class ZipLimitError extends NotBundled {}
