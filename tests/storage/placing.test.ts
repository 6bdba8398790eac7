import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { NewObject } from "../../layer/new_photo.ts";
import { place_photo } from "../../storage/placing.ts";
import { BUCKET, start_photo_storage } from "../support/photo_storage.ts";

const { store, keys, close } = await start_photo_storage({ may_list: () => false });
afterAll(close);
const { signal } = new AbortController();

const put = (object: NewObject) =>
  store.s3.send(new PutObjectCommand({ Bucket: BUCKET, Body: "12345", ...object }));
const never = vi.fn();
const photo = { user: "ann", original_name: "a.jpg", facts: { sha256: "5".repeat(64) } };

describe("place_photo", () => {
  it("writes a photo once, however many write it at once, by claims that are in S3", async () => {
    const placed = await Promise.all(
      Array.from({ length: 20 }, () => place_photo(store, photo, put, never, signal)),
    );
    expect(new Set(placed.map(({ filename }) => filename)).size).toBe(1);
    expect(placed.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await keys()).toEqual([`.checksums/ann/${"5".repeat(64)}`, `ann/${placed[0]?.filename}`]);
    expect(never).not.toHaveBeenCalled();
  });

  it("leaves a photo that is not compared to the other way", async () => {
    const before = await keys();
    const otherwise = async () => ({ filename: "f" });
    expect(await place_photo(store, { ...photo, facts: {} }, never, otherwise, signal)).toEqual({
      filename: "f",
      duplicate: false,
    });
    expect(await keys()).toEqual(before);
  });
});
