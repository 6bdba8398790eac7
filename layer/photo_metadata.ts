/** What is known of a photo when it is written, and stays with it in its metadata. */

/** S3 takes 2 KB of user metadata in all; this leaves room for the rest, and for the names of the fields. */
const ORIGINAL_NAME_CHARACTERS = 1_536;

/** By the names of its fields; in ASCII. */
export type PhotoMetadata = Readonly<Record<string, string>>;

/** What a photo says of itself, as far as it is known. */
export interface PhotoDetails {
  /**
   * When it was taken, by the clock of the place: `YYYY-MM-DDThh:mm:ss`, and `Z` or `±hh:mm` behind it only where it is
   * known which clock that was.
   */
  readonly taken_at?: string | undefined;
  /** Pixels, as it is to be shown: of a camera held upright it is the shorter side. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/** What was found out from a photo's bytes, or is known of it from elsewhere. */
export interface PhotoFacts extends PhotoDetails {
  /** Of its bytes: 64 lower-case hexadecimal digits; undefined where duplicates are not looked for. */
  readonly sha256?: string | undefined;
}

/** @param origin of which upload it is, where that is to be told */
export const photo_metadata = (
  original_name: string,
  { sha256, taken_at, width, height }: PhotoFacts = {},
  origin?: string,
): PhotoMetadata => ({
  "original-name": encoded_name(original_name),
  ...(origin !== undefined && { "upload-id": origin }),
  ...(sha256 !== undefined && { sha256 }),
  ...(taken_at !== undefined && { "taken-at": taken_at }),
  ...(width !== undefined && { width: String(width) }),
  ...(height !== undefined && { height: String(height) }),
});

/** A photo that is there. */
export interface PresentPhoto extends PhotoDetails {
  /** The `upload-id` of its metadata; undefined where it has none. */
  readonly origin: string | undefined;
  /** Of its bytes; undefined where duplicates were not looked for when it was written. */
  readonly sha256?: string | undefined;
  /** Bytes. */
  readonly size: number;
  readonly content_type: string;
}

/** What S3 answers to HeadObject, as far as it matters here. */
interface ObjectHead {
  readonly Metadata?: Readonly<Record<string, string>> | undefined;
  readonly ContentLength?: number | undefined;
  readonly ContentType?: string | undefined;
}

export const present_photo = ({
  Metadata = {},
  ContentLength: size = 0,
  ContentType: content_type = "",
}: ObjectHead): PresentPhoto => ({
  origin: Metadata["upload-id"],
  sha256: Metadata.sha256,
  taken_at: LOCAL_TIME.exec(Metadata["taken-at"] ?? "")?.[0],
  width: pixels(Metadata.width),
  height: pixels(Metadata.height),
  size,
  content_type,
});

/** What others may have written into the bucket is left out. */
const LOCAL_TIME = /^\d{4}(?:-\d\d){2}T\d\d(?::\d\d){2}(?:Z|[+-]\d\d:\d\d)?$/;

const pixels = (text = ""): number | undefined => (/^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined);

/**
 * The name exactly as the client sent it, in ASCII as metadata must be. Of one that would not fit the end is kept: in a
 * path that is the name of the file.
 */
export function encoded_name(name: string): string {
  const kept: string[] = [];
  let length = 0;
  for (const character of [...name.toWellFormed()].reverse()) {
    const encoded = encodeURIComponent(character);
    length += encoded.length;
    if (length > ORIGINAL_NAME_CHARACTERS) break;
    kept.push(encoded);
  }
  return kept.reverse().join("");
}
