import { GetObjectCommand, HeadObjectCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ByteSource,
  bytes_source,
  type EntryOutcome,
  extract,
  open_archive,
} from "../../archive/index.ts";
import { PART_BYTES } from "../../storage/object_upload.ts";
import { photo_sink, type SinkReason, type StoredEntry } from "../../storage/photo_sink.ts";
import { list_photos, type PhotoStore } from "../../storage/photo_store.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { exif_of, jpeg_with_exif } from "../support/exif.ts";
import { fixture_photo, jpeg_of, tiny_png } from "../support/fixture_photos.ts";
import { large_heic } from "../support/heif.ts";
import { BUCKET, client_for, type PhotoStorage, start_photo_storage } from "../support/photo_storage.ts";
import { type Scripted, type ScriptedServer, s3_error, scripted_server } from "../support/scripted_server.ts";
import { sidecar_json } from "../support/takeout_archive.ts";

const MIB = 1024 * 1024;
const USER = "mia";
const HEIC = { width: "3024", height: "4032" };
const jpeg = await fixture_photo("jpeg_60k_baseline.jpg");

let storage: PhotoStorage;
const servers: ScriptedServer[] = [];

beforeAll(async () => {
  storage = await start_photo_storage();
});

afterAll(async () => {
  await Promise.all([storage.close(), ...servers.map((server) => server.close())]);
});

const unpack = async (
  files: Record<string, Uint8Array>,
  store: PhotoStore = storage.store,
  signal = new AbortController().signal,
): Promise<EntryOutcome<StoredEntry, SinkReason>[]> =>
  unpack_zip(zipSync(files, { level: 0 }), store, signal);

async function unpack_zip(
  zip: Uint8Array,
  store: PhotoStore = storage.store,
  signal = new AbortController().signal,
): Promise<EntryOutcome<StoredEntry, SinkReason>[]> {
  const archive = await open_archive(bytes_source(zip));
  return extract(archive, photo_sink(store, USER, archive.entries), { concurrency: 2, signal });
}

const scripted_store = async (script: (earlier: number, method: string) => Scripted): Promise<PhotoStore> => {
  const server = await scripted_server(({ method }, earlier) => script(earlier, method));
  servers.push(server);
  return { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
};

const fetched = async (filename: string): Promise<Buffer> => {
  const answer = await storage.store.s3.send(
    new GetObjectCommand({ Bucket: BUCKET, Key: `${USER}/${filename}` }),
  );
  return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
};

describe("an entry that is a photo", () => {
  it.each([
    ["small", 70_000],
    ["exactly as large as is written at once", 8 * MIB],
    ["one byte larger, which is streamed", 8 * MIB + 1],
    ["of three parts", 11 * MIB + 1],
  ])("%s is stored byte for byte", async (_, size) => {
    const photo = jpeg_of(size);
    const [outcome] = await unpack({ "Beach/a.jpg": photo });
    expect(outcome).toMatchObject({ outcome: "stored", value: { size, content_type: "image/jpeg" } });
    const filename = outcome?.outcome === "stored" ? outcome.value.filename : "";
    expect(filename).toMatch(/^\d{8}T\d{9}Z_a\.jpg$/);
    expect((await fetched(filename)).equals(photo)).toBe(true);
  });

  it("takes the next timestamp where its key is taken, however many parts it has", async () => {
    let taken = 0;
    const store = await scripted_store((_, method) => {
      if (method !== "PUT") return s3_error(500, "InternalError");
      taken += 1;
      return taken < 4 ? s3_error(412, "PreconditionFailed") : { status: 200, headers: { etag: '"e"' } };
    });
    const [outcome] = await unpack({ "a.png": tiny_png() }, store);
    expect(outcome?.outcome).toBe("stored");
    expect(taken).toBe(4);
    const keys = servers.at(-1)?.requests.map(({ url }) => url.split("?")[0]);
    expect(new Set(keys).size).toBe(4);
  });
});

describe("a photo with a sidecar", () => {
  const taken_at = async (filename: string): Promise<string | undefined> => {
    const { store } = storage;
    const answer = await store.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: `${USER}/${filename}` }));
    return answer.Metadata?.["taken-at"];
  };
  const dates = async (zip: Uint8Array, store?: PhotoStore) =>
    Promise.all(
      (await unpack_zip(zip, store)).map(async (one) =>
        one.outcome === "stored" ? await taken_at(one.value.filename) : one.reason,
      ),
    );
  const json = (): Buffer => sidecar_json("a.jpg", "1600596727");

  it.each([
    ["small", 70_000],
    ["one that is streamed", 8 * MIB + 1],
  ])("has its date, %s, whether duplicates are looked for or not", async (_, size) => {
    const files = { "p/a.jpg": jpeg_of(size, 1), "p/a.jpg.json": json() };
    for (const finds_duplicates of [true, false]) {
      const found = await dates(zipSync(files, { level: 0 }), { ...storage.store, finds_duplicates });
      expect(found).toEqual(["2020-09-20T10:12:07Z", "sidecar"]);
    }
  });

  it("has its own date where it has one", async () => {
    const photo = await fixture_photo("photo_lossy.webp");
    const zip = zipSync({ "a.webp": photo, "a.webp.json": json() });
    expect(await dates(zip)).toEqual(["2026-07-10T09:00:01", "sidecar"]);
  });

  it("keeps the JSON of others for what it was", async () => {
    const zip = zipSync({ "a.jpg": jpeg_of(900, 2), "a.jpg.json": Buffer.from("{}"), "b.JSON": json() });
    expect(await dates(zip)).toEqual([undefined, "not_an_image", "not_an_image"]);
  });

  it("is stored where the sidecar is damaged", async () => {
    const broken = { name: "a.jpg.json", data: json(), central: { crc32: 1 }, local: { crc32: 1 } };
    const zip = build_zip({ entries: [{ name: "a.jpg", data: jpeg_of(900, 3) }, broken] });
    expect(await dates(zip)).toEqual([undefined, "crc_mismatch"]);
  });

  it("that cannot be read fails alone, as one whose own bytes cannot be", async () => {
    const files = { "a.jpg": jpeg_of(900, 5), "b.jpg": jpeg_of(900, 6), "z/c.jpg": jpeg_of(900, 7) };
    const zip = zipSync({ ...files, "a.jpg.json": json() }, { level: 0 });
    const memory = bytes_source(zip);
    const archive = await open_archive(memory);
    const [wanting, sidecar] = ["a.jpg", "a.jpg.json"].map((path) =>
      archive.entries.find((entry) => entry.path === path),
    );
    if (wanting === undefined || sidecar === undefined) throw new Error("The archive has other entries.");
    const cut_off: ByteSource = {
      ...memory,
      read: async (start, end) => {
        if (end > sidecar.header_offset) throw new Error("the connection is reset");
        return memory.read(start, end);
      },
    };
    const sink = photo_sink(storage.store, USER, archive.entries);
    const entries = archive.entries.filter((entry) => entry !== sidecar);
    const outcomes = await extract({ ...archive, source: cut_off }, sink, { entries, concurrency: 1 });
    expect(outcomes.map((one) => (one.outcome === "stored" ? one.outcome : one.reason))).toEqual([
      "read_failed",
      "stored",
      "stored",
    ]);
  });

  it("that is an image itself is a photo, whatever it is called", async () => {
    const zip = zipSync({ "a.jpg": jpeg_of(900, 4), "a.jpg.json": tiny_png() });
    expect(await dates(zip)).toEqual([undefined, undefined]);
  });
});

describe("what a photo says of itself", () => {
  const exif = exif_of({ original: "2026:07:14 19:42:08", orientation: 6 });
  const TIME = "2026-07-14T19:42:08";
  const cases = [
    ["small", jpeg_with_exif(jpeg, exif), true, { "taken-at": TIME, width: "806", height: "1024" }],
    ["streamed", large_heic(9 * MIB, exif), true, { "taken-at": TIME, width: "3024", height: "4032" }],
    ["streamed once, so that its end comes too late", large_heic(9 * MIB, exif), false, HEIC],
    ["of an unknown camera", jpeg_of(2_000), false, {}],
  ] as const;
  it.each(cases)("is in its metadata: %s", async (_, bytes, finds_duplicates, known) => {
    const [outcome] = await unpack({ "a.jpg": bytes }, { ...storage.store, finds_duplicates });
    const filename = outcome?.outcome === "stored" ? outcome.value.filename : "";
    const head = new HeadObjectCommand({ Bucket: BUCKET, Key: `${USER}/${filename}` });
    const { Metadata = {} } = await storage.store.s3.send(head);
    const { "original-name": _name, "upload-id": _id, sha256: _sha256, ...details } = Metadata;
    expect(details).toEqual(known);
  });
});

describe("an entry that is no photo", () => {
  it("is skipped when its bytes are not an image's, large or small", async () => {
    const outcomes = await unpack({
      "a.jpg": Buffer.from("a text"),
      "b.jpg": Buffer.alloc(300_000, "text "),
    });
    expect(outcomes.map(({ outcome, ...rest }) => [outcome, "reason" in rest && rest.reason])).toEqual([
      ["skipped", "not_an_image"],
      ["skipped", "not_an_image"],
    ]);
  });

  it("fails when it is empty", async () => {
    expect(await unpack({ "a.jpg": new Uint8Array() })).toMatchObject([
      { outcome: "failed", reason: "empty_file" },
    ]);
  });
});

describe("a storage that fails", () => {
  it.each([
    ["storage_unavailable", s3_error(503, "SlowDown")],
    ["storage_unavailable", "reset"],
    ["storage_refused", s3_error(403, "AccessDenied")],
  ] satisfies [SinkReason, Scripted][])(
    "ends the extraction with %s, every entry named",
    async (reason, script) => {
      const store = await scripted_store(() => script);
      const outcomes = await unpack({ "1.png": tiny_png(), "2.png": tiny_png(), "3.png": tiny_png() }, store);
      const reasons = outcomes.map((outcome) =>
        outcome.outcome === "failed" ? outcome.reason : outcome.outcome,
      );
      expect(reasons).toContain(reason);
      expect(reasons.every((one) => [reason, "aborted", "not_attempted"].includes(one))).toBe(true);
    },
  );

  it("leaves no parts behind when a photo of several parts is called off", async () => {
    const abort = new AbortController();
    const { s3 } = storage.store;
    const stopping: PhotoStore = { s3: client_for(storage.url), bucket: BUCKET };
    stopping.s3.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName === "UploadPartCommand") abort.abort();
        return next(args);
      },
      { step: "initialize" },
    );
    const before = (await list_photos(storage.store, USER, "", new AbortController().signal)).photos.length;
    const [outcome] = await unpack({ "big.jpg": jpeg_of(12 * MIB) }, stopping, abort.signal);
    expect(outcome).toMatchObject({ outcome: "failed", reason: "aborted" });
    const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
    expect(Uploads).toEqual([]);
    const after = (await list_photos(storage.store, USER, "", new AbortController().signal)).photos.length;
    expect(after).toBe(before);
    stopping.s3.destroy();
  });
});

/** A client that calls `before` ahead of every command, which may throw in its place. */
const watched = (before: (command: string, key: string, nth: number) => unknown): PhotoStore => {
  const s3 = client_for(storage.url, { maxAttempts: 1 });
  let sent = 0;
  s3.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const key = "Key" in args.input && typeof args.input.Key === "string" ? args.input.Key : "";
        sent += 1;
        await before(String(commandName), key, sent);
        return next(args);
      },
    { step: "initialize" },
  );
  return { s3, bucket: BUCKET };
};

const uploads_left = async () =>
  (await storage.store.s3.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads ?? [];

const filenames = (outcomes: readonly EntryOutcome<StoredEntry, SinkReason>[]): string[] =>
  outcomes.flatMap((one) => (one.outcome === "stored" ? [one.value.filename] : []));

describe("where duplicates are looked for", () => {
  const store = (): PhotoStore => ({ ...storage.store, finds_duplicates: true });
  const added_by = async (work: () => Promise<unknown>): Promise<string[]> => {
    const before = await storage.keys();
    await work();
    return (await storage.keys()).filter((key) => !before.includes(key));
  };

  it.each([
    ["small", 60_000],
    ["large", 9 * MIB],
  ])("a %s photo that is twice in an archive is there once, under one filename", async (_, size) => {
    const photo = jpeg_of(size, size);
    const added = await added_by(async () => {
      const outcomes = await unpack({ "a.jpg": photo, "b.jpg": photo }, store());
      expect(new Set(filenames(outcomes)).size).toBe(1);
      expect(outcomes.filter((one) => one.outcome === "stored" && one.value.duplicate)).toHaveLength(1);
      const [filename = ""] = filenames(outcomes);
      expect((await fetched(filename)).equals(photo)).toBe(true);
    });
    expect(added).toEqual([
      expect.stringMatching(/^\.checksums\/mia\/[0-9a-f]{64}$/),
      expect.stringMatching(/^mia\/\w+_[ab]\.jpg$/),
    ]);
  });

  it("a large entry whose bytes are wrong claims nothing, and leaves nothing", async () => {
    const zip = zipSync({ "bad.jpg": jpeg_of(12 * MIB, 7) }, { level: 0 });
    zip.fill(0, 11 * MIB, 11 * MIB + 100);
    const added = await added_by(async () => {
      const outcomes = await extract(await open_archive(bytes_source(zip)), photo_sink(store(), USER));
      expect(outcomes).toMatchObject([{ outcome: "failed", reason: "crc_mismatch" }]);
    });
    expect(added).toEqual([]);
    expect(await uploads_left()).toEqual([]);
  });
});

describe("an entry that is streamed", () => {
  it("sends small entries with one request each, and large ones in parts", async () => {
    const sent: string[] = [];
    const store = watched((command) => sent.push(command));
    await unpack({ "a.jpg": jpeg_of(8 * MIB) }, store);
    expect(sent).toEqual(["PutObjectCommand"]);
    await unpack({ "b.jpg": jpeg_of(11 * MIB) }, store);
    expect(sent.slice(1)).toEqual([
      "CreateMultipartUploadCommand",
      "UploadPartCommand",
      "UploadPartCommand",
      "UploadPartCommand",
      "CompleteMultipartUploadCommand",
    ]);
    store.s3.destroy();
  });

  it("is read again from its first byte where its key turns out to be taken", async () => {
    const photo = jpeg_of(12 * MIB);
    const keys = new Set<string>();
    const store = watched(async (command, key) => {
      if (command !== "CreateMultipartUploadCommand") return;
      // Someone else writes the same key while the first two uploads are under way.
      if (keys.size < 2) await storage.put(key, "theirs");
      keys.add(key);
    });
    const outcomes = await unpack({ "mine.jpg": photo }, store);
    const [filename = ""] = filenames(outcomes);
    expect(keys.size).toBe(3);
    expect([...keys].at(-1)).toBe(`${USER}/${filename}`);
    expect((await fetched(filename)).equals(photo)).toBe(true);
    expect(await uploads_left()).toEqual([]);
    store.s3.destroy();
  });

  it("is read again where its source fails in the middle", async () => {
    const photo = jpeg_of(12 * MIB);
    const zip = zipSync({ "a.jpg": photo }, { level: 0 });
    const memory = bytes_source(zip);
    let reads = 0;
    const source = {
      ...memory,
      read: async (start: number, end: number) => {
        reads += 1;
        if (reads === 30 || reads === 70) throw new Error("the connection is reset");
        return memory.read(start, end);
      },
    };
    const outcomes = await extract(await open_archive(source), photo_sink(storage.store, USER));
    const [filename = ""] = filenames(outcomes);
    expect((await fetched(filename)).equals(photo)).toBe(true);
    expect(reads).toBeGreaterThan(90);
    expect(await uploads_left()).toEqual([]);
  });

  it("whose bytes are wrong is not there, nor are its parts", async () => {
    const zip = zipSync({ "bad.jpg": jpeg_of(12 * MIB), "good.jpg": jpeg_of(9 * MIB) }, { level: 0 });
    zip.fill(0, 11 * MIB, 11 * MIB + 100);
    const before = await storage.keys();
    const outcomes = await extract(await open_archive(bytes_source(zip)), photo_sink(storage.store, USER));
    expect(outcomes).toMatchObject([{ reason: "crc_mismatch" }, { outcome: "stored" }]);
    expect((await storage.keys()).length).toBe(before.length + 1);
    expect(await uploads_left()).toEqual([]);
  });

  it("leaves nothing half-written, and names every entry, whichever request fails", async () => {
    const photos = { "1.jpg": jpeg_of(11 * MIB), "2.png": tiny_png(), "3.jpg": jpeg_of(9 * MIB) };
    for (let failing = 1; failing < 40; failing += 1) {
      let failed = "";
      const store = watched((command, _key, nth) => {
        if (nth !== failing) return;
        failed = command;
        throw new Error("the connection is reset");
      });
      const before = await storage.keys();
      const outcomes = await unpack(photos, store);
      store.s3.destroy();
      expect(outcomes).toHaveLength(3);
      const added = (await storage.keys()).filter((key) => !before.includes(key));
      expect(added).toEqual(
        filenames(outcomes)
          .map((filename) => `${USER}/${filename}`)
          .sort(),
      );
      if (failed !== "AbortMultipartUploadCommand") expect(await uploads_left()).toEqual([]);
      if (failed === "") {
        expect(added).toHaveLength(3);
        expect(failing).toBeGreaterThan(9);
        return;
      }
      expect(outcomes.map((one) => (one.outcome === "failed" ? one.reason : one.outcome))).toContain(
        "storage_unavailable",
      );
    }
    expect.unreachable("some request fails for ever");
  });

  it("leaves nothing half-written, and names every entry, at whichever request everything is called off", async () => {
    const photos = { "1.jpg": jpeg_of(11 * MIB), "2.png": tiny_png(), "3.jpg": jpeg_of(9 * MIB) };
    for (let last = 1; last < 40; last += 1) {
      const abort = new AbortController();
      const store = watched((_command, _key, nth) => {
        if (nth === last) abort.abort(new Error("the time is up"));
      });
      const before = await storage.keys();
      const outcomes = await unpack(photos, store, abort.signal);
      store.s3.destroy();
      const added = (await storage.keys()).filter((key) => !before.includes(key));
      expect(added).toEqual(
        filenames(outcomes)
          .map((filename) => `${USER}/${filename}`)
          .sort(),
      );
      expect(await uploads_left()).toEqual([]);
      for (const one of outcomes) {
        if (one.outcome !== "stored") expect(["aborted", "not_attempted"]).toContain(one.reason);
      }
      if (!abort.signal.aborted) {
        expect(added).toHaveLength(3);
        return;
      }
    }
    expect.unreachable("there are not so many requests");
  });

  it("is read no further than its parts while storage takes none", async () => {
    const photo = jpeg_of(60 * MIB);
    const zip = zipSync({ "a.jpg": photo }, { level: 0 });
    const memory = bytes_source(zip);
    let bytes_read = 0;
    const source = {
      ...memory,
      read: async (start: number, end: number) => {
        bytes_read += end - start;
        return memory.read(start, end);
      },
    };
    const opened = Promise.withResolvers<void>();
    const all_waiting = Promise.withResolvers<void>();
    let parts = 0;
    const store = watched(async (command) => {
      if (command !== "UploadPartCommand") return;
      parts += 1;
      if (parts === 4) all_waiting.resolve();
      await opened.promise;
    });
    const limits = { entry_bytes: 100 * MIB };
    const extracting = extract(await open_archive(source, { limits }), photo_sink(store, USER));
    await all_waiting.promise;
    // Whatever runs ahead has time to do so now.
    for (let turn = 0; turn < 500; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(parts).toBe(4);
    expect(bytes_read).toBeLessThan(5 * PART_BYTES);
    opened.resolve();
    expect(await extracting).toMatchObject([{ outcome: "stored" }]);
    store.s3.destroy();
  });
});
