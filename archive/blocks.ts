/** Reads small pieces here and there in blocks, of which the latest are kept: what lies near each other is fetched once. */
import type { ByteSource, Region } from "./byte_source.ts";
import { read_exactly } from "./byte_source.ts";
import { unless_aborted } from "./unless_aborted.ts";

export interface BlockOptions {
  /** Bytes of one read; 256 KiB unless told. A piece that is longer is a block of its own. */
  readonly block_bytes?: number;
  /** Blocks in memory beside those that are being fetched; 4 unless told. */
  readonly blocks?: number;
}

/** So much of a block lies before the piece that it is fetched for: those at the same time may ask for what lies there. */
const before_share = 1 / 8;

interface Block extends Region {
  readonly bytes: Promise<Uint8Array>;
}

/** Its `end` ends the reads under way; resolves when they have ended. */
export interface BlockSource extends ByteSource {
  end(): Promise<void>;
}

/** @param known bytes that are in memory anyway */
export function block_source(
  source: ByteSource,
  { block_bytes = 256 * 1024, blocks = 4 }: BlockOptions = {},
  known?: { readonly start: number; readonly bytes: Uint8Array },
): BlockSource {
  const abort = new AbortController();
  const under_way = new Set<Promise<unknown>>();
  let kept: Block[] = [];

  const fetched = (piece: Region): Block => {
    const start = Math.max(0, Math.ceil(piece.start - block_bytes * before_share));
    const end = Math.min(source.size, Math.max(piece.end, start + block_bytes));
    const block = { start, end, bytes: read_exactly(source, start, end, abort.signal) };
    const settled = block.bytes
      .catch(() => {
        // The next who asks is to try anew.
        kept = kept.filter((other) => other !== block);
      })
      .finally(() => under_way.delete(settled));
    under_way.add(settled);
    kept = [...kept, block].slice(-blocks);
    return block;
  };

  return {
    size: source.size,
    async read(start, end, signal) {
      if (known !== undefined && start >= known.start) {
        return known.bytes.subarray(start - known.start, end - known.start);
      }
      const block = kept.find((one) => one.start <= start && end <= one.end) ?? fetched({ start, end });
      const bytes = await unless_aborted(block.bytes, signal);
      return bytes.subarray(start - block.start, end - block.start);
    },
    async end() {
      abort.abort();
      kept = [];
      await Promise.all(under_way);
    },
  };
}
