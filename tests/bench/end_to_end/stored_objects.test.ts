import { CreateMultipartUploadCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { check_objects, content_hashes, remove_objects } from "../../../bench/end_to_end/stored_objects.ts";
import { jpeg_of } from "../../support/fixture_photos.ts";
import { BUCKET, client_for, type PhotoStorage, start_photo_storage } from "../../support/photo_storage.ts";

const photos = [jpeg_of(3_000), jpeg_of(4_000)];
const expected = content_hashes(photos);

let storage: PhotoStorage;
let s3: S3Client;

beforeAll(async () => {
  storage = await start_photo_storage();
  s3 = client_for(storage.url);
});

afterAll(async () => {
  s3.destroy();
  await storage.close();
});

beforeEach(() => remove_objects(s3, BUCKET, "out"));

const check = (hashes = expected) => check_objects(s3, BUCKET, "out", hashes);

describe("check_objects", () => {
  it("is content with the same bytes under any names", async () => {
    await storage.put("out/b.jpg", photos[0]);
    await storage.put("out/1/a.jpg", photos[1]);
    await storage.put("elsewhere/c.jpg", jpeg_of(5_000));
    await expect(check()).resolves.toBeUndefined();
  });

  it("misses an object", async () => {
    await storage.put("out/a.jpg", photos[0]);
    await expect(check()).rejects.toThrow("stored 1 objects of 2");
  });

  it("sees a byte that is wrong", async () => {
    await storage.put("out/a.jpg", photos[0]);
    await storage.put("out/b.jpg", Buffer.from(photos[1] ?? "").fill(0, 3_999));
    await expect(check()).rejects.toThrow("stored other bytes");
  });

  it("reads what came in parts", async () => {
    const large = jpeg_of(6_000_000);
    const params = { Bucket: BUCKET, Key: "out/large.jpg", Body: large };
    await new Upload({ client: s3, params }).done();
    await expect(check(content_hashes([large]))).resolves.toBeUndefined();
    await expect(check(content_hashes([large.fill(0, 5_999_999)]))).rejects.toThrow("stored other bytes");
  });

  it("finds uploads that have not been ended, which removing them ends", async () => {
    for (const [i, photo] of photos.entries()) await storage.put(`out/${i}.jpg`, photo);
    await s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: "out/begun.jpg" }));
    await expect(check()).rejects.toThrow("left 1 uploads");
    await remove_objects(s3, BUCKET, "out");
    await expect(check([])).resolves.toBeUndefined();
  });
});
