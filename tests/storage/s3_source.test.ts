import { createServer } from "node:http";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Archive, extract, large_limits, open_archive, windowed_source } from "../../archive/index.ts";
import { photo_sink } from "../../storage/photo_sink.ts";
import type { PhotoStore } from "../../storage/photo_store.ts";
import { s3_source, s3_version_source } from "../../storage/s3_source.ts";
import { hashing_sink, noise, sha1, summary } from "../archive/sinks.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { caught } from "../support/caught.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { BUCKET, client_for, type PhotoStorage, start_photo_storage } from "../support/photo_storage.ts";

let storage: PhotoStorage;

beforeAll(async () => {
  storage = await start_photo_storage();
});

afterAll(() => storage.close());

const bytes = noise(300_000);

interface CountedStore extends PhotoStore {
  readonly sent: string[];
}

/** Notes the commands that are sent, with their ranges. */
const counted_store = (url = storage.url): CountedStore => {
  const s3 = client_for(url);
  const sent: string[] = [];
  s3.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        sent.push(`${commandName} ${"Range" in args.input ? args.input.Range : ""}`.trim());
        return next(args);
      },
    { step: "initialize" },
  );
  return { s3, bucket: BUCKET, sent };
};

describe("a version of an object as a source", () => {
  it("is not asked for before it is read, and no other version is", async () => {
    await storage.put("version.zip", bytes);
    const { ETag: etag = "" } = await storage.store.s3.send(
      new HeadObjectCommand({ Bucket: BUCKET, Key: "version.zip" }),
    );
    const store = counted_store();
    const source = s3_version_source(store, "version.zip", { size: bytes.byteLength, etag });
    expect(source.size).toBe(bytes.byteLength);
    expect(store.sent).toEqual([]);
    expect(Buffer.from(await source.read(5, 9)).equals(bytes.subarray(5, 9))).toBe(true);
    await storage.put("version.zip", noise(300_000, 7));
    expect(await caught(() => source.read(5, 9))).toMatchObject({ code: "read_failed" });
    expect(store.sent).toEqual(["GetObjectCommand bytes=5-8", "GetObjectCommand bytes=5-8"]);
    store.s3.destroy();
  });
});

describe("an object as a source", () => {
  it("gives any range of its bytes, each by one request", async () => {
    await storage.put("a.zip", bytes);
    const store = counted_store();
    const source = await s3_source(store, "a.zip");
    expect(source.size).toBe(bytes.byteLength);
    for (const [start, end] of [
      [0, 300_000],
      [0, 1],
      [299_999, 300_000],
      [1_000, 70_000],
    ] as const) {
      expect(Buffer.from(await source.read(start, end)).equals(bytes.subarray(start, end))).toBe(true);
    }
    expect(await source.read(7, 7)).toHaveLength(0);
    expect(store.sent).toEqual([
      "HeadObjectCommand",
      "GetObjectCommand bytes=0-299999",
      "GetObjectCommand bytes=0-0",
      "GetObjectCommand bytes=299999-299999",
      "GetObjectCommand bytes=1000-69999",
    ]);
    store.s3.destroy();
  });

  it("that is not there is S3's error", async () => {
    expect(await caught(() => s3_source(storage.store, "missing"))).toMatchObject({ name: "NotFound" });
  });

  it("that is replaced fails, clearly and from then on without asking", async () => {
    await storage.put("b.zip", bytes);
    const store = counted_store();
    const source = await s3_source(store, "b.zip");
    await storage.put("b.zip", noise(300_000, 2));
    for (let time = 0; time < 3; time += 1) {
      expect(await caught(() => source.read(0, 10))).toMatchObject({
        name: "ArchiveError",
        code: "read_failed",
        message: "the archive was replaced or deleted while it was read",
        cause: { name: "PreconditionFailed" },
      });
    }
    expect(store.sent).toHaveLength(2);
    store.s3.destroy();
  });

  it("is not asked when the signal has been aborted", async () => {
    await storage.put("c.zip", bytes);
    const signal = AbortSignal.abort();
    expect(await caught(() => s3_source(storage.store, "c.zip", signal))).toMatchObject({
      name: "AbortError",
    });
    const source = await s3_source(storage.store, "c.zip");
    expect(await caught(() => source.read(0, 10, signal))).toMatchObject({ name: "AbortError" });
  });
});

describe("a storage that answers badly", () => {
  /** Answers HEAD rightly, and GET as told; counts connections. */
  const answering = async (
    answer: (response: import("node:http").ServerResponse, nth: number) => void,
  ): Promise<{ store: PhotoStore; open: () => number; close: () => Promise<void> }> => {
    let gets = 0;
    let open = 0;
    const server = createServer((request, response) => {
      if (request.method === "HEAD") {
        response.writeHead(200, { "content-length": 1_000_000, etag: '"e"' }).end();
        return;
      }
      gets += 1;
      answer(response, gets);
    });
    server.on("connection", (socket) => {
      open += 1;
      socket.on("close", () => {
        open -= 1;
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("The server has no port.");
    const s3 = client_for(`http://127.0.0.1:${address.port}`, { maxAttempts: 1 });
    return {
      store: { s3, bucket: BUCKET },
      open: () => open,
      close: async () => {
        s3.destroy();
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await closed;
      },
    };
  };
  const range = { "content-range": "bytes 0-99999/1000000", "content-length": 100_000 };

  it.each([
    ["another range", { "content-range": "bytes 5-100004/1000000", "content-length": 100_000 }, 100_000],
    ["the whole object", { "content-length": 1_000_000 }, 1_000_000],
    ["more than it says", { "content-range": "bytes 0-99999/1000000" }, 100_001],
    ["less than the range", { "content-range": "bytes 0-99999/1000000" }, 99_999],
  ])("with %s is an error", async (_, headers, length) => {
    const server = await answering((response) => response.writeHead(206, headers).end(Buffer.alloc(length)));
    const source = await s3_source(server.store, "x");
    expect(await caught(() => source.read(0, 100_000))).toBeInstanceOf(Error);
    await server.close();
  });

  it("by breaking off is an error, and the next read may succeed", async () => {
    const server = await answering((response, nth) => {
      response.writeHead(206, range);
      if (nth === 1) response.write(Buffer.alloc(50_000), () => response.destroy());
      else response.end(Buffer.alloc(100_000, 7));
    });
    const source = await s3_source(server.store, "x");
    expect(await caught(() => source.read(0, 100_000))).toBeInstanceOf(Error);
    expect(await source.read(0, 100_000)).toEqual(Buffer.alloc(100_000, 7));
    await server.close();
  });

  it("by stalling in the middle of a body is left when the signal is aborted, and its connection with it", async () => {
    const abort = new AbortController();
    const gone = Promise.withResolvers<void>();
    const server = await answering((response) => {
      response.writeHead(206, range);
      response.write(Buffer.alloc(50_000), () => abort.abort(new Error("enough")));
      response.on("close", () => gone.resolve());
    });
    const source = await s3_source(server.store, "x");
    expect(await caught(() => source.read(0, 100_000, abort.signal))).toBeInstanceOf(Error);
    await gone.promise;
    await server.close();
  });

  it("uses one connection for any number of reads, one after the other", async () => {
    let most = 0;
    const server = await answering((response) => {
      most = Math.max(most, server.open());
      response.writeHead(206, range).end(Buffer.alloc(100_000));
    });
    const source = await s3_source(server.store, "x");
    for (let read = 0; read < 100; read += 1) await source.read(0, 100_000);
    expect(most).toBeLessThanOrEqual(2);
    await server.close();
  });
});

describe("an archive in S3", () => {
  const entries = Array.from({ length: 300 }, (_, index) => ({
    name: `${index}.bin`,
    data: noise(3_000 + index, index),
    method: index % 2 === 0 ? 8 : 0,
  }));
  const zip = build_zip({ entries });
  const opened = async (store: PhotoStore, key: string, window_bytes: number): Promise<Archive> =>
    open_archive(windowed_source(await s3_source(store, key), { window_bytes }), { limits: large_limits });

  it("is extracted with one request for each window and few others", async () => {
    await storage.put("many.zip", zip);
    const store = counted_store();
    const outcomes = await extract(await opened(store, "many.zip", 256 * 1024), hashing_sink, {
      concurrency: 16,
    });
    expect(outcomes.map((one) => (one.outcome === "stored" ? one.value.sha1 : one.reason))).toEqual(
      entries.map(({ data }) => sha1(data)),
    );
    expect(store.sent.length).toBeLessThanOrEqual(Math.ceil(zip.byteLength / (256 * 1024)) + 2);
    store.s3.destroy();
  });

  it("that is replaced on the way gives no entry of the other version, and an outcome for each", async () => {
    await storage.put("changing.zip", zip);
    const archive = await opened(storage.store, "changing.zip", 32 * 1024);
    const other = build_zip({ entries: entries.map((entry) => ({ ...entry, data: Buffer.from("other") })) });
    let stored = 0;
    const outcomes = await extract(archive, {
      async write(entry, chunks, ...rest) {
        stored += 1;
        if (stored === 20)
          await storage.put("changing.zip", Buffer.concat([other, Buffer.alloc(zip.length)]));
        return hashing_sink.write(entry, chunks, ...rest);
      },
    });
    const failed = outcomes.flatMap((one) => (one.outcome === "failed" ? [one.reason] : []));
    expect(new Set(failed)).toEqual(new Set(["read_failed"]));
    for (const one of outcomes) {
      if (one.outcome === "stored") expect(one.value.sha1).toBe(sha1(entries[one.entry.index]?.data ?? ""));
    }
  });

  it("goes photo by photo back into S3", async () => {
    const photos = { "1.jpg": jpeg_of(2_000_000), "2.jpg": jpeg_of(9_000_000), "3.jpg": jpeg_of(70_000) };
    const album = build_zip({
      entries: Object.entries(photos).map(([name, data]) => ({ name, data, method: 0 })),
    });
    await storage.put("album.zip", album);
    const archive = await open_archive(windowed_source(await s3_source(storage.store, "album.zip")), {
      limits: large_limits,
    });
    const outcomes = await extract(archive, photo_sink(storage.store, "lena"));
    expect(summary(outcomes)).toEqual(["1.jpg: stored", "2.jpg: stored", "3.jpg: stored"]);
    const keys = (await storage.keys()).filter((key) => key.startsWith("lena/"));
    const sizes = await Promise.all(keys.map(async (key) => (await s3_source(storage.store, key)).size));
    expect(sizes.sort((a, b) => a - b)).toEqual([70_000, 2_000_000, 9_000_000]);
  });
});
