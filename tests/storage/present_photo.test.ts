import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { photo_metadata } from "../../layer/photo_metadata.ts";
import { photo_at } from "../../storage/present_photo.ts";
import { caught } from "../support/caught.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { scripted_server } from "../support/scripted_server.ts";

const { store, close } = await start_photo_storage({ may_list: () => false });
afterAll(close);
const { signal } = new AbortController();

describe("photo_at", () => {
  it("gives what the photo's metadata says, and nothing where there is none", async () => {
    const Metadata = photo_metadata("a.jpg", { sha256: "5".repeat(64) }, "upload/7");
    const object = { Bucket: BUCKET, Key: "ann/x", Body: "12345", ContentType: "image/png", Metadata };
    await store.s3.send(new PutObjectCommand(object));
    expect(await photo_at(store, "ann/x", signal)).toEqual({
      origin: "upload/7",
      sha256: "5".repeat(64),
      size: 5,
      content_type: "image/png",
    });
    expect(await photo_at(store, "ann/y", signal)).toBeUndefined();
  });

  it.each([500, 503])("throws where S3 answers %i", async (status) => {
    const server = await scripted_server(() => ({ status }));
    const failing = { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
    expect(await caught(() => photo_at(failing, "ann/x", signal))).toBeInstanceOf(Error);
    failing.s3.destroy();
    await server.close();
  });
});
