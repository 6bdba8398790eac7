/** Cuts an archive into shards: what one worker extracts at a time, and what a job's progress is counted in. */
import type { ArchiveEntry } from "../archive/index.ts";

/** Entries that lie one behind the other in the archive. */
export interface Shard {
  /** Its first entry's place in the order of their bytes, from 0. */
  readonly first: number;
  readonly entries: number;
  /** Inflated bytes of those that can be extracted. */
  readonly bytes: number;
}

/** What a worker can do in a small part of its time, so that it is cut off by nothing but a fault. */
const MOST_ENTRIES = 500;
const MOST_BYTES = 256 * 1024 * 1024;

/** All outcomes of a shard are one answer of `/job`, in which Lambda sends 6 MB. A filename adds up to 1 KB to each. */
const MOST_NAME_BYTES = 512 * 1024;

/** A small archive is cut smaller: so many steps has its progress, and the workers share it. */
const STEPS = 16;
const FEWEST_ENTRIES = 25;
const FEWEST_BYTES = 16 * 1024 * 1024;

/** From front to back of the archive, whatever the order of its directory. */
export const in_order_of_bytes = (entries: readonly ArchiveEntry[]): ArchiveEntry[] =>
  entries.toSorted((a, b) => a.header_offset - b.header_offset);

/** Of an entry that can be extracted; what the others claim, counts for nothing. */
export const bytes_of = ({ fault, size }: ArchiveEntry): number => (fault === undefined ? size : 0);

/** @param entries in the order of their bytes */
export function cut_shards(entries: readonly ArchiveEntry[]): Shard[] {
  const total = entries.reduce((bytes, entry) => bytes + bytes_of(entry), 0);
  const most_entries = between(FEWEST_ENTRIES, Math.ceil(entries.length / STEPS), MOST_ENTRIES);
  const most_bytes = between(FEWEST_BYTES, Math.ceil(total / STEPS), MOST_BYTES);
  const shards: { first: number; entries: number; bytes: number }[] = [];
  let name_bytes = 0;
  for (const [place, entry] of entries.entries()) {
    const shard = shards.at(-1);
    const bytes = bytes_of(entry);
    const answered = answered_bytes(entry.path);
    if (
      shard !== undefined &&
      shard.entries < most_entries &&
      shard.bytes + bytes <= most_bytes &&
      name_bytes + answered <= MOST_NAME_BYTES
    ) {
      shard.entries += 1;
      shard.bytes += bytes;
      name_bytes += answered;
    } else {
      shards.push({ first: place, entries: 1, bytes });
      name_bytes = answered;
    }
  }
  return shards;
}

const between = (least: number, number: number, most: number): number =>
  Math.min(Math.max(number, least), most);

/** Lambda's answer holds the body as a JSON text within JSON, so its quotation marks and backslashes count twice. */
const answered_bytes = (name: string): number => Buffer.byteLength(JSON.stringify(JSON.stringify(name)));
