/** Two users who are apart: whatever one asks for of the other's is not there. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jpeg_of } from "../support/fixture_photos.ts";
import { comparable, read_problem } from "./client.ts";
import { new_session, type Session } from "./session.ts";
import { start_test_stack, type TestStack } from "./stack.ts";
import { type Storage, stamp, storage_of } from "./storage.ts";

let stack: TestStack;
let storage: Storage;
let alice: Session;
let bob: Session;
let photo: string;
beforeAll(async () => {
  stack = await start_test_stack();
  storage = storage_of(stack);
  [alice, bob] = await Promise.all([new_session(stack, "alice"), new_session(stack, "bob")]);
  ({ filename: photo } = await alice.upload(jpeg_of(5_000), "private.jpg"));
  await alice.upload(jpeg_of(5_000, 2), "second.jpg");
});
afterAll(async () => {
  storage.close();
  await stack.close();
});

describe("a filename", () => {
  const never_made = `${stamp(Date.now() - 1e9)}_never.jpg`;

  /** Ways to a photo of Alice's, or past the prefix of whoever asks. */
  const ways = (): readonly string[] => [
    photo,
    `${alice.sub}/${photo}`,
    `../${alice.sub}/${photo}`,
    `..%2f${alice.sub}%2f${photo}`,
    `..%252f${alice.sub}%252f${photo}`,
    `%2e%2e/${alice.sub}/${photo}`,
    `..\\${alice.sub}\\${photo}`,
    `/${alice.sub}/${photo}`,
    `//${alice.sub}/${photo}`,
    `./../${alice.sub}/${photo}`,
    `${bob.sub}/../${alice.sub}/${photo}`,
    `${photo}/../../${alice.sub}/${photo}`,
    `yourplace/${alice.sub}/${photo}`,
    `s3://yourplace/${alice.sub}/${photo}`,
    `${photo}?versionId=null`,
    `${photo}#`,
    `${photo}\0`,
    `${photo}%00.jpg`,
    ` ${photo}`,
    `${photo} `,
    photo.toLowerCase(),
    photo.replace("_", "%5F"),
    "/",
    "..",
    ".",
    "%2f",
    "*",
    "_",
    "\n",
    "x".repeat(275),
    "\u{1f600}".repeat(60),
    "20261301T000000000Z_no-such-month.jpg",
    "20260230T000000000Z_no-such-day.jpg",
  ];

  it("of another user, of nobody, with a slash, with %2f: one and the same 404", async () => {
    for (const ask of [bob.download, bob.delete]) {
      const missing = await ask(never_made);
      read_problem(missing, 404, "photo_not_found");
      for (const way of ways()) {
        expect(comparable(await ask(way)), JSON.stringify(way)).toEqual(comparable(missing));
      }
    }
    expect((await alice.download(photo)).bytes.equals(jpeg_of(5_000))).toBe(true);
    expect((await storage.keys()).filter((key) => !key.startsWith("."))).toHaveLength(2);
  });

  it("with the owner's own prefix is the same 404 for the owner", async () => {
    const missing = await alice.download(never_made);
    for (const way of ways().filter((way) => way !== photo)) {
      expect(comparable(await alice.download(way)), JSON.stringify(way)).toEqual(comparable(missing));
      expect(comparable(await alice.delete(way)), JSON.stringify(way)).toEqual(comparable(missing));
    }
    expect((await alice.download(photo)).status).toBe(200);
  });

  it("of an object that the API has not made is the same 404, and it is not listed", async () => {
    const missing = comparable(await bob.download(never_made));
    for (const name of ["readme.txt", "20260101T000000000Z_", "folder/20260101T000000000Z_x.jpg"]) {
      await storage.put(`${bob.sub}/${name}`);
      expect(comparable(await bob.download(name))).toEqual(missing);
      expect(comparable(await bob.delete(name))).toEqual(missing);
    }
    expect((await bob.list()).photos).toEqual([]);
    expect(await storage.keys(bob.sub)).toHaveLength(3);
  });
});

describe("a list", () => {
  it("shows a user's own photos and no others", async () => {
    expect((await alice.list()).photos.map(({ name }) => name)).toEqual(["second.jpg", "private.jpg"]);
    expect((await bob.list()).photos).toEqual([]);
  });

  it("does not reach users whose name begins with another's", async () => {
    const at = Date.now() - 1e6;
    await storage.put(`${bob.sub}x/${stamp(at)}_neighbour.jpg`);
    await storage.put(`${bob.sub.slice(0, -1)}/${stamp(at)}_neighbour.jpg`);
    expect((await bob.list()).photos).toEqual([]);
  });
});

describe("a cursor", () => {
  const cursor_of = async (session: Session): Promise<string> => {
    const { cursor } = await session.list({ limit: 1 });
    if (cursor === undefined) throw new Error("There is no cursor.");
    return cursor;
  };

  it("of one user is 400 for another", async () => {
    const cursor = await cursor_of(alice);
    expect((await alice.list({ cursor })).photos.map(({ name }) => name)).toEqual(["private.jpg"]);
    read_problem(await bob.json("/list", { cursor }), 400, "invalid_cursor", "cursor");
  });

  it("that was changed in any place is 400", async () => {
    const cursor = await cursor_of(alice);
    const forged = [...cursor].map((sign, at) => {
      const other = sign === "A" ? "Q" : "A";
      return cursor.slice(0, at) + other + cursor.slice(at + 1);
    });
    const others = [
      cursor.slice(1),
      cursor.slice(0, -2),
      `${cursor}.`,
      `${cursor}AAAA`,
      [...cursor].toReversed().join(""),
    ];
    // Every third position, and the ends, are enough to find a part that is not authenticated.
    for (const text of [...forged.filter((_, at) => at % 3 === 0), ...forged.slice(-4), ...others]) {
      read_problem(await alice.json("/list", { cursor: text }), 400, "invalid_cursor", "cursor");
    }
    expect((await alice.list({ cursor })).photos).toHaveLength(1);
  });

  it("reveals neither key, nor name, nor user, nor time", async () => {
    const cursor = await cursor_of(alice);
    const readings = [
      cursor,
      ...cursor.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1")),
    ];
    const secrets = [photo, "second", "private", alice.sub, alice.username, "alice", photo.slice(0, 8)];
    for (const reading of readings) {
      for (const secret of secrets) {
        expect(reading).not.toContain(secret);
        expect(reading).not.toContain(Buffer.from(secret).toString("base64url").slice(0, -1));
      }
    }
  });

  it("differs from one answer to the next, so that two show nothing by their likeness", async () => {
    expect(await cursor_of(alice)).not.toBe(await cursor_of(alice));
  });
});
