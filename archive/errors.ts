/** What can be wrong with an archive or with one of its entries: one class, and a stable code for each case. */

/**
 * The archive as a whole cannot be trusted, or is larger than allowed. `open_archive` throws these before
 * anything has been extracted.
 */
export type ArchiveFault =
  /** No end record, and nothing that looks like the beginning of a ZIP. */
  | "not_a_zip"
  /** Begins as a ZIP, but the end record is missing, cut short, or not within the last 64 KB. */
  | "truncated"
  /** There is an end record, but the directory is not where, or not as long as, it says. */
  | "bad_end_record"
  /** The central directory contradicts itself, its end record, or the size of the file. */
  | "bad_directory"
  /** More than one reading of the archive is consistent, so that two readers could see different photos. */
  | "ambiguous_archive"
  /** One part of an archive that was split into several files. */
  | "split_archive"
  /** A local header is missing, or disagrees with the directory. */
  | "header_mismatch"
  /** Two entries claim the same bytes, as in overlap bombs. */
  | "overlapping_entries"
  | "too_many_entries"
  | "directory_too_large"
  /** The declared sizes of the entries that would be extracted exceed the limit on their sum. */
  | "archive_too_large"
  /** The source failed, or gave fewer bytes than asked for. `cause` has its error. */
  | "read_failed";

/** One entry cannot be extracted; the others are not affected. */
export type EntryFault =
  | "encrypted"
  /** Neither STORED (0) nor DEFLATE (8). */
  | "unsupported_method"
  /** Empty, absolute, with `.`, `..`, a drive letter, control or bidi characters, or not decodable. */
  | "unsafe_path"
  | "name_too_long"
  | "symlink"
  /** A device, FIFO or socket. */
  | "special_file"
  | "entry_too_large"
  | "ratio_too_high"
  /** Inflates to more or fewer bytes than the directory says. */
  | "size_mismatch"
  | "crc_mismatch"
  /** Not a DEFLATE stream, cut short, or followed by other bytes. */
  | "corrupt_data";

export type ArchiveErrorCode = ArchiveFault | EntryFault;

export interface ArchiveErrorDetails {
  /** Where in the source, in bytes from its beginning. */
  readonly offset?: number;
  /** The path of the entry that the error speaks of. Made by whoever made the archive: escape it. */
  readonly entry?: string;
  readonly cause?: unknown;
}

export class ArchiveError extends Error {
  readonly code: ArchiveErrorCode;
  readonly offset: number | undefined;
  readonly entry: string | undefined;

  constructor(code: ArchiveErrorCode, message: string, details: ArchiveErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "ArchiveError";
    this.code = code;
    this.offset = details.offset;
    this.entry = details.entry;
  }
}
