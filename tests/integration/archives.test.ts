/** Archives of every kind through /unzip: an outcome for each entry, or a reason for the whole. */
import { readdirSync, readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { type UnzipResponse, unzip_response } from "../../schemas/unzip.ts";
import { build_zip, type EntryParts } from "../archive/zip_builder.ts";
import { fixture_photo, jpeg_of, tiny_png } from "../support/fixture_photos.ts";
import {
  type Answer,
  expect_gateway_answer,
  file_form,
  json_of,
  read,
  read_problem,
  send,
} from "./client.ts";
import { new_session, type Session } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";
import { type Storage, storage_of } from "./storage.ts";

let stack: TestStack;
let storage: Storage;
let session: Session;
beforeAll(async () => {
  // The same few photos are in most of the archives.
  stack = await start_test_stack({ config: { detect_duplicates: false } });
  storage = storage_of(stack);
  session = await new_session(stack, "packer");
});
afterAll(async () => {
  storage.close();
  await stack.close();
});

const post_archive = (archive: Uint8Array): Promise<Answer> =>
  session.post("/unzip", file_form("archive", archive, "photos.zip", "application/zip"));

/** Sends an archive of these entries, and looks whether S3 holds what the answer says and nothing else. */
async function unzip(archive: Uint8Array): Promise<UnzipResponse> {
  const before = await storage.keys(session.sub);
  const answer = await session.unzip(archive);
  const stored = (await storage.keys(session.sub)).filter((key) => !before.includes(key));
  expect(stored.toSorted()).toEqual(
    answer.uploaded.map(({ filename }) => `${session.sub}/${filename}`).toSorted(),
  );
  expect(await storage.unfinished()).toEqual([]);
  return answer;
}

async function expect_nothing_stored(archive: Uint8Array, code: string, reason?: string): Promise<void> {
  const before = await storage.keys();
  const problem = read_problem(await post_archive(archive), 422, code);
  if (reason !== undefined) expect(problem.reason).toBe(reason);
  expect(await storage.keys()).toEqual(before);
}

const zip_of = (...entries: readonly EntryParts[]): Buffer => build_zip({ entries });

const count = ({ uploaded, skipped, failed }: UnzipResponse): number =>
  uploaded.length + skipped.length + failed.length;

describe("a good archive", () => {
  it("gives every photo back byte for byte, and has the rest skipped by name", async () => {
    const photos = {
      "trip/day 1/IMG_0001.jpg": await fixture_photo("jpeg_60k_baseline.jpg"),
      "trip/day 1/IMG_0002.HEIC": await fixture_photo("android_single.heic"),
      "trip/\u65e5\u672c \u{1f5fb}.png": await fixture_photo("photo_8bit.png"),
      "trip/jpeg.png": await fixture_photo("jpeg_named_png.png"),
      "photo.webp": await fixture_photo("photo_lossy.webp"),
      "photo.avif": await fixture_photo("photo_10bit.avif"),
      "photo.tif": await fixture_photo("photo.tif"),
      "animated.gif": await fixture_photo("animated.gif"),
    };
    const others = {
      "trip/notes.txt": Buffer.from("Bring a coat."),
      "trip/page.svg": Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      "__MACOSX/trip/._IMG_0001.jpg": Buffer.from("attributes"),
      "trip/.DS_Store": Buffer.from("store"),
      "trip/Thumbs.db": Buffer.from("thumbs"),
    };
    const archive = zipSync({ "trip/day 1/": new Uint8Array(), ...photos, ...others }, { level: 6 });
    const answer = await unzip(archive);

    expect(answer.uploaded.map(({ name }) => name)).toEqual(Object.keys(photos));
    expect(answer.failed).toEqual([]);
    expect(Object.fromEntries(answer.skipped.map(({ name, reason }) => [name, reason]))).toEqual({
      "trip/day 1/": "directory",
      "trip/notes.txt": "not_an_image",
      "trip/page.svg": "not_an_image",
      "__MACOSX/trip/._IMG_0001.jpg": "platform_file",
      "trip/.DS_Store": "platform_file",
      "trip/Thumbs.db": "platform_file",
    });
    for (const [path, bytes] of Object.entries(photos)) {
      const stored = answer.uploaded.find(({ name }) => name === path);
      expect(stored).toMatchObject({ size: bytes.byteLength });
      const download = await session.download(stored?.filename ?? "");
      expect(download.bytes.equals(bytes)).toBe(true);
      expect(download.headers.get("content-type")).toBe(stored?.contentType);
      expect(stored?.filename.endsWith(`_${path.split("/").at(-1)}`)).toBe(true);
    }
  });

  it.each(["photos-stored.zip", "photos-windows.zip"])("%s of a real tool is unpacked", async (name) => {
    const answer = await unzip(readFileSync(new URL(`extract/${name}`, corpus)));
    expect(answer.uploaded.length).toBeGreaterThan(3);
    expect(answer.failed).toEqual([]);
  });

  it("of a photo larger than an answer is stored in parts, and fetched from S3", async () => {
    const bytes = Buffer.concat([jpeg_of(100), compressible(12_000_000)]);
    const { uploaded } = await unzip(zip_of({ name: "large.jpg", data: bytes }));
    expect(uploaded).toMatchObject([
      { name: "large.jpg", size: bytes.byteLength, contentType: "image/jpeg" },
    ]);
    const answer = await session.download(uploaded[0]?.filename ?? "");
    expect(answer.status).toBe(303);
    expect((await send(answer.headers.get("location") ?? "")).bytes.equals(bytes)).toBe(true);
  });
});

/** Bytes that shrink to about a sixtieth: few enough to send, too many for a bomb. */
function compressible(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0, seed = 1; at < length; at += 64) {
    seed = (seed * 48_271) % 2_147_483_647;
    bytes.writeUInt8(seed & 0xff, at);
  }
  return bytes;
}

describe("an archive", () => {
  it.each([
    ["a photo", jpeg_of(5_000), "not_a_zip"],
    ["a text", Buffer.from("This is no archive at all."), "not_a_zip"],
    ["one byte", Buffer.from("P"), "not_a_zip"],
    ["two letters", Buffer.from("PK"), undefined],
    ["a GZIP", Buffer.from("1f8b080000000000000303000000000000000000", "hex"), "not_a_zip"],
  ])("that is %s is 422", async (_about, bytes, reason) => {
    await expect_nothing_stored(bytes, "invalid_archive", reason);
  });

  it("without entries is 422 empty_archive", async () => {
    await expect_nothing_stored(zipSync({}), "empty_archive");
  });

  it("of no bytes is 400 empty_file", async () => {
    read_problem(await post_archive(Buffer.alloc(0)), 400, "empty_file", "archive");
  });

  it("with only folders is 200, the folders skipped", async () => {
    const answer = await unzip(zip_of({ name: "a/" }, { name: "a/b/" }, { name: "c/" }));
    expect(answer).toEqual({
      uploaded: [],
      failed: [],
      skipped: ["a/", "a/b/", "c/"].map((name) => ({ name, reason: "directory" })),
    });
  });

  it("cut short anywhere is 422, and nothing is stored", async () => {
    const archive = zip_of(
      { name: "a.jpg", data: jpeg_of(3_000), method: 0 },
      { name: "b.png", data: tiny_png(), descriptor: true },
    );
    for (const share of [0.01, 0.1, 0.3, 0.5, 0.8, 0.95, 0.99]) {
      await expect_nothing_stored(
        archive.subarray(0, Math.floor(archive.byteLength * share)),
        "invalid_archive",
      );
    }
    await expect_nothing_stored(archive.subarray(0, -1), "invalid_archive");
    await expect_nothing_stored(archive.subarray(1_000), "invalid_archive");
  });

  it("whose directory and headers disagree is 422, and nothing is stored", async () => {
    const good = { name: "good.jpg", data: jpeg_of(500) };
    await expect_nothing_stored(
      zip_of(good, { name: "a.jpg", data: jpeg_of(500), local: { name: Buffer.from("b.jpg") } }),
      "invalid_archive",
      "header_mismatch",
    );
  });

  it("with entries that cannot be taken has a reason for each, and the good ones are stored", async () => {
    const data = jpeg_of(2_000);
    const answer = await unzip(
      zip_of(
        { name: "good.jpg", data },
        { name: "encrypted.jpg", data, flags: 0x801 },
        { name: "../up.jpg", data },
        { name: "a/../../up.jpg", data },
        { name: "/absolute.jpg", data },
        { name: "C:\\drive.jpg", data },
        { name: "a\u202egpj.exe", data },
        { name: "line\r\nbreak.jpg", data },
        { name: "nul\0.jpg", data },
        { name: "", data },
        { name: `${"n".repeat(1_100)}.jpg`, data },
        { name: "empty.jpg" },
        { name: "wrong.jpg", data, central: { crc32: 1 }, local: { crc32: 1 } },
        { name: "lzma.jpg", data, method: 14, compressed: data },
        { name: "link.jpg", data: Buffer.from("good.jpg"), external_attributes: 0o120777 * 65_536 },
        { name: "text.jpg", data: Buffer.from("no photo") },
        { name: "also good.jpg", data },
      ),
    );
    expect(answer.uploaded.map(({ name }) => name)).toEqual(["good.jpg", "also good.jpg"]);
    expect(answer.skipped).toEqual([{ name: "text.jpg", reason: "not_an_image" }]);
    expect(answer.failed.map(({ reason }) => reason)).toEqual([
      "encrypted",
      "unsafe_path",
      "unsafe_path",
      "unsafe_path",
      "unsafe_path",
      "unsafe_path",
      "unsafe_path",
      "unsafe_path",
      "unsafe_path",
      "name_too_long",
      "empty_file",
      "crc_mismatch",
      "unsupported_method",
      "symlink",
    ]);
    expect(count(answer)).toBe(17);
  });

  it("with one name many times stores all of them, apart", async () => {
    const photos = Array.from({ length: 12 }, (_, at) => jpeg_of(1_000 + at));
    const answer = await unzip(zip_of(...photos.map((data) => ({ name: "same.jpg", data }))));
    expect(new Set(answer.uploaded.map(({ filename }) => filename)).size).toBe(12);
    for (const [at, { filename, name }] of answer.uploaded.entries()) {
      expect(name).toBe("same.jpg");
      expect((await session.download(filename)).bytes.byteLength).toBe(1_000 + at);
    }
  });

  it("of 4.8 MB is the gateway's 413", async () => {
    expect_gateway_answer(await post_archive(Buffer.alloc(4_800_000)), 413, "Request Too Long");
  });
});

describe("a limit", () => {
  it("on entries holds", async () => {
    const small = (_: unknown, at: number): EntryParts => ({
      name: `${at}.txt`,
      data: Buffer.from("x"),
      method: 0,
    });
    await expect_nothing_stored(
      zip_of(...Array.from({ length: 2_001 }, small)),
      "archive_too_large",
      "too_many_entries",
    );
    const answer = await unzip(zip_of(...Array.from({ length: 2_000 }, small)));
    expect(answer.skipped).toHaveLength(2_000);
  });

  it("on the size of one entry holds, whatever its headers say", async () => {
    const huge = compressible(50_000_001);
    const good = { name: "good.jpg", data: jpeg_of(100) };
    const answer = await unzip(zip_of({ name: "huge.jpg", data: huge }, good));
    expect(answer.failed).toEqual([{ name: "huge.jpg", reason: "entry_too_large" }]);
    expect(answer.uploaded).toMatchObject([{ name: "good.jpg" }]);
    // It claims to be small.
    const lying = await unzip(
      zip_of({ name: "liar.jpg", data: huge, central: { size: 900_000 }, local: { size: 900_000 } }, good),
    );
    expect(lying.failed).toMatchObject([
      { name: "liar.jpg", reason: expect.stringMatching(/size_mismatch|ratio/) },
    ]);
    expect(lying.uploaded).toMatchObject([{ name: "good.jpg" }]);
  });

  it("on the size of all entries holds", async () => {
    const data = Buffer.concat([jpeg_of(100), compressible(34_000_000)]);
    const entries = ["a.jpg", "b.jpg", "c.jpg"].map((name) => ({ name, data }));
    await expect_nothing_stored(zip_of(...entries), "archive_too_large", "archive_too_large");
  });

  it("on compression holds", async () => {
    const data = Buffer.concat([jpeg_of(100), Buffer.alloc(20_000_000)]);
    const answer = await unzip(zip_of({ name: "bomb.jpg", data }, { name: "good.jpg", data: jpeg_of(100) }));
    expect(answer.failed).toEqual([{ name: "bomb.jpg", reason: "ratio_too_high" }]);
    expect(answer.uploaded).toHaveLength(1);
  });
});

const corpus = new URL("../fixtures/archives/", import.meta.url);
const expected = z
  .record(
    z.string(),
    z.looseObject({
      code: z.string().optional(),
      entries: z.array(z.looseObject({ path: z.string().optional() })).optional(),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL("expected.json", corpus), "utf8")));
const files = ["extract", "refuse_archive", "refuse_entry"].flatMap((folder) =>
  readdirSync(new URL(folder, corpus)).map((file) => `${folder}/${file}`),
);

describe("the corpus of archives", () => {
  it("is all there", () => {
    expect(files.toSorted()).toEqual(Object.keys(expected).toSorted());
    expect(files.length).toBeGreaterThan(140);
  });

  it.each(files)("%s has an outcome for each entry, or a reason for the whole", async (file) => {
    const bytes = readFileSync(new URL(file, corpus));
    const { code, entries = [] } = expected[file] ?? {};
    const before = await storage.keys(session.sub);
    const answer = await post_archive(bytes);
    if (code !== undefined || entries.length === 0) {
      expect(await storage.keys(session.sub)).toEqual(before);
      if (bytes.byteLength === 0) read_problem(answer, 400, "empty_file", "archive");
      else if (code === undefined) read_problem(answer, 422, "empty_archive");
      else expect(read_problem(answer, 422, "invalid_archive").reason).toBe(code);
      return;
    }
    const outcomes = read(answer, 200, unzip_response);
    expect(count(outcomes)).toBe(entries.length);
    const named = [...outcomes.uploaded, ...outcomes.skipped, ...outcomes.failed].map(({ name }) => name);
    expect(named).toEqual(expect.arrayContaining(entries.flatMap(({ path }) => path ?? [])));
    expect(Object.keys(z.record(z.string(), z.unknown()).parse(json_of(answer)))).toEqual([
      "uploaded",
      "skipped",
      "failed",
    ]);
    expect(await storage.keys(session.sub)).toHaveLength(before.length + outcomes.uploaded.length);
  });
});

it("no archive has ended a sandbox", () => {
  expect(crashes(stack)).toEqual([]);
});
