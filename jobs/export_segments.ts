/** What is recorded of the segments of an export: once, and then never done again. */
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { type ExportKey, export_segment_key, export_segments_prefix } from "@photo-uploader/layer";
import * as z from "zod/mini";
import type { PhotoStore } from "../storage/photo_store.ts";
import { s3_answer } from "../storage/s3.ts";
import { in_order } from "./in_order.ts";
import { type Dated, read_dated_state, settle_state } from "./state.ts";

const segment = z.object({
  /** The name of the object that has its bytes. */
  part: z.string(),
  etag: z.string(),
  /** Of these bytes; eight hexadecimal digits. */
  crc32: z.string(),
  /** Of the archive, up to the end of this segment. */
  bytes: z.number(),
  /** Of the photos that have ended with this segment, and of the one that goes on. */
  photo_bytes: z.number(),
  /** Each photo that ends in this segment: its CRC-32 and where its header is; null for one that is gone. */
  ended: z.array(z.nullable(z.tuple([z.number(), z.number()]))),
  /** Where the next one goes on: at which photo of the plan, and at which of its bytes. */
  next: z.object({ photo: z.number(), at: z.number() }),
  /** The photo that goes on there, unless it is gone. */
  open: z.nullable(
    z.object({
      header_offset: z.number(),
      /** Of its bytes that are in the archive. */
      crc32: z.number(),
    }),
  ),
  /** Of the whole export: photos that were asked for, and bytes of those that were planned. */
  total: z.object({ photos: z.number(), bytes: z.number() }),
  /** Whether it ends with the directory. */
  last: z.boolean(),
});
export type Segment = z.infer<typeof segment>;

/** All that have been recorded, in their order. */
export async function read_segments(
  store: PhotoStore,
  job: ExportKey,
  signal: AbortSignal,
): Promise<Segment[]> {
  const segments: Segment[] = [];
  const read = (number: number, call_off: AbortSignal) => read_segment(store, job, number, call_off);
  const numbers = Array.from({ length: await count_segments(store, job, signal) }, (_, number) => number);
  const bounds = { at_once: 16, weight: numbers.length, weigh: () => 1, signal };
  for await (const [, found] of in_order(numbers, read, bounds)) segments.push(found);
  return segments;
}

/** There is one before each, so that their number says which there are. */
export async function count_segments(
  { s3, bucket }: PhotoStore,
  job: ExportKey,
  abortSignal: AbortSignal,
): Promise<number> {
  const Prefix = export_segments_prefix(job);
  let count = 0;
  for (let StartAfter = Prefix; ; ) {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix, StartAfter });
    const { Contents = [], IsTruncated } = await s3_answer(s3.send(command, { abortSignal }));
    count += Contents.length;
    const last = Contents.at(-1)?.Key;
    if (!IsTruncated || last === undefined) return count;
    StartAfter = last;
  }
}

export async function read_segment(
  store: PhotoStore,
  job: ExportKey,
  number: number,
  signal: AbortSignal,
): Promise<Segment> {
  const found = await read_dated_segment(store, job, number, signal);
  if (found === undefined) throw new Error("a segment is not there any more");
  return found.state;
}

/** undefined while there is none. */
export const read_dated_segment = (
  store: PhotoStore,
  job: ExportKey,
  number: number,
  signal: AbortSignal,
): Promise<Dated<Segment> | undefined> =>
  read_dated_state(store, export_segment_key(job, number), segment, signal);

/** Keeps the record unless there is one, and gives back the one that is there then. */
export const settle_segment = (
  store: PhotoStore,
  job: ExportKey,
  number: number,
  made: Segment,
  signal: AbortSignal,
): Promise<Segment> => settle_state(store, export_segment_key(job, number), segment, made, signal);
