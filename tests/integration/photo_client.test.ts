/** The client in Node against the whole stack: what an app does with it, and what breaks off on the way. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ConnectionError,
  checksumOf,
  createClient,
  type EntryOutcome,
  memoryTokens,
  type PhotoClient,
  ProblemError,
  type SendProgress,
  type TokenStore,
  type UnzipProgress,
} from "../../client/index.ts";
import { holiday_entries, whole_holiday_entries, zip_entries } from "../../local/demo/holiday_archive.ts";
import { enlarged, sample } from "../../local/demo/photos.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { all } from "../support/all.ts";
import { rejection } from "../support/caught.ts";
import { sha1, unpacked } from "../support/zip_readers.ts";
import { checked_fetch } from "./checked_fetch.ts";
import { add_user } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";
import { type Storage, storage_of } from "./storage.ts";

const ann = { username: "ann@example.com", password: "Passw0rd!-ann" };
const photo = sample("jpeg_60k_baseline.jpg", "Café ☕.jpg");
const MIB = 1024 * 1024;

let stack: TestStack;
let storage: Storage;
let tokens: TokenStore;
let client: PhotoClient;
/** Paths of the API, and S3's operations by their method, in their order. */
const asked: string[] = [];

beforeAll(async () => {
  stack = await start_test_stack();
  storage = storage_of(stack);
  await add_user(stack, ann);
  tokens = memoryTokens();
  client = createClient({
    baseUrl: `${stack.url}/`,
    tokens,
    fetch: (url, init) => {
      asked.push(url.startsWith(stack.url) ? url.slice(stack.url.length) : `${init.method ?? "GET"} S3`);
      return checked_fetch(url, init);
    },
  });
  await client.signIn(ann);
});
afterAll(async () => {
  storage.close();
  await stack.close();
  expect(crashes(stack)).toEqual([]);
});

const file_of = (bytes: Uint8Array, name: string): File => new File([Uint8Array.from(bytes)], name);

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

async function downloaded(filename: string) {
  const { name, contentType, size, response } = await client.download(filename);
  return { name, contentType, size, sha256: sha256(Buffer.from(await response.arrayBuffer())) };
}

/** What it has asked for, without the signing in. */
async function asked_by(work: () => Promise<unknown>): Promise<string[]> {
  asked.length = 0;
  await work();
  return [...asked];
}

describe("signing in", () => {
  it("is refused with the API's own code, and leaves nobody signed in", async () => {
    const nobody = createClient({ baseUrl: stack.url, fetch: checked_fetch });
    const error = await rejection(nobody.signIn({ ...ann, password: "wrong" }), ProblemError);
    expect(error).toMatchObject({ status: 401, code: "invalid_credentials" });
    expect(await nobody.signedIn()).toBeUndefined();
    expect(await rejection(nobody.listPage(), ProblemError)).toMatchObject({
      code: "not_signed_in",
      status: 401,
    });
  });

  it("is renewed when the gateway refuses the token, and the call goes on", async () => {
    const before = await tokens.get();
    if (before === undefined) throw new Error("Nobody is signed in.");
    await tokens.set({ ...before, jwt: `${before.jwt.slice(0, -4)}AAAA` });
    expect(await asked_by(() => client.listPage())).toEqual(["/list", "/refresh", "/list"]);
    expect(await client.signedIn()).toBe(ann.username);
  });

  it("ends with the refresh token revoked", async () => {
    const kept = memoryTokens();
    const other = createClient({ baseUrl: stack.url, tokens: kept, fetch: checked_fetch });
    await other.signIn(ann);
    const before = await kept.get();
    await other.signOut();
    expect(await kept.get()).toBeUndefined();
    if (before === undefined) throw new Error("Nobody was signed in.");
    await kept.set({ ...before, expiresAt: 0 });
    expect(await rejection(other.listPage(), ProblemError)).toMatchObject({ code: "invalid_refresh_token" });
    expect(await kept.get()).toBeUndefined();
  });
});

describe("a photo", () => {
  it("of a common size goes in one request, with progress, and comes back as it was", async () => {
    const bytes = enlarged(photo, 4_400_000).bytes;
    const seen: SendProgress[] = [];
    const paths = await asked_by(async () => {
      const stored = await client.upload(file_of(bytes, photo.name), {
        onProgress: (event) => seen.push(event),
      });
      expect(stored).toMatchObject({ size: bytes.byteLength, contentType: "image/jpeg" });
      expect(await downloaded(stored.filename)).toEqual({
        name: photo.name,
        contentType: "image/jpeg",
        size: bytes.byteLength,
        sha256: sha256(bytes),
      });
      await client.delete(stored.filename);
      expect(await rejection(client.download(stored.filename), ProblemError)).toMatchObject({
        status: 404,
        code: "photo_not_found",
      });
    });
    expect(paths).toEqual(["/upload_single_photo", "/download", "/delete", "/download"]);
    expect_progress(seen, "uploading", bytes.byteLength);
  });

  it("of 12 MB goes to S3 by a form, with progress, and comes back from there without the token", async () => {
    const { bytes } = enlarged(photo, 12_000_000);
    const seen: SendProgress[] = [];
    const paths = await asked_by(async () => {
      const stored = await client.upload(file_of(bytes, "large.jpg"), {
        onProgress: (event) => seen.push(event),
      });
      expect(await downloaded(stored.filename)).toMatchObject({ name: "large.jpg", sha256: sha256(bytes) });
      await client.delete(stored.filename);
    });
    expect(paths).toEqual([
      "/request_upload",
      "POST S3",
      "/complete_upload",
      "/download",
      "GET S3",
      "/delete",
    ]);
    expect_progress(seen, "checking", bytes.byteLength);
    expect_progress(seen, "uploading", bytes.byteLength);
  });

  it("that is none is refused, by either way", async () => {
    const text = Buffer.from("Dear diary, this is no photo.\n");
    expect(await rejection(client.upload(file_of(text, "notes.jpg")), ProblemError)).toMatchObject({
      status: 415,
      code: "not_an_image",
    });
    const error = await rejection(
      client.upload(file_of(text, "notes.jpg"), { resumable: true }),
      ProblemError,
    );
    expect(error).toMatchObject({ status: 422, code: "upload_refused", reason: "not_an_image" });
  });

  it("that breaks off goes on with what is missing, even with nothing but its id", async () => {
    const { bytes } = enlarged(photo, 5 * 8 * MIB + 1000);
    const file = file_of(bytes, "huge.jpg");
    const stop = new AbortController();
    let id = "";
    const broken = client.upload(file, {
      resumable: true,
      keepOnAbort: true,
      signal: stop.signal,
      onUploadId: (uploadId) => {
        id = uploadId;
      },
      onProgress: ({ phase, done }) => {
        if (phase === "uploading" && done > 3 * 8 * MIB) stop.abort();
      },
    });
    expect((await rejection(broken, DOMException)).name).toBe("AbortError");

    const seen: SendProgress[] = [];
    const paths = await asked_by(async () => {
      const stored = await client.upload(file, { resumeFrom: id, onProgress: (event) => seen.push(event) });
      expect(await downloaded(stored.filename)).toMatchObject({ sha256: sha256(bytes) });
      await client.delete(stored.filename);
    });
    const sent = paths.filter((path) => path === "PUT S3").length;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(6);
    expect(seen[0]?.done).toBeGreaterThan(0);
    expect_progress(seen, "uploading", bytes.byteLength);
  });

  it("that is stopped leaves nothing behind", async () => {
    const stop = new AbortController();
    const stopped = client.upload(file_of(enlarged(photo, 3 * 8 * MIB).bytes, "stopped.jpg"), {
      resumable: true,
      signal: stop.signal,
      onProgress: ({ phase }) => phase === "uploading" && stop.abort(new Error("enough")),
    });
    expect((await rejection(stopped, Error)).message).toBe("enough");
    expect(await storage.unfinished()).toEqual([]);
    expect(asked).toContain("/cancel_upload");
  });

  it("that was completed meanwhile is not sent again", async () => {
    let id = "";
    const file = file_of(photo.bytes, "twice.jpg");
    const onUploadId = (uploadId: string) => {
      id = uploadId;
    };
    const stored = await client.upload(file, { resumable: true, onUploadId });
    const paths = await asked_by(async () => {
      expect(await client.upload(file, { resumeFrom: id })).toEqual(stored);
    });
    expect(paths).toEqual(["/upload_parts", "/complete_upload"]);
    await client.delete(stored.filename);
  });
});

describe("a photo whose form broke off", () => {
  const file = file_of(enlarged(photo, 6_000_000).bytes, "form.jpg");

  /** By a connection that breaks at the first request of this kind. */
  async function broken_at(broken: string): Promise<string> {
    let id = "";
    const breaking = createClient({
      baseUrl: stack.url,
      tokens,
      retries: 0,
      fetch: (url, init) => {
        if (url.includes(broken)) throw new TypeError("fetch failed");
        return checked_fetch(url, init);
      },
    });
    const onUploadId = (uploadId: string) => {
      id = uploadId;
    };
    await rejection(breaking.upload(file, { onUploadId }), ConnectionError);
    return id;
  }

  it("on its way has to begin anew", async () => {
    const id = await broken_at(stack.s3.url);
    const error = await rejection(client.upload(file, { resumeFrom: id }), ProblemError);
    expect(error).toMatchObject({ status: 409, code: "upload_incomplete" });
    await client.cancelUpload(id);
  });

  it("once it had arrived is stored, and not sent again", async () => {
    const id = await broken_at("/complete_upload");
    const paths = await asked_by(async () => {
      const stored = await client.upload(file, { resumeFrom: id });
      expect(stored).toMatchObject({ size: 6_000_000 });
      await client.delete(stored.filename);
    });
    expect(paths).toEqual(["/upload_parts", "/complete_upload", "/delete"]);
  });

  it("by an id that is made up is not found", async () => {
    const error = await rejection(client.upload(file, { resumeFrom: "made-up" }), ProblemError);
    expect(error).toMatchObject({ status: 404, code: "upload_not_found" });
  });
});

describe("an archive", () => {
  const outcomes_of = (entries: ReturnType<typeof holiday_entries>) =>
    entries.map(({ path, expected }) => [path, expected.outcome]);
  const told = (outcomes: readonly EntryOutcome[]) => outcomes.map(({ name, outcome }) => [name, outcome]);

  it("of a common size is extracted in one request", async () => {
    const entries = holiday_entries();
    const archive = file_of(zip_entries(entries), "Holiday.zip");
    const paths = await asked_by(async () => {
      const outcomes = told(await all(client.unzip(archive)));
      expect(outcomes.toSorted()).toEqual(outcomes_of(entries).toSorted());
    });
    expect(paths).toEqual(["/unzip"]);
  });

  it("of many megabytes goes to S3 in parts, and tells how far its extraction is", async () => {
    const entries = whole_holiday_entries();
    const archive = file_of(zip_entries(entries, { deflate: false }), "Whole holiday.zip");
    const seen: UnzipProgress[] = [];
    const options = {
      resumable: true,
      pollInterval: 50,
      onProgress: (event: UnzipProgress) => seen.push(event),
    };
    expect(told(await all(client.unzip(archive, options)))).toEqual(outcomes_of(entries));
    expect_progress(seen, "uploading", archive.size);
    expect([...new Set(seen.map(({ phase }) => phase))]).toEqual(["checking", "uploading", "extracting"]);
    const last = seen.at(-1);
    if (last?.phase !== "extracting") throw new Error("It ended otherwise.");
    expect(last).toMatchObject({ state: "done", entries: { done: entries.length, total: entries.length } });
    expect(last.done).toBe(last.total);
    // A page that was loaded again meanwhile looks at the same job.
    expect(await all(client.follow(last.jobId))).toHaveLength(entries.length);
  });

  it("with more entries than one request takes becomes a job, however small it is", async () => {
    const entries = Array.from({ length: 2_001 }, (_, number) => ({
      name: `${number}/`,
      data: Buffer.alloc(0),
    }));
    const archive = file_of(build_zip({ entries }), "folders.zip");
    const paths = await asked_by(async () => {
      const outcomes = await all(client.unzip(archive, { pollInterval: 50 }));
      expect(outcomes).toHaveLength(2_001);
    });
    expect(paths.slice(0, 2)).toEqual(["/unzip", "/request_upload"]);
  });

  it("that is none is refused alike by either way", async () => {
    const text = file_of(Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(100, "x")]), "notes.zip");
    const direct = await rejection(all(client.unzip(text)), ProblemError);
    const by_job = await rejection(
      all(client.unzip(text, { resumable: true, pollInterval: 50 })),
      ProblemError,
    );
    expect(direct).toMatchObject({ status: 422, code: "invalid_archive" });
    expect(by_job).toMatchObject({ status: 422, code: direct.code, reason: direct.reason });
  });
});

describe("the list", () => {
  it("is walked page by page, and stopped when nobody asks any more", async () => {
    const everything = await all(client.list({ pageSize: 4 }));
    expect(everything.length).toBeGreaterThan(8);
    expect(new Set(everything.map(({ filename }) => filename)).size).toBe(everything.length);
    const { photos, cursor = "" } = await client.listPage({ limit: 3 });
    const next = await client.listPage({ limit: 3, cursor });
    expect([...photos, ...next.photos]).toEqual(everything.slice(0, 6));
    const paths = await asked_by(async () => {
      for await (const { filename } of client.list({ pageSize: 2 }))
        if (filename === photos[2]?.filename) break;
    });
    expect(paths).toEqual(["/list", "/list"]);
  });
});

describe("many photos", () => {
  it("are exported, known, deleted and brought back", async () => {
    const file = file_of(enlarged(photo, 70_000).bytes, "one of many.jpg");
    const checked = { name: file.name, size: file.size, checksum: await checksumOf(file) };
    expect(await client.check([checked])).toEqual([checked]);
    const { filename } = await client.upload(file);
    expect(await client.check([checked])).toEqual([{ ...checked, duplicate: true, filename }]);
    expect(await client.upload(file)).toMatchObject({ filename, duplicate: true });

    const gone = "20010203T040506789Z_gone.jpg";
    const { url, size, missing, jobId } = await client.exportPhotos(
      { filenames: [gone, filename] },
      { pollInterval: 50 },
    );
    expect(missing).toEqual([gone]);
    const bytes = await (await fetch(url)).bytes();
    expect(bytes.byteLength).toBe(size);
    const content = Buffer.from(await file.arrayBuffer());
    expect(await unpacked(bytes)).toMatchObject([{ name: file.name, sha1: sha1(content) }]);
    expect(await client.followExport(jobId)).toMatchObject({ size, missing });

    expect(await client.deleteMany([filename, gone])).toEqual([
      { file: filename, outcome: "deleted" },
      { file: gone, outcome: "not_found" },
    ]);
    const deleted = await all(client.list({ deleted: true }));
    expect(deleted.map((one) => one.filename)).toContain(filename);
    expect(await client.restore([filename])).toEqual([{ file: filename, outcome: "restored" }]);
    expect(await downloaded(filename)).toMatchObject({ sha256: checked.checksum });
  });
});

/** It grows to the whole, and is told of on the way too. */
function expect_progress(seen: readonly UnzipProgress[], phase: SendProgress["phase"], total: number): void {
  const done = seen.filter((event) => event.phase === phase).map((event) => event.done);
  expect(done.length).toBeGreaterThan(2);
  expect(done).toEqual(done.toSorted((one, other) => one - other));
  expect(done.at(-1)).toBe(total);
}
