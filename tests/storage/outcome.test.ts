import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { new_upload_id, outcome_key, type UploadKey } from "../../layer/upload_keys.ts";
import { type Outcome, read_outcome, record_outcome } from "../../storage/outcome.ts";
import { caught } from "../support/caught.ts";
import { BUCKET, start_photo_storage } from "../support/photo_storage.ts";

const { store, close } = await start_photo_storage({ may_list: () => false });
afterAll(close);

const { signal } = new AbortController();

const PHOTO: Outcome = { outcome: "photo", filename: "x", size: 7, content_type: "image/png" };
const REFUSED: Outcome = { outcome: "refused", reason: "not_an_image" };
const ARCHIVE: Outcome = { outcome: "archive" };

const upload = (): UploadKey => ({ user: "a/b", id: new_upload_id() });

describe("an outcome", () => {
  it.each([PHOTO, REFUSED, ARCHIVE])("is read as it was recorded: %j", async (outcome) => {
    const of = upload();
    expect(await read_outcome(store, of, signal)).toBeUndefined();
    expect(await record_outcome(store, of, outcome, signal)).toEqual({ outcome, first: true });
    expect(await read_outcome(store, of, signal)).toEqual(outcome);
  });

  it("stays what it was at first", async () => {
    const of = upload();
    await record_outcome(store, of, REFUSED, signal);
    expect(await record_outcome(store, of, PHOTO, signal)).toEqual({ outcome: REFUSED, first: false });
    expect(await read_outcome(store, of, signal)).toEqual(REFUSED);
  });

  it.each(["", "{", "null", '{"outcome":"photo"}', '{"outcome":"refused","reason":"mood"}'])(
    "that cannot be read is no outcome: %j",
    async (Body) => {
      const of = upload();
      await store.s3.send(
        new PutObjectCommand({ Bucket: BUCKET, Key: outcome_key(of), Body: Buffer.from(Body) }),
      );
      expect(await caught(() => read_outcome(store, of, signal))).toBeInstanceOf(Error);
    },
  );
});
