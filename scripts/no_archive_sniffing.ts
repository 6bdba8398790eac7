/**
 * Stands in the bundles for what the sniffing library has to look into ZIP and GZIP files, by which it tells a document
 * from an archive. `image_type` never asks it about either, and 25 KB stay out of each bundle.
 */
class NotBundled extends Error {
  override readonly name = "NotBundled";
}

export class GzipHandler {
  constructor() {
    throw new NotBundled("image_type must not ask about GZIP files");
  }
}

export const detectZip = (): never => {
  throw new NotBundled("image_type must not ask about ZIP files");
};
