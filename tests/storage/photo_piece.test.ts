import { afterAll, describe, expect, it } from "vitest";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { read_piece } from "../../storage/photo_piece.ts";
import { caught_problem } from "../support/caught.ts";
import { start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

let may_list = true;
const { store, put, close } = await start_photo_storage({ may_list: () => may_list });
quiet();
afterAll(close);

const { signal } = new AbortController();
const filename = photo_filename(new Date(), "a.jpg");
await put(photo_key("ann", filename), "0123456789");
const piece = { filename, size: 10, start: 0, end: 10 };
const text = async (change: Partial<typeof piece>) =>
  Buffer.from((await read_piece(store, "ann", { ...piece, ...change }, signal)) ?? "gone").toString();

describe("a piece of a photo", () => {
  it.each([
    [{}, "0123456789"],
    [{ end: 1 }, "0"],
    [{ start: 3, end: 7 }, "3456"],
    [{ start: 9 }, "9"],
  ])("%j is %j", async (change, bytes) => {
    expect(await text(change)).toBe(bytes);
  });

  it.each([true, false])("is undefined of a photo that is gone, where S3 may say so: %s", async (may) => {
    may_list = may;
    expect(await text({ filename: photo_filename(new Date(0), "a.jpg") })).toBe("gone");
    expect(await read_piece(store, "eve", piece, signal)).toBeUndefined();
    may_list = true;
  });

  it("is refused where the photo has another length", async () => {
    expect((await caught_problem(() => text({ size: 9, end: 9 }))).code).toBe("storage_unavailable");
    expect((await caught_problem(() => text({ size: 20, start: 5, end: 20 }))).code).toBe(
      "storage_unavailable",
    );
  });
});
