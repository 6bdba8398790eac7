/** What an archive may cost. Every limit has a default, and is enforced against what is there, not what is claimed. */

export interface ArchiveLimits {
  /** Entries in the directory, directories and platform files among them. */
  readonly entries: number;
  /** Bytes of the central directory. It is held in memory as a whole. */
  readonly directory_bytes: number;
  /** Bytes of one entry once inflated. */
  readonly entry_bytes: number;
  /** Bytes of all entries once inflated. */
  readonly total_bytes: number;
  /** Inflated bytes per compressed byte. DEFLATE cannot exceed 1032; photos stay below 2, text below 20. */
  readonly ratio: number;
  /** Entries up to this size may have any ratio: a small blank image compresses very well, and costs nothing. */
  readonly ratio_free_bytes: number;
  /** Inflated bytes of all entries per byte of the archive. */
  readonly total_ratio: number;
  /** Up to so many inflated bytes in all, the archive may have any ratio. */
  readonly total_ratio_free_bytes: number;
  /** Bytes of one name, as it is in the directory and as UTF-8. 1,024 is the longest key that S3 takes. */
  readonly name_bytes: number;
}

/** For an archive that comes as a request body, which Lambda caps at about 4.5 MB. */
export const default_limits: ArchiveLimits = {
  entries: 2_000,
  directory_bytes: 2 * 1024 * 1024,
  entry_bytes: 50_000_000,
  total_bytes: 100_000_000,
  ratio: 200,
  ratio_free_bytes: 1024 * 1024,
  total_ratio: 20,
  total_ratio_free_bytes: 100_000_000,
  name_bytes: 1_024,
};

/** For an archive in an object storage, of which no more is in memory than what is being read. */
export const large_limits: ArchiveLimits = {
  ...default_limits,
  entries: 100_000,
  directory_bytes: 32 * 1024 * 1024,
  entry_bytes: 5 * 1024 ** 3,
  total_bytes: 50 * 1024 ** 3,
};

/** @throws RangeError for a limit that is not a number of zero or more: comparing with NaN would switch it off. */
export function resolve_limits(limits: Partial<ArchiveLimits> = {}): ArchiveLimits {
  const resolved = { ...default_limits, ...limits };
  for (const [name, value] of Object.entries(resolved)) {
    if (!(value >= 0)) throw new RangeError(`the limit ${name} must be a number of zero or more`);
  }
  return resolved;
}
