/** Walks a user's photos from the newest back in time, over a storage that lists in ascending order only. */
import { timestamp } from "@photo-uploader/layer";

/** A photo as S3 lists it. */
export interface StoredPhoto {
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
}

/** One page of a listing: ascending in the order of UTF-8 bytes, at most 1,000 photos. */
export interface Page {
  readonly photos: readonly StoredPhoto[];
  /** Where the next page begins; absent at the end of the listing. */
  readonly next?: string;
}

/** Lists the photos whose filename comes after `after`. */
export type ListPage = (after: string) => Promise<Page>;

/** The first window back in time. */
const FIRST_WINDOW_MS = 3_600_000;

/** What a window should hold, so that it rarely needs a second page of 1,000. */
const WANTED_PHOTOS = 700;

/** The most by which a window grows at once, as after one that was empty. */
const GROWTH = 8;

/**
 * Yields every photo older than `before`, newest first, in runs.
 *
 * Filenames sort by time, so what is newest is found by asking for what comes after an earlier moment. The window
 * back to that moment grows while it holds few photos and shrinks where it holds more than a page. A library of up
 * to 1,000 photos costs one request, a larger one a request more and about two for each 1,000 photos that are taken
 * from the generator. Memory is two pages, and more only where over 1,000 photos share a millisecond.
 *
 * @param before a filename; undefined begins with the newest photo
 */
export async function* newest_first(
  list_page: ListPage,
  before?: string,
  now: number = Date.now(),
): AsyncGenerator<readonly StoredPhoto[], void, undefined> {
  const oldest = await list_page("");
  const floor = oldest.next;
  if (floor === undefined || covers(oldest, before)) return yield newest_of(oldest.photos, before);

  let end = before;
  let window = FIRST_WINDOW_MS;
  while (end !== floor) {
    const start_time = (end === undefined ? now : time_of(end)) - window;
    const start: string = start_time > time_of(floor) ? timestamp(new Date(start_time)) : floor;
    const page = await list_page(start);
    if (!covers(page, end) && window > 1) {
      window = narrowed(window, page);
      continue;
    }
    const run = newest_of(await rest_of_window(list_page, page, end), end);
    yield run;
    window = Math.ceil(window * Math.min(GROWTH, WANTED_PHOTOS / Math.max(run.length, 1)));
    end = start;
  }
  yield newest_of(oldest.photos);
}

/** Whether a page holds all of what comes before `end`. */
const covers = (page: Page, end: string | undefined): boolean =>
  page.next === undefined || (end !== undefined && compare(page.next, end) >= 0);

const newest_of = (photos: readonly StoredPhoto[], end?: string): readonly StoredPhoto[] =>
  photos.filter(({ filename }) => end === undefined || compare(filename, end) < 0).reverse();

/** A window that holds more than a page is narrowed to the time in which this page's photos came, or to a half. */
function narrowed(window: number, { photos }: Page): number {
  const first = photos[0];
  const last = photos.at(-1);
  const span = first && last ? time_of(last.filename) - time_of(first.filename) : window;
  return Math.max(1, Math.floor(Math.min(window / 2, (span * WANTED_PHOTOS) / photos.length)));
}

/** Follows the pages of a window that cannot be narrowed. */
async function rest_of_window(
  list_page: ListPage,
  first: Page,
  end: string | undefined,
): Promise<readonly StoredPhoto[]> {
  const photos = [...first.photos];
  for (let page = first; page.next !== undefined && !covers(page, end); ) {
    page = await list_page(page.next);
    photos.push(...page.photos);
  }
  return photos;
}

/** The order of S3's listings; JavaScript's own order of strings differs beyond the Basic Multilingual Plane. */
const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The time at the head of a filename, or of a timestamp alone, in milliseconds. */
function time_of(filename: string): number {
  const [, year, month, day, hour, minute, second, ms] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(filename) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
}
