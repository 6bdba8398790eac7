import { afterAll, describe, expect, it } from "vitest";
import { type ExportPlan, read_export_plan, settle_export_plan } from "../../jobs/export_plan.ts";
import { export_plan_key } from "../../layer/export_keys.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { caught } from "../support/caught.ts";
import { start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

const { store, put, close } = await start_photo_storage();
quiet();
afterAll(close);

const { signal } = new AbortController();
const plan = (missing: string): ExportPlan => ({
  photos: [
    ["20261123T101530123Z_a.jpg", 7],
    ["20261123T101530124Z_a.jpg", 7, "a (2).jpg"],
  ],
  bytes: 14,
  segment_bytes: 16,
  missing: [missing],
});

describe("the plan that is kept", () => {
  it("is the first one, whoever comes with another", async () => {
    const job = { user: "ann", id: new_upload_id() };
    expect(await read_export_plan(store, job, signal)).toBeUndefined();
    const settled = await Promise.all(
      ["a", "b", "c"].map((missing) => settle_export_plan(store, job, plan(missing), signal)),
    );
    expect(new Set(settled.map((one) => JSON.stringify(one))).size).toBe(1);
    expect((await read_export_plan(store, job, signal))?.state).toEqual(settled[0]);
    expect(await settle_export_plan(store, job, { refused: "too_many_photos" }, signal)).toEqual(settled[0]);
  });

  it("may be a refusal", async () => {
    const job = { user: "ann", id: new_upload_id() };
    await settle_export_plan(store, job, { refused: "too_many_photos" }, signal);
    const found = await read_export_plan(store, job, signal);
    expect(found?.state).toEqual({ refused: "too_many_photos" });
    expect(Math.abs((found?.at.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it("is not read where it is no plan", async () => {
    const job = { user: "ann", id: new_upload_id() };
    await put(export_plan_key(job), '{"photos":7}');
    expect(await caught(() => read_export_plan(store, job, signal))).toBeInstanceOf(Error);
  });
});
