import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { photo_filename, timestamp } from "../../layer/photo_keys.ts";
import { type ListPage, type Named, newest_first } from "../../storage/newest_first.ts";
import { in_utf8_order, type Listing, listing } from "../support/listing.ts";

const NOW = Date.parse("2026-11-23T10:15:30.123Z");
const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const YEAR = 365 * DAY;

/** What the walk is to yield: all that is older than `before`, newest first. */
const expected = (filenames: readonly string[], before?: string): string[] =>
  in_utf8_order(filenames)
    .filter((filename) => before === undefined || in_utf8_order([filename, before])[0] !== before)
    .reverse();

async function walked(list_page: ListPage<Named>, before?: string, limit = Infinity): Promise<string[]> {
  const seen: string[] = [];
  for await (const { photos } of newest_first(list_page, { before, now: NOW })) {
    for (const { filename } of photos) {
      if (seen.length === limit) return seen;
      seen.push(filename);
    }
  }
  return seen;
}

/** Bursts of photos: where each begins before now, over how long it goes on, how many it has. */
const burst = fc.record({
  age: fc.oneof(
    fc.integer({ min: -DAY, max: 10 * SECOND }),
    fc.integer({ min: 0, max: DAY }),
    fc.integer({ min: 0, max: 30 * YEAR }),
  ),
  milliseconds: fc.oneof(
    fc.constant(1),
    fc.integer({ min: 1, max: 1_000 }),
    fc.integer({ min: 1, max: 2 * YEAR }),
  ),
  photos: fc.integer({ min: 1, max: 40 }),
});

/** Signs that JavaScript sorts otherwise than UTF-8 does are among the names. */
const short_name = fc.string({
  unit: fc.constantFrom("a", "é", "\uff5e", "😀", "%", "_"),
  minLength: 1,
  maxLength: 3,
});

const library: fc.Arbitrary<string[]> = fc
  .array(fc.tuple(burst, fc.array(short_name, { minLength: 1, maxLength: 5 }), fc.nat()), { maxLength: 6 })
  .map((bursts) => {
    const filenames = bursts.flatMap(([{ age, milliseconds, photos }, names, step]) =>
      Array.from({ length: photos }, (_, index) =>
        photo_filename(
          new Date(NOW - age - ((index * (step + 1)) % milliseconds)),
          `${names[index % names.length]}${index % 7}`,
        ),
      ),
    );
    return [...new Set(filenames)];
  });

const page_size = fc.constantFrom(1, 2, 3, 7, 50, 1_000);

/** Of a library: no filename, one of its own, or one that has been deleted meanwhile. */
const start_in = (filenames: readonly string[]): fc.Arbitrary<string | undefined> =>
  fc.oneof(
    fc.constant(undefined),
    ...(filenames.length > 0 ? [fc.constantFrom(...filenames)] : []),
    fc.integer({ min: -DAY, max: 40 * YEAR }).map((age) => photo_filename(new Date(NOW - age), "gone.jpg")),
  );

describe("newest_first", () => {
  it("yields every photo older than the start exactly once, newest first, for any library", async () => {
    const case_of = fc
      .tuple(library, page_size)
      .chain(([filenames, size]) => fc.tuple(fc.constant(filenames), fc.constant(size), start_in(filenames)));
    await fc.assert(
      fc.asyncProperty(case_of, async ([filenames, size, before]) => {
        const { list_page } = listing(filenames, size);
        expect(await walked(list_page, before)).toEqual(expected(filenames, before));
      }),
      { numRuns: 400 },
    );
  });

  it("shows each photo of the beginning once to a walk in pages, whatever is uploaded or deleted meanwhile", async () => {
    const walk = fc.record({
      filenames: library,
      size: page_size,
      limit: fc.integer({ min: 1, max: 30 }),
      uploads_a_page: fc.integer({ min: 0, max: 5 }),
      deletions_a_page: fc.integer({ min: 0, max: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(walk, async ({ filenames, size, limit, uploads_a_page, deletions_a_page }) => {
        const stored = new Set(filenames);
        const beginning = in_utf8_order(filenames);
        let newest = Math.max(NOW, ...beginning.slice(-1).map(time_of)) + 1;
        const seen: string[] = [];
        const deleted_unseen = new Set<string>();
        for (let before: string | undefined; ; before = seen.at(-1)) {
          const page = await walked(listing([...stored], size).list_page, before, limit);
          seen.push(...page);
          if (page.length < limit) break;
          expect(seen.length).toBeLessThanOrEqual(filenames.length);
          for (let uploads = 0; uploads < uploads_a_page; uploads += 1) {
            newest += 1;
            stored.add(photo_filename(new Date(newest), "new.jpg"));
          }
          for (const filename of [...stored].slice(0, deletions_a_page)) {
            stored.delete(filename);
            if (!seen.includes(filename)) deleted_unseen.add(filename);
          }
        }
        expect(seen).toEqual(beginning.filter((filename) => !deleted_unseen.has(filename)).reverse());
      }),
      { numRuns: 150 },
    );
  });

  it("goes on from any starts whatever, between any two ends, in pages of any size", async () => {
    const moment = fc.integer({ min: -DAY, max: 31 * YEAR }).map((age) => NOW - age);
    const walk = fc.record({
      filenames: library,
      size: page_size,
      limit: fc.integer({ min: 1, max: 30 }),
      after: fc.option(
        moment.map((at) => timestamp(new Date(at))),
        { nil: undefined },
      ),
      end: fc.option(
        moment.map((at) => timestamp(new Date(at))),
        { nil: undefined },
      ),
      others: fc.array(moment, { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(walk, async ({ filenames, size, limit, after, end, others }) => {
        const { list_page } = listing(filenames, size);
        const seen: string[] = [];
        let before = end;
        let starts: readonly number[] = others.toSorted((a, b) => a - b);
        for (let more = true; more; ) {
          more = false;
          const walk = { ...(after !== undefined && { after }), before, starts, now: NOW };
          for await (const run of newest_first(list_page, walk)) {
            const page = run.photos.slice(0, limit).map(({ filename }) => filename);
            seen.push(...page);
            expect(run.starts).toEqual(run.starts.toSorted((a, b) => a - b));
            if (page.length === 0) continue;
            ({ starts } = run);
            before = page.at(-1);
            more = true;
            break;
          }
        }
        expect(seen).toEqual(
          expected(filenames, end).filter((filename) => after === undefined || filename > after),
        );
      }),
      { numRuns: 400 },
    );
  });

  it("passes over keys that are not photos', wherever they stand", async () => {
    const foreign = fc.array(
      fc.constantFrom("0", "1999", "2026", "20261123T", "Thumbs.db", "notes.txt", "~"),
      {
        maxLength: 5,
      },
    );
    await fc.assert(
      fc.asyncProperty(library, foreign, page_size, async (filenames, others, size) => {
        const { list_page } = listing(filenames, size, others);
        expect(await walked(list_page)).toEqual(expected(filenames));
      }),
      { numRuns: 150 },
    );
  });

  it("takes more than a page of photos of one millisecond", async () => {
    const filenames = Array.from({ length: 3_500 }, (_, index) =>
      photo_filename(new Date(NOW - DAY), `${String(index).padStart(4, "0")}.jpg`),
    );
    expect(await walked(listing(filenames).list_page)).toEqual(expected(filenames));
  });

  it("reads the clock of the machine", async () => {
    const filenames = Array.from({ length: 1_500 }, (_, index) => photo_filename(new Date(index), "a.jpg"));
    const seen: string[] = [];
    for await (const { photos } of newest_first(listing(filenames).list_page)) {
      seen.push(...photos.map(({ filename }) => filename));
    }
    expect(seen).toEqual(expected(filenames));
  });

  it("fails as its listing does", async () => {
    const error = new Error("SlowDown");
    await expect(walked(async () => Promise.reject(error))).rejects.toBe(error);
  });
});

const time_of = (filename: string): number =>
  Date.parse(
    filename.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z_.*$/s, "$1-$2-$3T$4:$5:$6.$7Z"),
  );

describe("the requests that a walk costs", () => {
  it.each([0, 1, 999, 1_000])("are one for a library of %i photos", async (photos) => {
    const filenames = Array.from({ length: photos }, (_, index) =>
      photo_filename(new Date(NOW - index * DAY), "a.jpg"),
    );
    const library = listing(filenames);
    await walked(library.list_page);
    expect(library.requests()).toBe(1);
  });

  it("are one for the oldest 1,000 photos of a larger library", async () => {
    const filenames = uniform(5_000);
    const library = listing(filenames);
    await walked(library.list_page, in_utf8_order(filenames)[900]);
    expect(library.requests()).toBe(1);
  });

  it("are no more than the photos that are taken need", async () => {
    const library = listing(uniform(20_000));
    const walk = newest_first(library.list_page, { now: NOW });
    expect(library.requests()).toBe(0);
    await walk.next();
    const for_first_run = library.requests();
    await walk.return();
    expect(library.requests()).toBe(for_first_run);
  });

  const PHOTOS = 100_000;

  const named = (times: readonly number[]): string[] =>
    times.map((time, index) => `${timestamp(new Date(time))}_${index}.jpg`);

  /** The same fractions of 1 at each run, without a pattern that a walk could meet by chance. */
  const fraction = (index: number): number => (index * 0.618_033_988_749_895) % 1;

  const fractions = Array.from({ length: PHOTOS }, (_, index) => fraction(index));

  const uniform = (photos: number): string[] =>
    named(fractions.slice(0, photos).map((part) => NOW - part * 10 * YEAR));

  const burst_before = (age: number): string[] =>
    named(fractions.map((part) => NOW - age - part * 120 * SECOND));

  const distributions: Readonly<Record<string, () => string[]>> = {
    "uniform over ten years": () => uniform(PHOTOS),
    "one burst of two minutes, just now": () => burst_before(0),
    "one burst of two minutes, half an hour ago": () => burst_before(DAY / 48),
    "one burst of two minutes, yesterday": () => burst_before(DAY),
    "one burst of two minutes, a year ago": () => burst_before(YEAR),
    "one burst of two minutes ten years ago, and a photo just now": () => [
      ...burst_before(10 * YEAR),
      photo_filename(new Date(NOW - SECOND), "new.jpg"),
    ],
    "a hundred bursts of 1,000 photos": () =>
      named(fractions.map((part, index) => NOW - (index % 100) * 0.1 * YEAR - part * 60 * SECOND)),
    "fifty bursts of 2,000 photos, the last one yesterday": () =>
      named(fractions.map((part, index) => NOW - DAY - (index % 50) * 0.2 * YEAR - part * 4 * SECOND)),
    "denser towards now, from ten years to a second": () =>
      named(fractions.map((part) => NOW - 10 ** (part * 11.5))),
  };

  it.each(Object.keys(distributions))("are bounded for 100,000 photos: %s", async (name) => {
    const filenames = in_utf8_order(distributions[name]?.() ?? []);
    const library = listing(filenames);
    let counted = 0;
    const newly_counted = (): number => library.requests() - counted;

    for (const part of [1, 0.999, 0.75, 0.5, 0.25]) {
      const end = Math.floor(part * filenames.length);
      counted = library.requests();
      expect(await walked(library.list_page, filenames[end], 100)).toEqual(
        filenames.slice(end - 100, end).reverse(),
      );
      expect(newly_counted(), `100 photos, of the first ${part}`).toBeLessThanOrEqual(40);
    }

    for (const limit of [100, 1_000]) {
      const { costs, most_starts } = await paged(library, limit, 40);
      const [first = 0, ...following] = costs;
      expect(first, `the first ${limit} photos`).toBeLessThanOrEqual(40);
      expect(Math.max(...following), `${limit} photos more`).toBeLessThanOrEqual(20);
      expect(sum(following) / following.length, `${limit} photos more, on average`).toBeLessThanOrEqual(
        limit === 100 ? 2 : 8,
      );
      expect(most_starts).toBeLessThanOrEqual(64);
    }

    counted = library.requests();
    expect(await walked(library.list_page)).toHaveLength(filenames.length);
    expect(newly_counted(), "all photos").toBeLessThanOrEqual(2.5 * (filenames.length / 1_000));
  });
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** What each page of a walk costs that is told the starts of the one before it. */
async function paged({ list_page, requests }: Listing, limit: number, pages: number) {
  const costs: number[] = [];
  let most_starts = 0;
  let before: string | undefined;
  let starts: readonly number[] = [];
  for (let page = 0; page < pages; page += 1) {
    const counted = requests();
    let left = limit + 1;
    for await (const run of newest_first(list_page, { before, starts, now: NOW })) {
      ({ starts } = run);
      most_starts = Math.max(most_starts, starts.length);
      before = run.photos[Math.min(left - 1, run.photos.length) - 1]?.filename ?? before;
      left -= run.photos.length;
      if (left <= 0) break;
    }
    costs.push(requests() - counted);
  }
  return { costs, most_starts };
}
