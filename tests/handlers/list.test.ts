import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { photo_filename, photo_key, user_prefix } from "../../layer/photo_keys.ts";
import { photo_metadata } from "../../layer/photo_metadata.ts";
import type { HttpAnswer, Reply } from "../../middleware/reply.ts";
import { http_answer } from "../../middleware/reply.ts";
import { type ListRequest, type ListResponse, list_response } from "../../schemas/list.ts";
import { cursors } from "../../storage/cursor.ts";
import { read_answer, read_problem } from "../support/answers.ts";
import { caught_problem } from "../support/caught.ts";
import { http_event, json_event, lambda_context } from "../support/http_event.ts";
import { watched } from "../support/interrupted.ts";
import { in_utf8_order } from "../support/listing.ts";
import { BUCKET, client_for, function_environment, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { type ScriptedAnswer, s3_error, scripted_server } from "../support/scripted_server.ts";

const { url, store, put, close } = await start_photo_storage();
const environment = function_environment(url);
Object.assign(process.env, environment);
const { handler, list } = await import("../../handlers/list.ts");

quiet();
afterAll(close);

const listing_of = (body: unknown, username: unknown = "ann"): Promise<HttpAnswer> =>
  handler(json_event(body, { route: "POST /list", username }), lambda_context());

const page_of = async (body: unknown, username?: unknown): Promise<ListResponse> =>
  read_answer(list_response, await listing_of(body, username));

const at = (second: number): Date => new Date(Date.UTC(2026, 10, 23, 10, 0, second));

/** Photos of a user, one a second; their filenames, newest first. */
async function stored(user: string, photos: number, name = "beach.jpg"): Promise<string[]> {
  const filenames = Array.from({ length: photos }, (_, index) => photo_filename(at(index), name));
  await Promise.all(
    filenames.map((filename, index) => put(photo_key(user, filename), "x".repeat(index + 1))),
  );
  return filenames.reverse();
}

const names_of = ({ photos }: ListResponse): string[] => photos.map(({ filename }) => filename);

describe("POST /list", () => {
  it("gives all photos of the user, newest first, with what is known of each", async () => {
    await stored("ann", 2, 'é "1".jpg');
    await stored("ann2", 1);
    expect(await page_of({})).toEqual({
      photos: [
        {
          filename: '20261123T100001000Z_é "1".jpg',
          name: 'é "1".jpg',
          size: 2,
          uploadedAt: "2026-11-23T10:00:01.000Z",
        },
        {
          filename: '20261123T100000000Z_é "1".jpg',
          name: 'é "1".jpg',
          size: 1,
          uploadedAt: "2026-11-23T10:00:00.000Z",
        },
      ],
    });
  });

  it("takes no body, an empty one and an empty object for the same", async () => {
    await stored("bob", 3);
    const request = { route: "POST /list", username: "bob" };
    const json = { "content-type": "application/json" };
    const answers = [
      await handler(http_event(request), lambda_context()),
      await handler(http_event({ ...request, body: "" }), lambda_context()),
      await handler(http_event({ ...request, headers: json }), lambda_context()),
      await listing_of({}, "bob"),
    ];
    for (const answer of answers) expect(read_answer(list_response, answer).photos).toHaveLength(3);
  });

  it("is empty for a user without photos", async () => {
    expect(await page_of({}, "nobody")).toEqual({ photos: [] });
  });

  it.each([1, 2, 3, 4, 5, 10])("walks through seven photos in pages of %i", async (limit) => {
    const user = `walker-${limit}`;
    const filenames = await stored(user, 7);
    const seen: string[] = [];
    let pages = 0;
    for (let cursor: string | undefined; pages === 0 || cursor !== undefined; pages += 1) {
      const page = await page_of({ limit, ...(cursor !== undefined && { cursor }) }, user);
      expect(page.photos.length).toBe(Math.min(limit, 7 - seen.length));
      seen.push(...names_of(page));
      cursor = page.cursor;
    }
    expect(seen).toEqual(filenames);
    expect(pages).toBe(Math.ceil(7 / limit));
  });

  it("shows what was there at the beginning once, whatever is uploaded and deleted meanwhile", async () => {
    const filenames = await stored("cleo", 6);
    const first = await page_of({ limit: 2 }, "cleo");
    await put(photo_key("cleo", photo_filename(at(500), "new.jpg")));
    const second = await page_of({ limit: 2, cursor: first.cursor }, "cleo");
    await put(photo_key("cleo", photo_filename(at(501), "newer.jpg")));
    const third = await page_of({ cursor: second.cursor }, "cleo");
    expect([...names_of(first), ...names_of(second), ...names_of(third)]).toEqual(filenames);
    expect(third).not.toHaveProperty("cursor");
  });

  it("needs no photo at the cursor any more", async () => {
    const filenames = await stored("dora", 4);
    const { cursor } = await page_of({ limit: 2 }, "dora");
    const { seal } = cursors(environment.CURSOR_KEY ?? "");
    expect(names_of(await page_of({ cursor }, "dora"))).toEqual(filenames.slice(2));
    const of_a_gap = seal("dora", {
      filename: photo_filename(new Date(at(2).getTime() - 1), "gone.jpg"),
      starts: [],
    });
    expect(names_of(await page_of({ cursor: of_a_gap }, "dora"))).toEqual(filenames.slice(2));
  });

  it("refuses a cursor of another user, a forged one and any text", async () => {
    await stored("emil", 3);
    const { cursor = "" } = await page_of({ limit: 1 }, "emil");
    expect(await page_of({ cursor }, "emil")).toHaveProperty("photos.length", 2);
    const forged = cursors("another secret of at least 32 characters").seal("emil", {
      filename: "20261123T100002000Z_a",
      starts: [],
    });
    const answers = [
      await listing_of({ cursor }, "mallory"),
      await listing_of({ cursor: forged }, "emil"),
      await listing_of({ cursor: `${cursor}x` }, "emil"),
      await listing_of({ cursor: "20261123T100002000Z_beach.jpg" }, "emil"),
    ];
    for (const answer of answers) {
      expect(read_problem(answer)).toMatchObject({ status: 400, code: "invalid_cursor" });
      expect(answer).toEqual(answers[0]);
    }
  });

  it.each([
    ["a limit of nothing", { limit: 0 }, ["limit"]],
    ["a limit that is too high", { limit: 1_001 }, ["limit"]],
    ["a limit that is no whole number", { limit: 1.5 }, ["limit"]],
    ["a limit that is text", { limit: "10" }, ["limit"]],
    ["a limit that is null", { limit: null }, ["limit"]],
    ["an empty cursor", { cursor: "" }, ["cursor"]],
    ["a cursor that is too long", { cursor: "x".repeat(4_097) }, ["cursor"]],
    ["a cursor that is no text", { cursor: 7, limit: 2 }, ["cursor"]],
    ["a time without a zone", { from: "2026-11-23T10:00:00" }, ["from"]],
    ["a day that is none", { to: "2026-02-30T10:00:00Z" }, ["to"]],
    ["a time that is a number", { from: 1_795_000_000_000, to: null }, ["from", "to"]],
    ["an empty prefix", { prefix: "" }, ["prefix"]],
    ["a prefix that is longer than a name", { prefix: "x".repeat(256) }, ["prefix"]],
    ["a field that there is not", { offset: 7 }, ["offset"]],
  ])("refuses %s and names the field", async (_, body, fields) => {
    const { status, code, errors } = read_problem(await listing_of(body));
    expect({ status, code }).toEqual({ status: 400, code: "invalid_request" });
    expect(errors?.map(({ field }) => field)).toEqual(fields);
  });

  it("refuses a request without a user", async () => {
    expect(read_problem(await listing_of({}, "")).code).toBe("unauthenticated");
  });

  it("passes over what is no photo", async () => {
    const filenames = await stored("finn", 2);
    for (const name of ["Thumbs.db", "0", "~", "20261123T100000000Z_a/b.jpg"]) await put(`finn/${name}`);
    expect(names_of(await page_of({}, "finn"))).toEqual(filenames);
  });
});

describe("filters", () => {
  const filtered = async (user: string, filters: object, limit?: number): Promise<string[]> => {
    const seen: string[] = [];
    for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
      const page = await page_of(
        { ...filters, ...(limit && { limit }), ...(cursor !== undefined && { cursor }) },
        user,
      );
      if (limit !== undefined) expect(page.photos.length).toBeLessThanOrEqual(limit);
      seen.push(...names_of(page));
      cursor = page.cursor;
    }
    return seen;
  };

  it("leave the photos of a span of time, the beginning with it and the end without, and of a name", async () => {
    const filenames = await stored("gina", 5);
    const second = (filename: string): number => Number(filename.slice(13, 15));
    const from = "2026-11-23T10:00:01.000Z";
    const to = "2026-11-23T10:00:03Z";
    expect((await filtered("gina", { from })).map(second)).toEqual([4, 3, 2, 1]);
    expect((await filtered("gina", { to })).map(second)).toEqual([2, 1, 0]);
    expect((await filtered("gina", { from, to })).map(second)).toEqual([2, 1]);
    expect((await filtered("gina", { from, to }, 1)).map(second)).toEqual([2, 1]);
    expect(await filtered("gina", { from: to, to: from })).toEqual([]);
    expect(await filtered("gina", { from, to: from })).toEqual([]);
    expect(await filtered("gina", { prefix: "bea" })).toEqual(filenames);
    expect(await filtered("gina", { prefix: "BEA" })).toEqual([]);
    expect(await filtered("gina", { prefix: "each" })).toEqual([]);
  });

  it("take a time of any zone, and the first and the last there are", async () => {
    const filenames = await stored("hugo", 3);
    const from = "2026-11-23T12:00:01+02:00";
    expect(await filtered("hugo", { from })).toEqual(filenames.slice(0, 2));
    const ever = { from: "0000-01-01T00:00:00+14:00", to: "9999-12-31T23:59:59-14:00" };
    expect(await filtered("hugo", ever)).toEqual(filenames);
  });

  it("find a name however its accents are written", async () => {
    const filenames = await stored("ida", 2, "\u00e9t\u00e9.jpg");
    expect(await filtered("ida", { prefix: "e\u0301t" })).toEqual(filenames);
  });

  it("are those of the cursor, or the cursor is refused", async () => {
    const filenames = await stored("jo", 4);
    const from = "2026-11-23T10:00:01Z";
    const { cursor } = await page_of({ from, limit: 1 }, "jo");
    const same_time = { from: "2026-11-23T11:00:01.000+01:00", cursor };
    expect(names_of(await page_of(same_time, "jo"))).toEqual(filenames.slice(1, 3));
    for (const other of [{}, { from, prefix: "b" }, { from, to: from }, { to: from }]) {
      const answer = await listing_of({ ...other, cursor }, "jo");
      expect(read_problem(answer).code).toBe("invalid_cursor");
    }
  });

  it("leave the photos that are deleted, and no others, with the time of that", async () => {
    const filenames = await stored("kim", 6);
    const [newest = "", , third = "", , fifth = "", oldest = ""] = filenames;
    const deletion = (filename: string) =>
      store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: photo_key("kim", filename) }));
    await deletion(photo_filename(at(3), "never there.jpg"));
    for (const filename of [newest, third, fifth, oldest]) await deletion(filename);
    await put(photo_key("kim", newest), "there again");
    const { photos } = await page_of({ deleted: true }, "kim");
    expect(photos.map(({ filename }) => filename)).toEqual([third, fifth, oldest]);
    for (const { size, name, uploadedAt, deletedAt } of photos) {
      expect({ name, uploadedAt }).toEqual({ name: "beach.jpg", uploadedAt: expect.any(String) });
      expect(size).toBeGreaterThan(0);
      expect(Math.abs(Date.parse(deletedAt ?? "") - Date.now())).toBeLessThan(60_000);
    }
    expect(await filtered("kim", { deleted: true }, 1)).toEqual([third, fifth, oldest]);
    expect(await filtered("kim", { deleted: true, to: "2026-11-23T10:00:01.500Z" })).toEqual([fifth, oldest]);
    const there = filenames.filter((filename) => ![third, fifth, oldest].includes(filename));
    expect(await filtered("kim", {})).toEqual(there);
    expect(await filtered("kim", { deleted: false })).toEqual(there);
    const { cursor } = await page_of({ deleted: true, limit: 1 }, "kim");
    expect(read_problem(await listing_of({ cursor }, "kim")).code).toBe("invalid_cursor");
  });

  it("give exactly the photos that fit them, newest first, in pages of any size", async () => {
    const name = fc.constantFrom("a.jpg", "ab.jpg", "b.jpg", "\u00e9.jpg", "\u{1f4f7}.jpg");
    const millisecond = fc.integer({ min: 0, max: 30 });
    const library = fc.uniqueArray(fc.tuple(millisecond, name), { maxLength: 25, selector: String });
    const filters = fc.record(
      {
        from: millisecond,
        to: millisecond,
        prefix: fc.constantFrom("a", "ab", "b", "e\u0301", "\u{1f4f7}", "x"),
      },
      { requiredKeys: [] },
    );
    const time = (ms: number): Date => new Date(at(0).getTime() + ms);
    let users = 0;
    await fc.assert(
      fc.asyncProperty(
        library,
        filters,
        fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
        async (photos, { from, to, prefix }, limit) => {
          users += 1;
          const user = `user-${users}`;
          const filenames = photos.map(([ms, photo]) => photo_filename(time(ms), photo));
          await Promise.all(filenames.map((filename) => put(photo_key(user, filename))));
          const expected = photos.flatMap(([ms, photo], index) =>
            ms >= (from ?? 0) && ms < (to ?? 100) && photo.startsWith((prefix ?? "").normalize("NFC"))
              ? [filenames[index] ?? ""]
              : [],
          );
          const asked = {
            ...(from !== undefined && { from: time(from).toISOString() }),
            ...(to !== undefined && { to: time(to).toISOString() }),
            ...(prefix !== undefined && { prefix }),
          };
          expect(await filtered(user, asked, limit)).toEqual(in_utf8_order(expected).reverse());
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Lambda's limit on an answer, in bytes of JSON. */
const PAYLOAD_BYTES = 6 * 1024 * 1024;

const in_xml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

/** A storage of these photos of one user, which is nothing but its listing. */
async function listing_storage(user: string, filenames: readonly string[]) {
  const sorted = in_utf8_order(filenames);
  let requests = 0;
  const server = await scripted_server(({ url: asked }): ScriptedAnswer => {
    requests += 1;
    const query = new URL(asked, "http://storage").searchParams;
    const after = (query.get("start-after") ?? "").slice(user_prefix(user).length);
    const first = sorted.findIndex((filename) => filename > after);
    const page = first === -1 ? [] : sorted.slice(first, first + 1_000);
    const contents = page.map(
      (filename) =>
        `<Contents><Key>${in_xml(photo_key(user, filename))}</Key><Size>4400000</Size></Contents>`,
    );
    const truncated = first !== -1 && first + 1_000 < sorted.length;
    return {
      status: 200,
      headers: { "content-type": "application/xml" },
      body: `<?xml version="1.0"?><ListBucketResult><IsTruncated>${truncated}</IsTruncated>${contents.join("")}</ListBucketResult>`,
    };
  });
  const s3 = client_for(server.url);
  return {
    requests: () => requests,
    page: async (body: ListRequest): Promise<Reply> =>
      list(
        { s3, bucket: BUCKET },
        cursors("a secret of at least 32 characters"),
      )({
        username: user,
        body,
        signal: new AbortController().signal,
        deadline: Date.now() + 29_000,
      }),
    close: async () => {
      s3.destroy();
      await server.close();
    },
  };
}

describe("details", () => {
  it("come with the photos that have them, and a photo that goes meanwhile stays in the page", async () => {
    const filenames = await stored("lou", 3);
    const [newest = "", known = ""] = filenames;
    await store.s3.send(
      new PutObjectCommand({
        Bucket: BUCKET,
        Key: photo_key("lou", known),
        Body: "x",
        Metadata: photo_metadata("a.jpg", { taken_at: "2026-07-14T12:30:00", width: 3, height: 2 }),
      }),
    );
    const s3 = watched(store.s3, async (command, send) => {
      const answer = await send();
      if (command instanceof ListObjectsV2Command) {
        await store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: photo_key("lou", newest) }));
      }
      return answer;
    });
    const reply = await list(
      { s3, bucket: BUCKET },
      cursors("a secret of at least 32 characters"),
    )({
      username: "lou",
      body: { details: true },
      signal: new AbortController().signal,
      deadline: Date.now() + 29_000,
    });
    const { photos } = list_response.parse(reply.body);
    expect(photos.map(({ filename, takenAt, width, height }) => [filename, takenAt, width, height])).toEqual([
      [newest, undefined, undefined, undefined],
      [known, "2026-07-14T12:30:00", 3, 2],
      [filenames[2], undefined, undefined, undefined],
    ]);
  });

  it("are of 1,000 photos at most, and the cursor goes on", async () => {
    const filenames = Array.from({ length: 1_200 }, (_, index) =>
      photo_filename(new Date(at(0).getTime() - index * 60_000), "a.jpg"),
    );
    const storage = await listing_storage("ann", filenames);
    const first = list_response.parse((await storage.page({ details: true })).body);
    expect(names_of(first)).toEqual(filenames.slice(0, 1_000));
    const { cursor = "" } = first;
    const second = list_response.parse((await storage.page({ details: true, cursor })).body);
    await storage.close();
    expect(names_of(second)).toEqual(filenames.slice(1_000));
    expect(second.cursor).toBeUndefined();
  });

  it("are refused of deleted photos, with the field", async () => {
    const problem = read_problem(await listing_of({ details: true, deleted: true }, "lou"));
    expect(problem).toMatchObject({ code: "invalid_request", errors: [{ field: "details" }] });
    expect((await page_of({ details: false, deleted: true }, "lou")).photos).toHaveLength(1);
    expect((await page_of({ details: true, deleted: false }, "lou")).photos).toHaveLength(2);
  });
});

describe("a library that exceeds an answer", () => {
  it("is listed as far as an answer goes, and then by its cursor, each photo once", async () => {
    // A quotation mark becomes four bytes in Lambda's answer.
    const filenames = Array.from({ length: 6_000 }, (_, index) =>
      photo_filename(new Date(at(0).getTime() - index * 7_000_000), '"'.repeat(255)),
    );
    const storage = await listing_storage("ann", filenames);
    const seen: string[] = [];
    const pages: number[] = [];
    for (let cursor: string | undefined; pages.length === 0 || cursor !== undefined; ) {
      const reply = await storage.page(cursor === undefined ? {} : { cursor });
      const answer = http_answer(reply);
      expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(PAYLOAD_BYTES);
      const page = list_response.parse(reply.body);
      seen.push(...names_of(page));
      pages.push(page.photos.length);
      cursor = page.cursor;
    }
    await storage.close();
    expect(seen).toEqual(filenames);
    // The answers are full but for the last one.
    for (const photos of pages.slice(0, -1)) expect(photos).toBeGreaterThan(2_000);
  });

  it("is listed to the limit where there is one", async () => {
    const filenames = Array.from({ length: 2_500 }, (_, index) =>
      photo_filename(new Date(at(0).getTime() - index * 60_000), "a.jpg"),
    );
    const storage = await listing_storage("ann", filenames);
    const page = list_response.parse((await storage.page({ limit: 1_000 })).body);
    await storage.close();
    expect(names_of(page)).toEqual(filenames.slice(0, 1_000));
    expect(page.cursor).toBeDefined();
  });
});

describe("a name that few photos have, in a library of 50,000", () => {
  it("is looked for in 20,000 photos a page, and no photo is passed over", async () => {
    const filenames = Array.from({ length: 50_000 }, (_, index) =>
      photo_filename(
        new Date(at(0).getTime() - index * 60_000),
        index % 45_000 === 100 ? "rare.jpg" : "often.jpg",
      ),
    );
    const storage = await listing_storage("ann", filenames);
    const pages: string[][] = [];
    const costs: number[] = [];
    for (let cursor: string | undefined; pages.length === 0 || cursor !== undefined; ) {
      const before = storage.requests();
      const filters = { prefix: "rare", ...(cursor !== undefined && { cursor }) };
      const page = list_response.parse((await storage.page(filters)).body);
      pages.push(names_of(page));
      costs.push(storage.requests() - before);
      cursor = page.cursor;
    }
    await storage.close();
    expect(pages).toEqual([[filenames[100]], [], [filenames[45_100]]]);
    // Two for each 1,000 photos, and the search for the newest.
    for (const requests of costs) expect(requests).toBeLessThanOrEqual(2 * 20 + 20);
  });

  it("is not looked for any more when there are as many as were asked for", async () => {
    const filenames = Array.from({ length: 30_000 }, (_, index) =>
      photo_filename(new Date(at(0).getTime() - index * 60_000), index < 50 ? "rare.jpg" : "often.jpg"),
    );
    const costs: number[] = [];
    for (const prefix of ["rare", ""]) {
      const storage = await listing_storage("ann", filenames);
      const page = list_response.parse((await storage.page({ limit: 50, prefix })).body);
      await storage.close();
      expect(names_of(page)).toEqual(filenames.slice(0, 50));
      expect(page.cursor).toBeDefined();
      costs.push(storage.requests());
    }
    expect(costs[0]).toBe(costs[1]);
  });

  it("is not looked for outside of the span of time that is asked for", async () => {
    const filenames = Array.from({ length: 50_000 }, (_, index) =>
      photo_filename(new Date(at(0).getTime() - index * 60_000), "often.jpg"),
    );
    const storage = await listing_storage("ann", filenames);
    const to = new Date(at(0).getTime() - 30_000 * 60_000);
    const from = new Date(to.getTime() - 500 * 60_000);
    const reply = await storage.page({ from: from.toISOString(), to: to.toISOString() });
    await storage.close();
    expect(names_of(list_response.parse(reply.body))).toEqual(filenames.slice(30_001, 30_501));
    expect(storage.requests()).toBe(1);
  });
});

describe("what is left of photos whose last version has expired", () => {
  it("is not listed, and counts for what a request looks at", async () => {
    const server = await scripted_server(({ url: asked }) => markers_page(asked));
    const s3 = client_for(server.url, { maxAttempts: 1 });
    const { open, seal } = cursors("a secret of at least 32 characters");
    const request = {
      username: "ann",
      body: { deleted: true },
      signal: AbortSignal.timeout(29_000),
      deadline: 0,
    };
    const answer = await list({ s3, bucket: BUCKET }, { open, seal })(request);
    const requests = server.requests.length;
    s3.destroy();
    await server.close();
    const page = list_response.parse(answer.body);
    expect(page.photos).toEqual([]);
    expect(page.cursor).toBeDefined();
    expect(requests).toBeLessThanOrEqual(2 * 20 + 20);
  });
});

/** A thousand delete markers, a minute apart, from the key on that is asked for; there are 60,000. */
function markers_page(asked: string): ScriptedAnswer {
  const marker = new URL(asked, "http://s3").searchParams.get("key-marker") ?? "";
  const begin = new Date(at(0).getTime() - 60_000 * 60_000);
  const after = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/.exec(marker);
  const [, year, month, day, hour, minute, second] = after?.map(Number) ?? [];
  const from =
    year === undefined
      ? 0
      : (Date.UTC(year, (month ?? 1) - 1, day, hour, minute, second) - begin.getTime()) / 60_000 + 0.5;
  const first = Math.max(0, Math.ceil(from));
  const keys = Array.from({ length: Math.max(0, Math.min(1_000, 60_000 - first)) }, (_, index) =>
    photo_key("ann", photo_filename(new Date(begin.getTime() + (first + index) * 60_000), "a.jpg")),
  );
  const more = first + keys.length < 60_000;
  const entries = keys.map(
    (key) =>
      `<DeleteMarker><Key>${key}</Key><VersionId>v</VersionId><IsLatest>true</IsLatest>` +
      `<LastModified>2026-11-23T10:00:00.000Z</LastModified></DeleteMarker>`,
  );
  const next = more
    ? `<NextKeyMarker>${keys.at(-1)}</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>`
    : "";
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0"?><ListVersionsResult><IsTruncated>${more}</IsTruncated>${next}${entries.join("")}</ListVersionsResult>`,
  };
}

describe("a storage that fails", () => {
  it("is told as a problem", async () => {
    const server = await scripted_server(() => s3_error(403, "AccessDenied"));
    const s3 = client_for(server.url, { maxAttempts: 1 });
    const { open, seal } = cursors("a secret of at least 32 characters");
    const request = {
      username: "ann",
      body: {},
      signal: new AbortController().signal,
      deadline: Date.now() + 29_000,
    };
    const refusal = await caught_problem(() => list({ s3, bucket: BUCKET }, { open, seal })(request));
    await server.close();
    expect(refusal.code).toBe("storage_refused");
  });
});
