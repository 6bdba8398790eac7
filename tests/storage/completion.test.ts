import { afterAll, describe, expect, it } from "vitest";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { complete } from "../../storage/completion.ts";
import type { Refusal } from "../../storage/outcome.ts";
import { record_outcome } from "../../storage/outcome.ts";
import { caught_problem } from "../support/caught.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { start_photo_storage } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";

const storage = await start_photo_storage({ may_list: () => false });
afterAll(storage.close);
const store = { ...storage.store, patient_s3: storage.store.s3 };

const { signal } = new AbortController();

describe("complete", () => {
  it("admits what has arrived, and finds the same when it is asked again", async () => {
    const { user, id } = await quarantined(store, jpeg_of(900));
    const upload = { id, kind: "photo", size: 900 } as const;
    const completed = await complete(store, user, upload, signal);
    expect(completed).toMatchObject({ outcome: { outcome: "photo", size: 900 }, first: true });
    expect(await complete(store, user, upload, signal)).toEqual({ ...completed, first: false });
  });

  it("says that nothing has arrived, of parts that were never sent, too", async () => {
    for (const multipart of [undefined, "an-upload-that-was-cancelled"]) {
      const upload = { id: new_upload_id(), kind: "photo", size: 900, multipart } as const;
      expect(await caught_problem(() => complete(store, "ann", upload, signal))).toMatchObject({
        code: "upload_incomplete",
        statusCode: 409,
      });
    }
  });

  it("says why it was refused, and what to do, for each reason", async () => {
    const reasons: readonly Refusal[] = [
      "not_an_image",
      "not_an_archive",
      "size_mismatch",
      "checksum_mismatch",
      "undeclared",
    ];
    const details = reasons.map(async (reason) => {
      const upload = { id: new_upload_id(), kind: "photo", size: 900 } as const;
      await record_outcome(store, { user: "ann", id: upload.id }, { outcome: "refused", reason }, signal);
      const refusal = await caught_problem(() => complete(store, "ann", upload, signal));
      expect(refusal).toMatchObject({ code: "upload_refused", statusCode: 422, details: { reason } });
      return refusal.details.detail;
    });
    expect(new Set(await Promise.all(details)).size).toBe(reasons.length);
  });
});
