import { afterAll, describe, expect, it } from "vitest";
import { sha256_of } from "../../layer/sha256.ts";
import { known_filename } from "../../storage/known_photo.ts";
import { delete_photo, put_photo } from "../../storage/photo_store.ts";
import { caught_problem } from "../support/caught.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { scripted_server } from "../support/scripted_server.ts";

const storage = await start_photo_storage({ may_list: () => false });
afterAll(storage.close);
const store = { ...storage.store, finds_duplicates: true };
const { signal } = new AbortController();

const bytes = jpeg_of(700);
const local = { size: 700, checksum: sha256_of(bytes) };

describe("known_filename", () => {
  it("is that of the photo, as long as it is there", async () => {
    expect(await known_filename(store, "ann", local, signal)).toBeUndefined();
    const photo = { name: "a.jpg", bytes, content_type: "image/jpeg" };
    const { filename } = await put_photo(store, "ann", photo, signal);
    expect(await known_filename(store, "ann", local, signal)).toBe(filename);
    expect(await known_filename(store, "bob", local, signal)).toBeUndefined();
    expect(await known_filename(store, "ann", { ...local, size: 701 }, signal)).toBeUndefined();
    await delete_photo(store, "ann", filename, signal);
    expect(await known_filename(store, "ann", local, signal)).toBeUndefined();
  });

  it("is not taken for unknown while S3 is out of order", async () => {
    const server = await scripted_server(() => ({ status: 503 }));
    const failing = {
      s3: client_for(server.url, { maxAttempts: 1 }),
      bucket: BUCKET,
      finds_duplicates: true,
    };
    const asking = () => known_filename(failing, "ann", local, signal);
    expect((await caught_problem(asking)).code).toBe("storage_unavailable");
    failing.s3.destroy();
    await server.close();
  });
});
