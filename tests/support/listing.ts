/** Listings as S3 gives them, of photos that are only names. */
import type { ListPage, Named } from "../../storage/newest_first.ts";

/** In the order of UTF-8 bytes, which is not that of UTF-16 units. */
export const in_utf8_order = (names: readonly string[]): string[] =>
  names.every(is_ascii)
    ? [...names].sort()
    : names
        .map((name) => Buffer.from(name))
        .sort(Buffer.compare)
        .map((bytes) => bytes.toString());

/** In ASCII the two orders are one, and 100,000 names are sorted at once. */
const is_ascii = (name: string): boolean => Buffer.byteLength(name) === name.length;

export interface Listing {
  readonly list_page: ListPage<Named>;
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
  const hidden = new Set(others);
  let requests = 0;
  return {
    list_page: async (after) => {
      requests += 1;
      const first = first_above(names, after);
      const page = names.slice(first, first + page_size);
      const last = page.at(-1);
      return {
        photos: page.filter((name) => !hidden.has(name)).map((filename) => ({ filename })),
        ...(first + page_size < names.length && last !== undefined && { next: last }),
      };
    },
    requests: () => requests,
  };
}

/** By halving, as 100,000 names are searched hundreds of times. */
function first_above(names: readonly string[], after: string): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.compare(Buffer.from(names[middle] ?? ""), Buffer.from(after)) > 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
