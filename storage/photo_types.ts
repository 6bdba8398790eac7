/** The kinds of photos that are stored, by their MIME types. */

/**
 * What cameras, phones and browsers make of a photo. SVG and HTML are documents that run scripts, PSD and XCF are
 * an editor's files, ICO and ICNS are not photos: none of them is stored.
 */
export const PHOTO_TYPES: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/apng",
  "image/gif",
  "image/webp",
  "image/avif",
  "image/heic",
  "image/heic-sequence",
  "image/heif",
  "image/heif-sequence",
  "image/jxl",
  "image/jp2",
  "image/tiff",
  "image/bmp",
  "image/x-adobe-dng",
  "image/x-canon-cr2",
  "image/x-canon-cr3",
  "image/x-fujifilm-raf",
  "image/x-nikon-nef",
  "image/x-olympus-orf",
  "image/x-panasonic-rw2",
  "image/x-sony-arw",
]);
