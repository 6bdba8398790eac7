/** Libraries of photos that are listed: names and times alone, put straight into the catalog of the laptop's S3. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { photo_filename } from "../../layer/photo_keys.ts";
import { Catalog } from "../../local/s3/catalog.ts";
import { BUCKET } from "../end_to_end/account.ts";

const DAY = 86_400_000;

/** The newest photo of every library is a day older than this. */
export const NOW = Date.parse("2026-11-23T12:00:00Z");
const YEARS = 10;

export interface Library {
  readonly user: string;
  readonly title: string;
  /** Oldest first. */
  readonly filenames: readonly string[];
  /** Every how many photos one is deleted. */
  readonly deleted_every: number;
}

/** One in a thousand has another name, and one in a hundred is deleted. */
const RARE = 1_000;
const DELETED = 100;
export const RARE_PREFIX = "rare";

/** Photos at these shares of ten years, 0 the oldest. */
function library(user: string, title: string, shares: readonly number[]): Library {
  const span = YEARS * 365 * DAY;
  const filenames = shares
    .map((share) => Math.floor(NOW - DAY - (1 - share) * span))
    .sort((a, b) => a - b)
    .map((time, at) =>
      photo_filename(new Date(time), at % RARE === 7 ? `${RARE_PREFIX} ${at}.jpg` : `IMG_${at}.jpg`),
    );
  return { user, title, filenames, deleted_every: DELETED };
}

/** The same share of 1 for each index at each run, without a pattern that a search could meet by chance. */
const share_of = (index: number): number => (index * 0.618_033_988_749_895) % 1;

const evenly = (photos: number): number[] => Array.from({ length: photos }, (_, index) => share_of(index));

/** As after journeys, of 500 photos each, within a week. */
const bursts = (photos: number): number[] =>
  Array.from({ length: photos }, (_, index) => {
    const journey = share_of(index % Math.max(1, Math.floor(photos / 500)));
    return Math.min(1, journey + share_of(index) / 520);
  });

/** Smallest first, so that the peak of the process's memory tells how it grows. */
export const libraries = (sizes: readonly number[]): Library[] =>
  sizes.flatMap((size) => [
    library(`even-${size}`, `${size.toLocaleString("en")}, evenly over ten years`, evenly(size)),
    library(
      `bursts-${size}`,
      `${size.toLocaleString("en")}, in journeys of 500 photos within a week`,
      bursts(size),
    ),
  ]);

export const is_deleted = ({ deleted_every }: Library, at: number): boolean => at % deleted_every === 3;

/** Fills the folder of an S3 that is not running: a bucket with versioning, and photos that have no bytes. */
export function fill_catalog(data_dir: string, all: readonly Library[]): void {
  mkdirSync(data_dir, { recursive: true });
  const catalog = new Catalog(join(data_dir, "catalog.sqlite"));
  catalog.create_bucket(BUCKET, new Date(NOW));
  catalog.keep_versions(BUCKET);
  for (const one of all) {
    for (const [at, filename] of one.filenames.entries()) {
      const key = `${one.user}/${filename}`;
      const object = {
        key,
        size: 3_000_000 + at,
        etag: "0".repeat(32),
        modified: new Date(NOW),
        headers: {},
        checksum: { algorithm: "CRC32", type: "FULL_OBJECT", value: "AAAAAA==" },
        segments: [],
      } as const;
      catalog.put_object(
        BUCKET,
        { ...object, segments: [] },
        key,
        () => {},
        () => {},
      );
      if (is_deleted(one, at)) catalog.delete_object(BUCKET, key, () => {}, new Date(NOW));
    }
  }
  catalog.close();
}
