/** Many photos in one request: deleted, and restored. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deletion_outcomes } from "../../schemas/delete.ts";
import { photo_restored, restoration_outcomes } from "../../schemas/restore.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { read, read_problem } from "./client.ts";
import { new_session, type Session } from "./session.ts";
import { start_test_stack, type TestStack } from "./stack.ts";
import { type Storage, stamp, storage_of } from "./storage.ts";

let stack: TestStack;
let storage: Storage;
beforeAll(async () => {
  stack = await start_test_stack();
  storage = storage_of(stack);
});
afterAll(async () => {
  storage.close();
  await stack.close();
});

/** Photos of a user, one a second; their filenames, oldest first. */
async function stored({ sub }: Session, photos: number): Promise<string[]> {
  const start = Date.parse("2026-11-01T00:00:00Z");
  const filenames = Array.from({ length: photos }, (_, at) => `${stamp(start + at * 1_000)}_photo ${at}.jpg`);
  await storage.put_all(
    filenames.map((filename) => `${sub}/${filename}`),
    Buffer.from([1]),
  );
  return filenames;
}

const listed = async (session: Session): Promise<string[]> =>
  (await session.list()).photos.map(({ filename }) => filename).reverse();

const deletion = async (session: Session, files: readonly string[]) =>
  read(await session.json("/delete", { files }), 200, deletion_outcomes).outcomes;

describe("a deletion of many photos", () => {
  it("of 1,000 with some that are not there says so of each, and leaves another user's alone", async () => {
    const [ann, bob] = [await new_session(stack, "ann"), await new_session(stack, "bob")];
    const photos = await stored(ann, 980);
    const foreign = await stored(bob, 990);
    // Bob's have the same names as Ann's, but for the last ten.
    const missing = [
      ...foreign.slice(980),
      "no filename",
      `${bob.sub}/${foreign[0]}`,
      `../${bob.sub}/${foreign[1]}`,
    ];
    const asked = [
      ...photos.slice(0, 500),
      ...missing,
      ...photos.slice(500, 979),
      "%2e%2e",
      "*",
      "/",
      "a",
      "b",
      "c",
      "d",
      "e",
    ];
    expect(asked).toHaveLength(1_000);
    expect(await deletion(ann, asked)).toEqual(
      asked.map((file) => ({ file, outcome: photos.includes(file) ? "deleted" : "not_found" })),
    );
    expect(await listed(ann)).toEqual(photos.slice(979));
    expect(await listed(bob)).toEqual(foreign);
    const again = await deletion(ann, photos.slice(0, 3));
    expect(again.map(({ outcome }) => outcome)).toEqual(["not_found", "not_found", "not_found"]);
  });

  it("that are sent by two at once are each deleted for one of them", async () => {
    const session = await new_session(stack, "twice");
    const photos = await stored(session, 100);
    const both = await Promise.all([deletion(session, photos), deletion(session, photos.toReversed())]);
    const outcomes = photos.map((file) => both.map((one) => one.find((each) => each.file === file)?.outcome));
    for (const pair of outcomes) expect(pair.toSorted()).toEqual(["deleted", "not_found"]);
    expect(await listed(session)).toEqual([]);
  });

  it("takes neither more than 1,000, nor none, nor one twice", async () => {
    const session = await new_session(stack, "wrong");
    for (const files of [Array.from({ length: 1_001 }, (_, at) => `${at}`), [], ["a", "a"]]) {
      read_problem(await session.json("/delete", { files }), 400, "invalid_request", "files");
    }
  });
});

const restoration = async (session: Session, files: readonly string[]) =>
  read(await session.json("/restore", { files }), 200, restoration_outcomes).outcomes;

const deleted = async (session: Session): Promise<string[]> =>
  (await session.list({ deleted: true })).photos.map(({ filename }) => filename).reverse();

describe("a photo that was deleted", () => {
  it("is restored as it was: its bytes, its type, its name, its place in the list", async () => {
    const session = await new_session(stack, "restorer");
    const before = await session.upload(jpeg_of(5_000), "before.jpg");
    const photo = await session.upload(jpeg_of(7_000), 'Größe "XL" 100%+?.jpg');
    const behind = await session.upload(jpeg_of(6_000), "behind.jpg");
    const { photos } = await session.list();
    const file = photo.filename;
    const metadata = await storage.metadata(`${session.sub}/${file}`);
    expect((await session.delete(file)).status).toBe(200);
    read_problem(await session.download(file), 404, "photo_not_found");
    expect(await listed(session)).toEqual([before.filename, behind.filename]);
    const [listed_as] = (await session.list({ deleted: true })).photos;
    expect(listed_as).toMatchObject({ filename: file, name: photo.name, size: photo.size });

    const answer = await session.json("/restore", { file });
    expect(read(answer, 200, photo_restored)).toEqual({ file, outcome: "restored" });
    const download = await session.download(file);
    expect(download.bytes.equals(jpeg_of(7_000))).toBe(true);
    expect(download.headers.get("content-type")).toBe("image/jpeg");
    expect(await storage.metadata(`${session.sub}/${file}`)).toEqual(metadata);
    expect((await session.list()).photos).toEqual(photos);
    expect(await deleted(session)).toEqual([]);
  });

  it("is restored twice, by one after the other and by several at once, and then is there once", async () => {
    const session = await new_session(stack, "restorer2");
    const { filename: file } = await session.upload(jpeg_of(100));
    await session.delete(file);
    const at_once = await Promise.all(Array.from({ length: 5 }, () => session.json("/restore", { file })));
    const outcomes = at_once.map((answer) => read(answer, 200, photo_restored).outcome);
    expect(outcomes.toSorted()).toEqual([...Array.from({ length: 4 }, () => "not_deleted"), "restored"]);
    const again = await session.json("/restore", { file });
    expect(read(again, 200, photo_restored).outcome).toBe("not_deleted");
    expect(await listed(session)).toEqual([file]);
    expect((await session.delete(file)).status).toBe(200);
    expect((await restoration(session, [file]))[0]?.outcome).toBe("restored");
  });

  it("is there, and not restored, where it was uploaded again shortly after", async () => {
    const session = await new_session(stack, "again");
    const first = await session.upload(jpeg_of(900), "same.jpg");
    await session.delete(first.filename);
    const second = await session.upload(jpeg_of(900), "other name.jpg");
    // Within a quarter of an hour its claim is as good as new (docs/decisions/0024-duplicates.md).
    expect(second.filename).toBe(first.filename);
    expect((await restoration(session, [first.filename]))[0]?.outcome).toBe("not_deleted");
    expect(await listed(session)).toEqual([first.filename]);
  });

  it("is restored by its own user alone", async () => {
    const [ann, bob] = [await new_session(stack, "owner"), await new_session(stack, "stranger")];
    const { filename: file } = await ann.upload(jpeg_of(100));
    await ann.delete(file);
    for (const way of [file, `${ann.sub}/${file}`, `../${ann.sub}/${file}`]) {
      read_problem(await bob.json("/restore", { file: way }), 404, "photo_not_found");
    }
    expect(await deleted(bob)).toEqual([]);
    expect(await storage.keys(bob.sub)).toEqual([]);
    expect(await listed(ann)).toEqual([]);
    expect(await deleted(ann)).toEqual([file]);
  });

  it("may be one of 1,000, each of which has its outcome", async () => {
    const session = await new_session(stack, "restorer3");
    const photos = await stored(session, 990);
    await deletion(session, photos.slice(0, 980));
    expect(await deleted(session)).toEqual(photos.slice(0, 980));
    const missing = Array.from({ length: 10 }, (_, at) => `${stamp(at)}_never there.jpg`);
    const asked = [...photos, ...missing];
    expect(await restoration(session, asked)).toEqual(
      asked.map((file, at) => ({
        file,
        outcome: at < 980 ? "restored" : at < 990 ? "not_deleted" : "not_found",
      })),
    );
    expect(await listed(session)).toEqual(photos);
  });

  it("is listed with the filters that others are, and in pages", async () => {
    const session = await new_session(stack, "filtered");
    const photos = await stored(session, 30);
    await deletion(
      session,
      photos.filter((_, at) => at % 2 === 0),
    );
    const gone = photos.filter((_, at) => at % 2 === 0).reverse();
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await session.list({ deleted: true, limit: 4, ...(cursor && { cursor }) });
      seen.push(...page.photos.map(({ filename }) => filename));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(gone);
    const filtered = await session.list({ deleted: true, prefix: "photo 2", from: "2026-11-01T00:00:03Z" });
    expect(filtered.photos.map(({ name }) => name)).toEqual(
      ["28", "26", "24", "22", "20"].map((at) => `photo ${at}.jpg`),
    );
  });
});
