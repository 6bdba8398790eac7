/** Reads ahead in windows: small neighbours are fetched together, large entries in pieces, and no byte twice. */
import type { BlockSource } from "./blocks.ts";
import { block_source } from "./blocks.ts";
import type { ByteSource, ReadAhead, Region, Use } from "./byte_source.ts";
import { read_exactly } from "./byte_source.ts";
import { unless_aborted } from "./unless_aborted.ts";

export interface WindowOptions {
  /** The most that is fetched by one read, in bytes; 9 MiB unless told. A window that can end between two entries is shorter. */
  readonly window_bytes?: number;
  /** Windows in memory, those under way among them; 2 unless told, and at least. */
  readonly windows?: number;
}

/** Two photos of four and a half megabytes, or three of three, in each. */
export const default_windows: Required<WindowOptions> = { window_bytes: 9 * 1024 * 1024, windows: 2 };

/** Bytes between two regions that are rather fetched than skipped, as a share of a window: a read has its price. */
const gap_share = 1 / 16;

/** A window is this share of the most at least, or as long as its run: so it can end where an entry does. */
const shortest_share = 6 / 10;

/** More than the end record, its ZIP64 companions and the longest comment. */
const longest_tail = 128 * 1024;

interface Tail {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * A source whose every read is a request, read in windows. Outside of a plan, reads are passed on as they are. The
 * first that reaches the end of the source is kept: it is the one that looks for the end record, and often holds the
 * whole directory and the last entries as well.
 */
export function windowed_source(source: ByteSource, options: WindowOptions = {}): ByteSource {
  const { window_bytes, windows } = { ...default_windows, ...options };
  if (!(window_bytes >= 1 && windows >= 2))
    throw new RangeError("there must be two windows of a byte or more");
  let tail: Tail | undefined;
  return {
    size: source.size,
    async read(start, end, signal) {
      if (tail !== undefined && start >= tail.start) {
        return tail.bytes.subarray(start - tail.start, end - tail.start);
      }
      const bytes = await source.read(start, end, signal);
      const is_tail = end === source.size && end - start <= longest_tail && bytes.byteLength === end - start;
      if (is_tail) tail ??= { start, bytes };
      return bytes;
    },
    read_ahead: (regions) => new Windows(source, regions, { window_bytes, windows }, tail),
  };
}

interface Window extends Region {
  /** Regions that have bytes in here which they have not read. */
  wanted_by: number;
  bytes: Uint8Array | undefined;
  /** Where the bytes are, if it is ours to use again. */
  memory: Uint8Array | undefined;
  state: "planned" | "fetching" | "failed" | "held" | "released";
  /** Takes one of the places in memory. */
  counted: boolean;
  readonly arrival: PromiseWithResolvers<Uint8Array>[];
  readonly abort: AbortController;
}

interface PlannedRegion extends Region {
  readonly last: number;
  /** The first window that this region still has bytes to read in; beyond `last` when it has none. */
  next: number;
  /** Where the region is read a second time and the windows of the first have been released. */
  again: Windows | undefined;
}

/**
 * Fetches the windows in their order, at most so many at a time, and lets each go when the regions in it have been
 * read. The earliest region that is not done can always go on, for no later window is fetched before its own.
 */
class Windows implements ReadAhead {
  readonly size: number;
  readonly beside: ByteSource;
  readonly #source: ByteSource;
  readonly #blocks: BlockSource;
  readonly #window_bytes: number;
  readonly #windows: readonly Window[];
  readonly #regions: readonly PlannedRegion[];
  readonly #under_way = new Set<Promise<void>>();
  /** Memory of windows that were let go, for those to come: garbage of this size would pile up faster than it is collected. */
  readonly #free: Uint8Array[] = [];
  readonly #longest: number;
  /** Whether the source uses the memory that it is given. */
  #takes_memory = true;
  #most: number;
  #held = 0;
  #next = 0;
  #begun = false;
  #ended = false;

  constructor(
    source: ByteSource,
    regions: readonly Region[],
    { window_bytes, windows }: Required<WindowOptions>,
    tail?: Tail,
  ) {
    this.size = source.size;
    this.#source = source;
    this.#blocks = block_source(source, {}, tail);
    this.beside = { size: source.size, read: (start, end, signal) => this.#read_beside(start, end, signal) };
    this.#window_bytes = window_bytes;
    this.#most = windows;
    this.#windows = plan_windows(regions, window_bytes, tail);
    this.#regions = plan_regions(regions, this.#windows);
    this.#longest = this.#windows.reduce((longest, { start, end }) => Math.max(longest, end - start), 0);
  }

  /** A copy, as the window's memory will be that of another. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#use(start, end, joined, signal);
  }

  lend<T>(start: number, end: number, use: Use<T>, signal?: AbortSignal): Promise<T> {
    const use_pieces: Use<T, readonly Uint8Array[]> = (pieces) => {
      const [only] = pieces;
      return use(only !== undefined && pieces.length === 1 ? only : joined(pieces));
    };
    return this.#use(start, end, use_pieces, signal);
  }

  /** Gives the pieces that the windows have of these bytes. The windows are kept until `use` has settled. */
  async #use<T>(
    start: number,
    end: number,
    use: Use<T, readonly Uint8Array[]>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const region = region_at(this.#regions, start);
    if (this.#ended || region === undefined || end > region.end) {
      return use([await read_exactly(this.#source, start, end, signal)]);
    }
    if (start === end) return use([]);
    const windows = this.#overlapping(start, end);
    if (region.again !== undefined || windows.some(({ state }) => state === "released")) {
      return this.#again(region).#use(start, end, use, signal);
    }
    // A read of more windows than are allowed could never be served.
    this.#most = Math.max(this.#most, windows.length);
    this.#begun = true;
    this.#fetch_ahead();
    const arrivals = windows.map((window) => this.#bytes_of(window, signal));
    // Most small entries lie in a window that is there. Waiting for it would cost more than reading it.
    const bytes = arrivals.every((arrival) => arrival instanceof Uint8Array)
      ? arrivals
      : await Promise.all(arrivals);
    try {
      return await use(windows.map((window, i) => overlap(window, bytes[i], start, end)));
    } finally {
      this.#pass(region, end);
    }
  }

  /** An entry that is read a second time has windows of its own. */
  #again(region: PlannedRegion): Windows {
    this.#pass(region, region.end);
    region.again ??= new Windows(this.#source, [region], { window_bytes: this.#window_bytes, windows: 2 });
    return region.again;
  }

  /** A window that is not yet fetched could be one that this very reader keeps from being fetched. */
  async #read_beside(start: number, end: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const windows = this.#overlapping(start, end);
    if (this.#ended || !windows.every(is_coming) || !are_gapless(windows, start, end)) {
      return this.#blocks.read(start, end, signal);
    }
    for (const window of windows) window.wanted_by += 1;
    try {
      const bytes = await Promise.all(windows.map((window) => this.#bytes_of(window, signal)));
      return joined(windows.map((window, i) => overlap(window, bytes[i], start, end)));
    } finally {
      for (const window of windows) this.#let_go(window);
      this.#fetch_ahead();
    }
  }

  done({ start }: Region): void {
    const region = region_at(this.#regions, start);
    if (region === undefined) return;
    this.#pass(region, region.end);
    void region.again?.end();
  }

  async end(): Promise<void> {
    this.#ended = true;
    for (const region of this.#regions) void region.again?.end();
    for (const window of this.#windows) this.#release(window);
    await Promise.all([...this.#under_way, this.#blocks.end()]);
    await Promise.all(this.#regions.map(({ again }) => again?.end()));
  }

  #overlapping(start: number, end: number): Window[] {
    const windows: Window[] = [];
    for (let index = index_at(this.#windows, start); index < this.#windows.length; index += 1) {
      const window = this.#windows[index];
      if (window === undefined || window.start >= end) break;
      windows.push(window);
    }
    return windows;
  }

  #bytes_of(window: Window, signal: AbortSignal | undefined): Uint8Array | Promise<Uint8Array> {
    if (window.bytes !== undefined) return window.bytes;
    if (window.state === "failed") this.#fetch(window);
    const arrival = Promise.withResolvers<Uint8Array>();
    window.arrival.push(arrival);
    return unless_aborted(arrival.promise, signal);
  }

  #fetch_ahead(): void {
    while (this.#begun && !this.#ended && this.#held < this.#most) {
      const window = this.#windows[this.#next];
      if (window === undefined) return;
      this.#next += 1;
      if (window.state !== "planned") continue;
      window.counted = true;
      this.#held += 1;
      this.#fetch(window);
    }
  }

  #fetch(window: Window): void {
    window.state = "fetching";
    const fetching = this.#fetched(window).finally(() => this.#under_way.delete(fetching));
    this.#under_way.add(fetching);
  }

  #memory(): Uint8Array | undefined {
    return this.#takes_memory ? (this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#longest)) : undefined;
  }

  /** A failure is told to those who wait. The window keeps its place, and is fetched again for the next who asks. */
  async #fetched(window: Window): Promise<void> {
    const { start, end, abort } = window;
    const memory = this.#memory();
    let unused = memory;
    try {
      const into = memory?.subarray(0, end - start);
      const bytes = await read_exactly(this.#source, start, end, abort.signal, into);
      this.#takes_memory = bytes.buffer === memory?.buffer;
      if (window.state === "released") return;
      if (this.#takes_memory) {
        window.memory = memory;
        unused = undefined;
      }
      window.bytes = bytes;
      window.state = "held";
      for (const { resolve } of window.arrival.splice(0)) resolve(bytes);
    } catch (error) {
      if (window.state !== "released") window.state = "failed";
      for (const { reject } of window.arrival.splice(0)) reject(error);
    } finally {
      if (unused !== undefined && this.#takes_memory) this.#free.push(unused);
      if (window.state === "released" && window.counted) {
        this.#held -= 1;
        this.#fetch_ahead();
      }
    }
  }

  /** The region has read all bytes before `position`. */
  #pass(region: PlannedRegion, position: number): void {
    for (; region.next <= region.last; region.next += 1) {
      const window = this.#windows[region.next];
      if (window === undefined || (window.end > position && position < region.end)) break;
      this.#let_go(window);
    }
    // Only now, or the next to be fetched would be a window that is about to be let go.
    this.#fetch_ahead();
  }

  #let_go(window: Window): void {
    window.wanted_by -= 1;
    if (window.wanted_by === 0) this.#release(window);
  }

  #release(window: Window): void {
    if (window.state === "released") return;
    const fetching = window.state === "fetching";
    window.state = "released";
    if (window.memory !== undefined) this.#free.push(window.memory);
    window.memory = undefined;
    window.bytes = undefined;
    window.abort.abort();
    for (const { reject } of window.arrival.splice(0)) reject(window.abort.signal.reason);
    // One that is still being fetched keeps its place until the source is done with its memory.
    if (window.counted && !fetching) this.#held -= 1;
  }
}

const is_coming = ({ state }: Window): boolean => state === "held" || state === "fetching";

/** Whether ascending windows have all bytes from `start` to `end`. */
function are_gapless(windows: readonly Window[], start: number, end: number): boolean {
  let position = start;
  for (const window of windows) if (window.start <= position) position = Math.max(position, window.end);
  return position >= end;
}

/** Regions near each other become one run, which is cut into windows. What came with the tail is not fetched again. */
function plan_windows(regions: readonly Region[], window_bytes: number, tail: Tail | undefined): Window[] {
  const windows: Window[] = [];
  for (const run of runs_of(regions, window_bytes * gap_share)) {
    let start = run.start;
    while (start < run.end) {
      const in_tail = tail !== undefined && start >= tail.start;
      const limit = tail === undefined || in_tail ? run.end : Math.min(run.end, tail.start);
      const end = in_tail ? limit : window_end(regions, start, limit, window_bytes);
      windows.push({
        start,
        end,
        wanted_by: 0,
        bytes: in_tail ? tail.bytes.subarray(start - tail.start, end - tail.start) : undefined,
        memory: undefined,
        state: in_tail ? "held" : "planned",
        counted: false,
        arrival: [],
        abort: new AbortController(),
      });
      start = end;
    }
  }
  return windows;
}

/** An entry that lies in two windows has to be joined before it can be inflated, so few should. */
function window_end(regions: readonly Region[], start: number, limit: number, window_bytes: number): number {
  const longest = start + window_bytes;
  if (longest >= limit) return limit;
  const last = regions[index_at(regions, longest)];
  const is_cut = last !== undefined && last.end > longest;
  return is_cut && last.start >= start + window_bytes * shortest_share ? last.start : longest;
}

function runs_of(regions: readonly Region[], gap: number): Region[] {
  const runs: { start: number; end: number }[] = [];
  for (const { start, end } of regions) {
    const run = runs.at(-1);
    if (run !== undefined && start - run.end <= gap) run.end = end;
    else runs.push({ start, end });
  }
  return runs;
}

function plan_regions(regions: readonly Region[], windows: readonly Window[]): PlannedRegion[] {
  return regions.map(({ start, end }) => {
    const first = index_at(windows, start);
    let last = first;
    for (let index = first; index < windows.length; index += 1) {
      const window = windows[index];
      if (window === undefined || window.start >= end) break;
      window.wanted_by += 1;
      last = index;
    }
    return { start, end, next: first, last, again: undefined };
  });
}

function region_at(regions: readonly PlannedRegion[], offset: number): PlannedRegion | undefined {
  const region = regions[index_at(regions, offset)];
  return region !== undefined && offset >= region.start && offset <= region.end ? region : undefined;
}

/** The last of the ascending ranges that begins at or before the offset; the first if there is none. */
function index_at(ranges: readonly Region[], offset: number): number {
  let low = 0;
  let high = ranges.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ranges[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

function overlap(
  window: Window,
  bytes: Uint8Array = new Uint8Array(),
  start: number,
  end: number,
): Uint8Array {
  return bytes.subarray(Math.max(0, start - window.start), end - window.start);
}

const joined = (pieces: readonly Uint8Array[]): Uint8Array => Buffer.concat(pieces);
