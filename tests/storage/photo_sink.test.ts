import { GetObjectCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytes_source, type EntryOutcome, extract, open_archive } from "../../archive/index.ts";
import { photo_sink, type SinkReason, type StoredEntry } from "../../storage/photo_sink.ts";
import { list_photos, type PhotoStore } from "../../storage/photo_store.ts";
import { jpeg_of, tiny_png } from "../support/fixture_photos.ts";
import { BUCKET, client_for, type PhotoStorage, start_photo_storage } from "../support/photo_storage.ts";
import { type Scripted, type ScriptedServer, s3_error, scripted_server } from "../support/scripted_server.ts";

const MIB = 1024 * 1024;
const USER = "mia";

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
  extract(await open_archive(bytes_source(zipSync(files, { level: 0 }))), photo_sink(store, USER), {
    concurrency: 2,
    signal,
  });

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
    ["smaller than a part", 70_000],
    ["one byte less than a part", 5 * MIB - 1],
    ["exactly a part", 5 * MIB],
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
