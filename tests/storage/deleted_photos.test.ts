/** What is listed of versions, whatever their number; that they are restored is in tests/handlers/restore.test.ts. */
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { list_kept_photos } from "../../storage/deleted_photos.ts";
import { newest_first } from "../../storage/newest_first.ts";
import { in_utf8_order } from "../support/listing.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { scripted_server } from "../support/scripted_server.ts";

const { store, close } = await start_photo_storage();
afterAll(close);
const { signal } = new AbortController();

const put = (user: string, filename: string) =>
  store.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: photo_key(user, filename), Body: filename }));
const remove = (user: string, filename: string) =>
  store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: photo_key(user, filename) }));

describe("list_kept_photos", () => {
  it("has each photo once, whether there or deleted, whatever was done to it", async () => {
    const act = fc.tuple(
      fc.constantFrom("a.jpg", "a.jpg.jpg", "\uffe0.jpg", "\u{1f4f7}.jpg"),
      fc.integer({ min: 0, max: 2 }),
      fc.boolean(),
    );
    let users = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 20 }), async (acts) => {
        users += 1;
        const user = `user-${users}`;
        const there = new Map<string, boolean>();
        const gone = new Set<string>();
        for (const [name, at, writes] of acts) {
          const filename = photo_filename(new Date(at), name);
          await (writes ? put(user, filename) : remove(user, filename));
          if (writes || there.has(filename)) there.set(filename, writes);
          else gone.add(filename);
        }
        const { photos: kept, next } = await list_kept_photos(store, user, "", signal);
        expect(next).toBeUndefined();
        const photos = kept.filter(({ is_gone }) => !is_gone);
        expect(photos.map(({ filename }) => filename)).toEqual(in_utf8_order([...there.keys()]));
        const of_gone = kept.filter(({ is_gone }) => is_gone).map(({ filename }) => filename);
        expect(of_gone).toEqual(in_utf8_order([...gone].filter((filename) => !there.has(filename))));
        for (const { filename, deleted_at, size } of photos) {
          expect(deleted_at === undefined).toBe(there.get(filename));
          expect(size).toBe(Buffer.byteLength(filename));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("passes no version on that a page of S3 has cut off from the others of its key", async () => {
    // 340 photos of four versions each, so that the first page of 1,000 ends at the last one of a key, and others within.
    const user = "paged";
    const filenames = Array.from({ length: 340 }, (_, at) => photo_filename(new Date(at * 1_000), "a.jpg"));
    for (const [at, filename] of filenames.entries()) {
      await put(user, filename);
      await remove(user, filename);
      await put(user, filename);
      if (at % 3 > 0) await remove(user, filename);
    }
    const seen: [string, boolean][] = [];
    for await (const { photos } of newest_first((after) => list_kept_photos(store, user, after, signal))) {
      seen.push(
        ...photos.map(({ filename, deleted_at }): [string, boolean] => [filename, deleted_at !== undefined]),
      );
    }
    expect(seen).toEqual(
      filenames.map((filename, at): [string, boolean] => [filename, at % 3 > 0]).reverse(),
    );
  });

  it("reads on where a page holds nothing but versions of one key", async () => {
    const filename = photo_filename(new Date(0), "a.jpg");
    const key = photo_key("ann", filename);
    const entry = (kind: string, latest: boolean, more = "") =>
      `<${kind}><Key>${key}</Key><VersionId>v</VersionId><IsLatest>${latest}</IsLatest>` +
      `<LastModified>2026-11-23T10:00:00.000Z</LastModified>${more}</${kind}>`;
    const page = (content: string, more: boolean) => ({
      status: 200,
      headers: { "content-type": "application/xml" },
      body:
        `<?xml version="1.0"?><ListVersionsResult><IsTruncated>${more}</IsTruncated>` +
        `${more ? `<NextKeyMarker>${key}</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>` : ""}` +
        `${content}</ListVersionsResult>`,
    });
    const server = await scripted_server((_, earlier) =>
      earlier === 0
        ? page(entry("DeleteMarker", true) + entry("DeleteMarker", false), true)
        : page(entry("Version", false, "<Size>7</Size>"), false),
    );
    const s3 = client_for(server.url);
    const { photos } = await list_kept_photos({ s3, bucket: BUCKET }, "ann", "", signal);
    s3.destroy();
    await server.close();
    expect(photos).toMatchObject([{ filename, size: 7, deleted_at: new Date("2026-11-23T10:00:00Z") }]);
    expect(server.requests[1]?.url).toContain("version-id-marker=v");
  });
});
