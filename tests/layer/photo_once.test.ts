import { describe, expect, it, vi } from "vitest";
import type { NewObject } from "../../layer/new_photo.ts";
import { parse_photo_key } from "../../layer/photo_keys.ts";
import type { PresentPhoto } from "../../layer/photo_metadata.ts";
import { find_photo_once, type Look, write_photo_once } from "../../layer/photo_once.ts";
import { caught } from "../support/caught.ts";

const TIMES = [3_000, 2_000, 1_000].map((time) => new Date(time));
const ORIGIN = { id: "upload/7", times: TIMES };
const time_of = (key: string): number | undefined => parse_photo_key(key)?.uploaded_at.getTime();

const s3_error = (name: string): Error => Object.assign(new Error("As S3 words it."), { name });

/** A storage of photos by the milliseconds of their keys, each with the origin that it says to have. */
function storage(photos: Readonly<Record<number, string | undefined>> = {}) {
  const there = new Map<number, string | undefined>(
    Object.entries(photos).map(([time, origin]) => [Number(time), origin]),
  );
  const write = vi.fn(async ({ Key, Metadata }: NewObject): Promise<void> => {
    const time = time_of(Key) ?? -1;
    if (there.has(time)) throw s3_error("PreconditionFailed");
    there.set(time, Metadata["upload-id"]);
  });
  const look: Look = async (key) => {
    const time = time_of(key) ?? -1;
    return there.has(time) ? { origin: there.get(time), size: 5, content_type: "image/png" } : undefined;
  };
  return { there, write, look };
}

describe("write_photo_once", () => {
  it("writes under the first key, on condition that it is free, with name and origin", async () => {
    const { write, look } = storage();
    const { filename } = await write_photo_once("a/b", "Beach/ü.jpg", ORIGIN, write, look);
    expect(filename).toBe("19700101T000003000Z_ü.jpg");
    expect(write).toHaveBeenCalledExactlyOnceWith({
      Key: `a%2Fb/${filename}`,
      IfNoneMatch: "*",
      Metadata: { "original-name": "Beach%2F%C3%BC.jpg", "upload-id": "upload/7" },
    });
  });

  it("takes the next key where another photo has the first, and none where it finds its own", async () => {
    const { write, look, there } = storage({ 3000: undefined });
    const first = await write_photo_once("ann", "a.jpg", ORIGIN, write, look);
    expect(first.filename).toBe("19700101T000002000Z_a.jpg");
    expect(await write_photo_once("ann", "a.jpg", ORIGIN, write, look)).toEqual(first);
    expect(there.size).toBe(2);
  });

  it("tells entries of one upload apart, and uploads of one entry", async () => {
    const { write, look } = storage({ 3000: "upload/70", 2000: "upload" });
    expect(await write_photo_once("ann", "a.jpg", ORIGIN, write, look)).toEqual({
      filename: "19700101T000001000Z_a.jpg",
    });
  });

  it("fails where other photos have all keys", async () => {
    const { write, look } = storage({ 3000: "x", 2000: "y", 1000: undefined });
    expect(await caught(() => write_photo_once("ann", "a.jpg", ORIGIN, write, look))).toMatchObject({
      message: "other photos have every key that this one could have",
    });
  });

  it("tries a key again that is being written to, or whose photo has gone meanwhile", async () => {
    const { write, look } = storage();
    write.mockRejectedValueOnce(s3_error("ConditionalRequestConflict"));
    write.mockRejectedValueOnce(s3_error("PreconditionFailed"));
    expect(await write_photo_once("ann", "a.jpg", ORIGIN, write, look)).toEqual({
      filename: "19700101T000003000Z_a.jpg",
    });
    expect(write).toHaveBeenCalledTimes(3);
  });

  it("lets every other failure through, that of looking too", async () => {
    const refused = s3_error("AccessDenied");
    const { write, look } = storage({ 3000: "x" });
    write.mockRejectedValueOnce(refused);
    expect(await caught(() => write_photo_once("ann", "a.jpg", ORIGIN, write, look))).toBe(refused);
    const blind: Look = async () => {
      throw refused;
    };
    expect(await caught(() => write_photo_once("ann", "a.jpg", ORIGIN, write, blind))).toBe(refused);
  });

  it("writes one photo, whoever else tries the same at the same time", async () => {
    const { write, look, there } = storage({ 3000: "x" });
    const filenames = await Promise.all(
      Array.from({ length: 20 }, () => write_photo_once("ann", "a.jpg", ORIGIN, write, look)),
    );
    expect(new Set(filenames.map(({ filename }) => filename)).size).toBe(1);
    expect(there.size).toBe(2);
  });
});

describe("find_photo_once", () => {
  const found = (photos?: Parameters<typeof storage>[0]) =>
    find_photo_once("ann", "a.jpg", ORIGIN, storage(photos).look);

  it("finds the photo wherever it would have been written", async () => {
    const photo: PresentPhoto = { origin: ORIGIN.id, size: 5, content_type: "image/png" };
    expect(await found({ 3000: ORIGIN.id })).toEqual({ ...photo, filename: "19700101T000003000Z_a.jpg" });
    expect(await found({ 3000: "x", 2000: ORIGIN.id })).toEqual({
      ...photo,
      filename: "19700101T000002000Z_a.jpg",
    });
  });

  it("finds none where none was written", async () => {
    expect(await found()).toBeUndefined();
    expect(await found({ 3000: undefined })).toBeUndefined();
    expect(await found({ 3000: "x", 2000: "x", 1000: "x" })).toBeUndefined();
  });
});
