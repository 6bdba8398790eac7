/** A windowed source that is watched from both sides: what is fetched for it, and what of that is still wanted. */
import type { ByteSource, ReadAhead, Region, WindowOptions } from "../../archive/index.ts";
import { windowed_source } from "../../archive/index.ts";

export interface Watch {
  /** Reads of what lies below the windows, those that failed among them. */
  reads: number;
  under_way: number;
  /** The longest read that was made for a window. */
  longest: number;
  /** The most bytes at a time that were fetched or being fetched for the windows, and not yet read by all who want them. */
  most_held: number;
  /** What `most_held` may be: the windows, or as many as one read was long. */
  bound: number;
  /** Bytes that were fetched for a window more than once. */
  twice: number;
  /** Reads of what was not announced. */
  strays: number;
  /** The memories that were given to read into. */
  readonly memories: Set<ArrayBufferLike>;
}

export interface WatchedSource extends ByteSource {
  readonly watch: Watch;
}

interface Fetch extends Region {
  state: "under_way" | "arrived" | "failed";
  /** One that was called off holds nothing, though its promise has yet to settle. */
  readonly signal: AbortSignal | undefined;
}

interface Asked extends Region {
  /** What of the region was asked for so far, or is no longer wanted, ends here. */
  position: number;
}

export interface WatchOptions extends Required<WindowOptions> {
  /** Whether the source has memory of its own, and does not use that of the windows. */
  readonly own_memory?: boolean;
}

/** `before` each read, counted from 1, may wait, or throw in its place. */
export function watched_source(
  bytes: Uint8Array,
  options: WatchOptions,
  before: (nth: number) => Promise<void> | void = () => {},
): WatchedSource {
  const { window_bytes, windows, own_memory = false } = options;
  const watch = {
    reads: 0,
    under_way: 0,
    longest: 0,
    most_held: 0,
    bound: windows * window_bytes,
    twice: 0,
    strays: 0,
    memories: new Set<ArrayBufferLike>(),
  };
  const fetches: Fetch[] = [];
  let regions: Asked[] | undefined;

  const note = (fetch: Fetch) => {
    if (regions === undefined) return;
    for (const other of fetches) if (other.state !== "failed") watch.twice += shared_bytes(other, fetch);
    fetches.push(fetch);
    watch.longest = Math.max(watch.longest, fetch.end - fetch.start);
    watch.most_held = Math.max(watch.most_held, held_bytes(fetches, regions));
  };
  const below: ByteSource = {
    size: bytes.byteLength,
    async read(start, end, signal, into) {
      const fetch: Fetch = { start, end, state: "under_way", signal };
      note(fetch);
      watch.reads += 1;
      watch.under_way += 1;
      // Whoever still looks at what was in this memory before is to see that it is not theirs.
      into?.fill(0xaa);
      if (into !== undefined) watch.memories.add(into.buffer);
      try {
        await before(watch.reads);
        signal?.throwIfAborted();
        fetch.state = "arrived";
        if (into === undefined || own_memory) return Buffer.from(bytes.subarray(start, end));
        into.set(bytes.subarray(start, end));
        return into;
      } catch (error) {
        fetch.state = "failed";
        into?.fill(0x55);
        throw error;
      } finally {
        watch.under_way -= 1;
      }
    },
  };
  const windowed = windowed_source(below, options);
  return {
    ...windowed,
    watch,
    read_ahead(announced) {
      const asked = announced.map((region) => ({ ...region, position: region.start }));
      regions = asked;
      const ahead = windowed.read_ahead?.(announced);
      if (ahead === undefined) throw new Error("a windowed source reads ahead");
      return watched_ahead(ahead, asked, watch, window_bytes);
    },
  };
}

function watched_ahead(ahead: ReadAhead, regions: Asked[], watch: Watch, window_bytes: number): ReadAhead {
  const region_of = (offset: number) => regions.findLast(({ start }) => start <= offset);
  return {
    size: ahead.size,
    beside: ahead.beside,
    read(start, end, signal) {
      const region = region_of(start);
      if (region === undefined || end > region.end) watch.strays += 1;
      else region.position = Math.max(region.position, end);
      // A read may begin at the last byte of one window and end at the first of another.
      watch.bound = Math.max(watch.bound, (Math.ceil((end - start) / window_bytes) + 1) * window_bytes);
      return ahead.read(start, end, signal);
    },
    lend(start, end, use, signal) {
      if (ahead.lend === undefined) throw new Error("windows lend what they have");
      const region = region_of(start);
      if (region === undefined || end > region.end) watch.strays += 1;
      else region.position = Math.max(region.position, end);
      watch.bound = Math.max(watch.bound, (Math.ceil((end - start) / window_bytes) + 1) * window_bytes);
      return ahead.lend(start, end, use, signal);
    },
    done(region) {
      const asked = region_of(region.start);
      if (asked !== undefined) asked.position = asked.end;
      ahead.done(region);
    },
    end: () => ahead.end(),
  };
}

/** A window is wanted by the regions in it that have not been read as far as it goes. */
function held_bytes(fetches: readonly Fetch[], regions: readonly Asked[]): number {
  let held = 0;
  for (const fetch of fetches) {
    if (fetch.state === "failed" || fetch.signal?.aborted) continue;
    const wanted =
      fetch.state === "under_way" ||
      regions.some(
        (region) => shared_bytes(fetch, region) > 0 && region.position < Math.min(fetch.end, region.end),
      );
    if (wanted) held += fetch.end - fetch.start;
  }
  return held;
}

function shared_bytes(a: Region, b: Region): number {
  return Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start));
}

/** Lets whatever runs by itself run on. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
