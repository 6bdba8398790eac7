/** Walks a user's photos from the newest back in time, over a storage that lists in ascending order only. */
import { timestamp } from "@photo-uploader/layer";

/** What is needed of a photo here. */
export interface Named {
  readonly filename: string;
}

/** One page of a listing: ascending in the order of UTF-8 bytes, at most 1,000 photos. */
export interface Page<Photo extends Named> {
  readonly photos: readonly Photo[];
  /** Where the next page begins; absent at the end of the listing. */
  readonly next?: string;
}

/** Lists the photos whose filename comes after `after`. */
export type ListPage<Photo extends Named> = (after: string) => Promise<Page<Photo>>;

/** Photos that follow each other, newest first. */
export interface Run<Photo extends Named> {
  readonly photos: readonly Photo[];
  /**
   * Where a walk that goes on behind any of these photos does well to list from, in milliseconds since the epoch,
   * ascending: the beginnings of this run and of those older ones that were met on the way.
   */
  readonly starts: readonly number[];
}

/** What of the photos is walked through. */
export interface Walk {
  /** A timestamp, or a filename: what comes before it is left out, and the filename too. All, unless told. */
  readonly after?: string;
  /** A timestamp, or a filename: the walk begins with the newest photo before it, or of all. */
  readonly before?: string | undefined;
  /** Of the run that the walk before this one ended in. They save requests, and any others would do no harm. */
  readonly starts?: readonly number[];
  /** Milliseconds since the epoch. */
  readonly now?: number;
}

/** How far a leap forward goes beyond a page, in times of what the page spans, and how much each further one grows. */
const LEAP = 8;

/**
 * Yields every photo of the walk, newest first, in runs.
 *
 * Filenames sort by time, so the listing after a moment begins with the first photo since then, however long the gap.
 * From the oldest page on, ever longer leaps forward find the newest photos; the pages met on the way are kept, and
 * what lies between them is searched in the same way when its turn comes. A library of up to 1,000 photos costs one
 * request; of 100,000 photos a page has cost up to 16 where they came evenly or in bursts, and up to 32 where they come ever
 * denser; all of them cost about two for each 1,000. A walk that is told the starts of the one before it has cost at most 7
 * for 100 photos, and 1.4 to 1.7 on average.
 * Memory is the pages on the way, a few dozen at most, since every leap is at most half of what lies ahead.
 */
export async function* newest_first<Photo extends Named>(
  list_page: ListPage<Photo>,
  { after = "", before, starts = [], now = Date.now() }: Walk = {},
): AsyncGenerator<Run<Photo>, void, undefined> {
  if (before !== undefined && compare(after, before) >= 0) return;
  let end: End = { before, time: before === undefined ? now : time_of(before) };
  for (const [index, start] of [...starts.entries()].reverse()) {
    const begin = timestamp(new Date(start));
    const lies_within =
      compare(begin, after) > 0 && (end.before === undefined || compare(begin, end.before) < 0);
    if (!lies_within) continue;
    yield* newest_between(list_page, begin, end, 0, starts.slice(0, index + 1));
    end = { before: begin, time: start };
  }
  yield* newest_between(list_page, after, end, 0, []);
}

/** Where a search ends: before a filename or a timestamp, if any, and at about this time. */
interface End {
  readonly before: string | undefined;
  readonly time: number;
}

/**
 * @param least milliseconds that the first leap goes at least
 * @param starts of this search and of what is older
 */
async function* newest_between<Photo extends Named>(
  list_page: ListPage<Photo>,
  after: string,
  end: End,
  least: number,
  starts: readonly number[],
): AsyncGenerator<Run<Photo>, void, undefined> {
  const page = await list_page(after);
  const run = (photos: readonly Photo[]): Run<Photo> => ({ photos, starts });
  if (page.next === undefined || covers(page, end.before))
    return yield run(newest_of(page.photos, end.before));

  const reached = time_of(page.next);
  const leap = Math.max(least, LEAP * span_of(page.photos));
  const middle = Math.floor(Math.min(reached + leap, (reached + end.time) / 2));
  if (middle > reached) {
    const start = timestamp(new Date(middle));
    const gap = { before: start, time: middle };
    yield* newest_between(list_page, start, end, leap * LEAP, [...starts, middle]);
    yield* newest_between(list_page, page.next, gap, 0, [...starts, reached]);
  } else {
    yield run(newest_of(await the_rest(list_page, page.next, end.before), end.before));
  }
  yield run(newest_of(page.photos));
}

/** Whether a page holds all of what comes before `end`. */
const covers = (page: Page<Named>, end: string | undefined): boolean =>
  page.next === undefined || (end !== undefined && compare(page.next, end) >= 0);

const newest_of = <Photo extends Named>(photos: readonly Photo[], end?: string): readonly Photo[] =>
  photos.filter(({ filename }) => end === undefined || compare(filename, end) < 0).reverse();

/** Milliseconds from the first to the last photo, and at least one. */
function span_of(photos: readonly Named[]): number {
  const first = photos[0];
  const last = photos.at(-1);
  return first && last ? Math.max(1, time_of(last.filename) - time_of(first.filename)) : 1;
}

/** Page after page, where time is too short to be divided: more than 1,000 photos within a millisecond or two. */
async function the_rest<Photo extends Named>(
  list_page: ListPage<Photo>,
  after: string,
  before: string | undefined,
): Promise<readonly Photo[]> {
  const photos: Photo[] = [];
  for (let next: string | undefined = after; next !== undefined; ) {
    const page: Page<Photo> = await list_page(next);
    photos.push(...page.photos);
    next = covers(page, before) ? undefined : page.next;
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
