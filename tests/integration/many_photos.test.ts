/** Many photos in one request: deleted, and restored. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deletion_outcomes } from "../../schemas/delete.ts";
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
