import { afterAll, describe, expect, it } from "vitest";
import {
  count_segments,
  read_segment,
  read_segments,
  type Segment,
  settle_segment,
} from "../../jobs/export_segments.ts";
import { new_upload_id } from "../../layer/upload_keys.ts";
import { caught } from "../support/caught.ts";
import { start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";

const { store, close } = await start_photo_storage();
quiet();
afterAll(close);

const { signal } = new AbortController();
const segment = (part: number): Segment => ({
  part: String(part),
  etag: `"${part}"`,
  crc32: "00000000",
  bytes: part * 100,
  photo_bytes: part * 90,
  ended: [[7, 0], null],
  next: { photo: 2 * part, at: 0 },
  open: null,
  total: { photos: 100, bytes: 9_000 },
  last: false,
});

describe("the segments that are recorded", () => {
  it("are read in their order, and counted", async () => {
    const job = { user: "ann", id: new_upload_id() };
    expect(await read_segments(store, job, signal)).toEqual([]);
    expect(await count_segments(store, job, signal)).toBe(0);
    const segments = Array.from({ length: 40 }, (_, number) => segment(number));
    await Promise.all(segments.map((one, number) => settle_segment(store, job, number, one, signal)));
    await settle_segment(store, { user: "ann", id: new_upload_id() }, 0, segment(7), signal);
    expect(await read_segments(store, job, signal)).toEqual(segments);
    expect(await count_segments(store, job, signal)).toBe(40);
    expect(await read_segment(store, job, 39, signal)).toEqual(segments[39]);
  });

  it("are those of who came first", async () => {
    const job = { user: "ann", id: new_upload_id() };
    const settled = await Promise.all(
      [1, 2, 3].map((part) => settle_segment(store, job, 0, segment(part), signal)),
    );
    expect(new Set(settled.map(({ part }) => part)).size).toBe(1);
    expect(await read_segments(store, job, signal)).toEqual(settled.slice(0, 1));
  });

  it("are missed where they are gone", async () => {
    const job = { user: "ann", id: new_upload_id() };
    expect(await caught(() => read_segment(store, job, 0, signal))).toBeInstanceOf(Error);
  });
});
