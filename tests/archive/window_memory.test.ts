/** What an extraction through windows keeps in memory, as the garbage collector finds it. */
import { describe, expect, it } from "vitest";
import type { ByteSource, EntrySink } from "../../archive/index.ts";
import { extract, open_archive, windowed_source } from "../../archive/index.ts";
import { bytes_in_use, Remembered } from "./garbage.ts";
import { noise, text } from "./sinks.ts";
import { build_zip } from "./zip_builder.ts";

const KIB = 1024;

/** Gives copies, and remembers them. */
function remembering(bytes: Uint8Array, remembered: Remembered): ByteSource {
  return {
    size: bytes.byteLength,
    async read(start, end) {
      const copy = new Uint8Array(bytes.subarray(start, end));
      remembered.add(copy);
      return copy;
    },
  };
}

/** Looks after so many chunks how much there is, and remembers the most. */
class Gauge {
  most = 0;
  readonly #look: () => Promise<number>;
  readonly #every: number;
  #chunks = 0;

  constructor(look: () => Promise<number>, every: number) {
    this.#look = look;
    this.#every = every;
  }

  readonly sink: EntrySink<number> = {
    write: async (_entry, bytes) => {
      let size = 0;
      for await (const chunk of bytes) {
        this.#chunks += 1;
        if (this.#chunks % this.#every === 0) this.most = Math.max(this.most, await this.#look());
        size += chunk.byteLength;
      }
      return { outcome: "stored", value: size };
    },
  };
}

describe("windows", () => {
  it.each([
    ["whole", {}, 2],
    ["streamed", { codec_sizes: { sync: 0, whole: 0, read: 4 * KIB } }, 12],
  ])("that were read are freed: %s", async (_how, codec, every) => {
    const entries = Array.from({ length: 36 }, (_, index) => ({
      name: `${index}`,
      data: noise(30_000, index),
      method: index % 2 === 0 ? 0 : 8,
    }));
    const remembered = new Remembered();
    const size = 64 * KIB;
    const source = remembering(build_zip({ entries }), remembered);
    const archive = await open_archive(windowed_source(source, { window_bytes: size, windows: 3 }), codec);
    const opening = await remembered.bytes();
    const gauge = new Gauge(() => remembered.bytes(), every);
    const outcomes = await extract(archive, gauge.sink, { concurrency: 2 });
    expect(outcomes.every(({ outcome }) => outcome === "stored")).toBe(true);
    // Three windows, and one that each entry under way may keep by its view of it.
    expect(gauge.most - opening).toBeLessThanOrEqual(5 * size);
    expect(gauge.most - opening).toBeGreaterThan(size);
    expect(await remembered.bytes()).toBeLessThanOrEqual(opening);
  });

  it.each([
    ["stored", 0, 800 * KIB],
    ["deflated", 8, 800 * KIB],
    ["streamed", 8, 3_000 * KIB],
  ])("and entries under way take no more than the README says: %s", async (_how, method, length) => {
    // zlib looks back 32 KiB, so that this text does not compress better for being repeated.
    const data = Buffer.alloc(length, text(40_000));
    const entries = Array.from({ length: (15_000 * KIB) / length }, (_, index) => ({
      name: `${index}`,
      data,
      method,
    }));
    const source = remembering(build_zip({ entries }), new Remembered());
    const windows = { windows: 4, window_bytes: 512 * KIB };
    const whole = 1_024 * KIB;
    const archive = await open_archive(windowed_source(source, windows), {
      codec_sizes: { sync: 16 * KIB, whole, read: 256 * KIB },
    });
    const in_flight_bytes = 3 * whole;
    const concurrency = 6;
    const before = await bytes_in_use();
    const gauge = new Gauge(bytes_in_use, 4);
    const outcomes = await extract(archive, gauge.sink, { in_flight_bytes, concurrency });
    expect(outcomes.every((one) => one.outcome === "stored" && one.value === length)).toBe(true);
    const formula = windows.windows * windows.window_bytes + 2 * in_flight_bytes + concurrency * 1_024 * KIB;
    expect(gauge.most - before).toBeLessThanOrEqual(formula);
    expect(gauge.most - before).toBeGreaterThan(windows.window_bytes);
  });
});
