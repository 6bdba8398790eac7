/** Many requests at once: nothing is lost, mixed up, or written over. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build_zip } from "../archive/zip_builder.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { new_session, type Session } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";

let stack: TestStack;
beforeAll(async () => {
  stack = await start_test_stack();
});
afterAll(() => stack.close());

/** A photo that is told from every other by its last bytes. */
function photo_of(number: number, length = 3_000): Buffer {
  const bytes = jpeg_of(length + (number % 7));
  bytes.writeUInt32BE(number, bytes.byteLength - 4);
  return bytes;
}

async function bytes_of(session: Session, filename: string): Promise<string> {
  const answer = await session.download(filename);
  expect(answer.status).toBe(200);
  return answer.bytes.toString("base64");
}

describe("at once", () => {
  it("50 uploads of one name are 50 different photos, each with its own bytes, all of them listed", async () => {
    const session = await new_session(stack, "fifty");
    const photos = Array.from({ length: 50 }, (_, at) => photo_of(at));
    const stored = await Promise.all(photos.map((bytes) => session.upload(bytes, "same.jpg")));

    const filenames = stored.map(({ filename }) => filename);
    expect(new Set(filenames).size).toBe(50);
    expect((await session.list()).photos.map(({ filename }) => filename)).toEqual(
      filenames.toSorted().toReversed(),
    );
    const downloads = await Promise.all(filenames.map((filename) => bytes_of(session, filename)));
    expect(downloads).toEqual(photos.map((bytes) => bytes.toString("base64")));
  });

  it("ten archives of twelve photos of one name are 120 different photos", async () => {
    const session = await new_session(stack, "ten");
    const archives = Array.from({ length: 10 }, (_, archive) =>
      Array.from({ length: 12 }, (_, entry) => ({ name: "same.jpg", data: photo_of(archive * 100 + entry) })),
    );
    const answers = await Promise.all(archives.map((entries) => session.unzip(build_zip({ entries }))));
    const filenames = answers.flatMap(({ uploaded }) => uploaded.map(({ filename }) => filename));
    expect(new Set(filenames).size).toBe(120);
    expect(answers.flatMap(({ failed, skipped }) => [...failed, ...skipped])).toEqual([]);
    expect(new Set((await session.list()).photos.map(({ filename }) => filename))).toEqual(
      new Set(filenames),
    );
    for (const [at, { uploaded }] of answers.entries()) {
      const stored = await Promise.all(uploaded.map(({ filename }) => bytes_of(session, filename)));
      expect(stored).toEqual(archives[at]?.map(({ data }) => data.toString("base64")));
    }
  });

  it("two users who do everything each find what is theirs", async () => {
    const sessions = await Promise.all([new_session(stack, "left"), new_session(stack, "right")]);
    await Promise.all(
      sessions.map(async (session, side) => {
        const photos = Array.from({ length: 8 }, (_, at) => photo_of(side * 1_000 + at));
        const stored = await Promise.all(photos.map((bytes) => session.upload(bytes, "both.jpg")));
        const downloads = await Promise.all(stored.map(({ filename }) => bytes_of(session, filename)));
        expect(downloads).toEqual(photos.map((bytes) => bytes.toString("base64")));
        await Promise.all(stored.slice(0, 4).map(({ filename }) => session.delete(filename)));
        expect((await session.list()).photos.map(({ filename }) => filename).toSorted()).toEqual(
          stored
            .slice(4)
            .map(({ filename }) => filename)
            .toSorted(),
        );
      }),
    );
  });

  it("ends no sandbox", () => {
    expect(crashes(stack)).toEqual([]);
  });
});
