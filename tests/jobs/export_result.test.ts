import { afterAll, describe, expect, it } from "vitest";
import { read_export_result, settle_export_result } from "../../jobs/export_result.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

const { store, close } = await start_photo_storage();
quiet();
afterAll(close);

const { signal } = new AbortController();

describe("the result of an export", () => {
  it("is the first one, whoever comes with another", async () => {
    const job = { user: "ann", id: new_upload_id() };
    expect(await read_export_result(store, job, signal)).toBeUndefined();
    const done = { photos: 1, bytes: 0, missing: ["x"] };
    expect(await settle_export_result(store, job, done, signal)).toEqual(done);
    expect(await settle_export_result(store, job, { ...done, missing: [] }, signal)).toEqual(done);
    expect((await read_export_result(store, job, signal))?.state).toEqual(done);
  });
});
