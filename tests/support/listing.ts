/** Listings as S3 gives them, of photos that are only names. */
import { parse_filename } from "../../layer/photo_keys.ts";
import type { ListPage } from "../../storage/newest_first.ts";

/** In the order of UTF-8 bytes, which differs from that of UTF-16 units. */
export const in_utf8_order = (names: readonly string[]): string[] =>
  names
    .map((name) => Buffer.from(name))
    .sort(Buffer.compare)
    .map((bytes) => bytes.toString());

export interface Listing {
  readonly list_page: ListPage;
  /** How many pages have been asked for. */
  requests(): number;
}

/**
 * Lists photos by pages.
 *
 * @param others names of other objects beside them, which count for a page but are not shown
 */
export function listing(
  filenames: readonly string[],
  page_size = 1_000,
  others: readonly string[] = [],
): Listing {
  const names = in_utf8_order([...new Set([...filenames, ...others])]);
  const keys = names.map((name) => Buffer.from(name));
  let requests = 0;
  return {
    list_page: async (after) => {
      requests += 1;
      const first = first_above(keys, Buffer.from(after));
      const page = names.slice(first, first + page_size);
      const last = page.at(-1);
      return {
        photos: page.filter(parse_filename).map((filename) => ({ filename, size: 1 })),
        ...(first + page_size < names.length && last !== undefined && { next: last }),
      };
    },
    requests: () => requests,
  };
}

/** By halving, as 100,000 names are searched thousands of times. */
function first_above(keys: readonly Buffer[], after: Buffer): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.compare(keys[middle] ?? after, after) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
