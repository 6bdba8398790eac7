import { afterAll, describe, expect, it } from "vitest";
import { sha256_of } from "../../layer/sha256.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { tail_keeper } from "../../storage/file_ends.ts";
import { FileChanged, file_sha256, file_tail } from "../../storage/file_sha256.ts";
import { quarantined_file } from "../../storage/quarantine.ts";
import { caught } from "../support/caught.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { start_photo_storage } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";

const { store, close } = await start_photo_storage();
afterAll(close);
const { signal } = new AbortController();

const reads = { file_sha256, file_tail };

describe("file_tail", () => {
  it("reads the end of the file, and no other version of it", async () => {
    for (const length of [3_000_000, 65_536, 100]) {
      const bytes = jpeg_of(length);
      const upload = await quarantined(store, bytes);
      const etag = (await quarantined_file(store, upload, signal))?.etag ?? "";
      const tail = Buffer.from(await file_tail(store, upload, etag, signal));
      expect(tail.equals(bytes.subarray(-65_536))).toBe(true);
      await quarantined(store, jpeg_of(10), upload);
      expect(await caught(() => file_tail(store, upload, etag, signal))).toBeInstanceOf(FileChanged);
    }
  });
});

describe("file_sha256", () => {
  it("reads the whole file, and no other version of it", async () => {
    const bytes = jpeg_of(3_000_000);
    const upload = await quarantined(store, bytes);
    const etag = (await quarantined_file(store, upload, signal))?.etag ?? "";
    expect(await file_sha256(store, upload, etag, signal)).toBe(sha256_of(bytes));
    await quarantined(store, jpeg_of(10), upload);
    expect(await caught(() => file_sha256(store, upload, etag, signal))).toBeInstanceOf(FileChanged);
  });

  it("hands the file on", async () => {
    const bytes = jpeg_of(300_000);
    const upload = await quarantined(store, bytes);
    const etag = (await quarantined_file(store, upload, signal))?.etag ?? "";
    const { through, tail } = tail_keeper();
    expect(await file_sha256(store, upload, etag, signal, through)).toBe(sha256_of(bytes));
    expect(Buffer.from(tail()).equals(bytes.subarray(-65_536))).toBe(true);
  });
});

describe.each(["file_sha256", "file_tail"] as const)("%s", (name) => {
  const read = reads[name];

  it("throws where the file has gone, or the time is up", async () => {
    const gone = { user: "ann", id: new_upload_id() };
    expect(await caught(() => read(store, gone, '"e"', signal))).toMatchObject({ name: "NoSuchKey" });
    const upload = await quarantined(store, jpeg_of(3_000_000));
    const etag = (await quarantined_file(store, upload, signal))?.etag ?? "";
    const over = AbortSignal.abort(new Error("The time is up."));
    expect(await caught(() => read(store, upload, etag, over))).toBeInstanceOf(Error);
  });
});
