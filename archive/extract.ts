/** Extracts an archive into a sink: several entries at a time, an outcome for every one, nothing half-done. */
import type { Archive } from "./archive.ts";
import type { ReadAhead } from "./byte_source.ts";
import type { ArchiveEntry } from "./directory.ts";
import { entry_region } from "./directory.ts";
import { open_entry } from "./entry_reader.ts";
import type { ArchiveErrorCode } from "./errors.ts";
import { ArchiveError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { open_gate } from "./gate.ts";
import { junk_reason } from "./platform_file.ts";

/** What the sink made of an entry. `R` are the sink's own reasons. */
export type Written<T, R extends string> =
  /** All bytes were read, and are committed. */
  | { readonly outcome: "stored"; readonly value: T }
  /** Not wanted. Whatever was begun has been undone. */
  | { readonly outcome: "skipped"; readonly reason: R }
  | {
      readonly outcome: "failed";
      readonly reason: R;
      /** For the log. */
      readonly error?: unknown;
      /** No other entry would fare better: those under way are aborted, and no more are begun. */
      readonly fatal?: boolean;
    };

export interface EntrySink<T, R extends string = never> {
  /** A reason to skip the entry, judged by what the directory says of it; it is then not opened. */
  skip_reason?(entry: ArchiveEntry): R | undefined;
  /**
   * Takes one entry. It may look at the first chunk and skip the rest. `bytes` throws before its last chunk where
   * the entry is not what the directory says: what was begun must then be undone. It may be read again, which ends
   * the reading before and begins with the first byte. `signal` fires when extraction is aborted, and when `bytes`
   * has thrown; the promise must then settle soon. Where it was the source that failed, `write` is called anew.
   */
  write(
    entry: ArchiveEntry,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
    read_other: ReadOther,
  ): Promise<Written<T, R>>;
}

/**
 * All bytes of another entry of the archive, verified. It must have `longest_other` bytes at most, inflated and not, and
 * counts for none of the limits; whether it is extracted itself, and when, is all the same.
 * @throws ArchiveError with an `EntryFault`, `header_mismatch`, or `read_failed` when it has been tried often enough; or
 * the signal's reason
 */
export type ReadOther = (other: ArchiveEntry) => Promise<Uint8Array>;

/** Bytes. */
export const longest_other = 64 * 1024;

export type EngineSkip = "directory" | "platform_file";

export type EngineFailure =
  | ArchiveErrorCode
  /** The sink threw, or claims to have stored what it has not read to the end. */
  | "write_failed"
  /** Under way when extraction was aborted. */
  | "aborted"
  /** Not begun when extraction was aborted, or when the deadline came. */
  | "not_attempted";

export type EntryOutcome<T, R extends string = never> =
  | { readonly entry: ArchiveEntry; readonly outcome: "stored"; readonly value: T }
  | { readonly entry: ArchiveEntry; readonly outcome: "skipped"; readonly reason: EngineSkip | R }
  | FailedOutcome<R>;

export interface FailedOutcome<R extends string> {
  readonly entry: ArchiveEntry;
  readonly outcome: "failed";
  readonly reason: EngineFailure | R;
  /** The cause, for the log. It may speak of names in the archive, and of the sink's inner workings. */
  readonly error?: unknown;
  readonly fatal?: boolean;
}

export interface ExtractOptions {
  /** Of the archive, in any order; all unless told. */
  readonly entries?: readonly ArchiveEntry[];
  /** Entries at a time; 4 unless told. */
  readonly concurrency?: number;
  /**
   * Bytes of the entries under way, each counted with its size, but with no more than what is read as a whole; 24 MiB
   * unless told. An entry that is larger goes alone. Memory grows with it: see the README.
   */
  readonly in_flight_bytes?: number;
  /** How often an entry is tried whose bytes the source fails to give; 3 unless told. */
  readonly attempts?: number;
  /** Aborts the entries under way and begins no more. The outcomes still come. */
  readonly signal?: AbortSignal;
  /**
   * Milliseconds since 1970, as `Date.now()`. From then on no entry is begun, so that those under way can end in
   * the time that is left. To cut these off too, abort `signal` later on.
   */
  readonly deadline?: number;
  /** Inflated bytes in all, where less is allowed than by the archive's limits: what is left of a quota, say. */
  readonly total_bytes?: number;
  /** `false` gives files like `.DS_Store` and `Thumbs.db` to the sink. */
  readonly skip_platform_files?: boolean;
}

/**
 * One outcome for every entry, in the order of the archive or of `entries`. Rejects only for options that make no sense:
 * what goes wrong is an outcome.
 */
export async function extract<T, R extends string = never>(
  archive: Archive,
  sink: EntrySink<T, R>,
  options: ExtractOptions = {},
): Promise<EntryOutcome<T, R>[]> {
  const { concurrency = 4, in_flight_bytes = default_in_flight_bytes, attempts = 3, signal } = options;
  const { entries = archive.entries } = options;
  for (const number of [concurrency, attempts]) {
    if (!Number.isInteger(number) || number < 1) {
      throw new RangeError("concurrency and attempts must be whole numbers of one or more");
    }
  }
  const outcomes = new Map<ArchiveEntry, EntryOutcome<T, R>>();
  const wanted: ArchiveEntry[] = [];
  for (const entry of entries) {
    const outcome = outcome_unopened(entry, sink, options.skip_platform_files ?? true);
    if (outcome === undefined) wanted.push(entry);
    else outcomes.set(entry, outcome);
  }
  // In the order of their bytes, whatever that of the directory, so that the archive is read from front to back.
  wanted.sort((a, b) => a.header_offset - b.header_offset);
  const read_ahead = archive.source.read_ahead?.(wanted.map(entry_region));
  const run: Run<T, R> = {
    archive: read_ahead === undefined ? archive : { ...archive, source: read_ahead },
    read_ahead,
    sink,
    attempts,
    deadline: options.deadline ?? Number.POSITIVE_INFINITY,
    budget: { left: options.total_bytes ?? archive.limits.total_bytes },
    gate: open_gate(in_flight_bytes),
    stop: new AbortController(),
    under_way: new Set(),
  };
  const abort = () => stop_all(run, signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });

  const queue = wanted.values();
  const work = async () => {
    for (const entry of queue) outcomes.set(entry, await extract_entry(run, entry));
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, work));
  } finally {
    signal?.removeEventListener("abort", abort);
    await read_ahead?.end();
  }
  return entries.flatMap((entry) => outcomes.get(entry) ?? []);
}

/** Bytes: three entries of the largest size that is read as a whole. */
export const default_in_flight_bytes = 24 * 1024 * 1024;

/** What the entries of one extraction share. */
interface Run<T, R extends string> {
  readonly archive: Archive;
  readonly read_ahead: ReadAhead | undefined;
  readonly sink: EntrySink<T, R>;
  readonly attempts: number;
  readonly deadline: number;
  readonly budget: Budget;
  readonly gate: Gate;
  readonly stop: AbortController;
  readonly under_way: Set<AbortController>;
}

/** Bytes that may still be inflated, by whichever entry. */
interface Budget {
  left: number;
}

/** Each entry has a signal of its own, so that what listens on it does not pile up over thousands of entries. */
function stop_all<T, R extends string>(run: Run<T, R>, reason: unknown): void {
  run.stop.abort(reason);
  for (const entry_abort of run.under_way) entry_abort.abort(reason);
}

/** Platform files come first: that one of them is encrypted, or badly named, is no news to anybody. */
function outcome_unopened<T, R extends string>(
  entry: ArchiveEntry,
  sink: EntrySink<T, R>,
  skip_platform_files: boolean,
): EntryOutcome<T, R> | undefined {
  const junk = skip_platform_files ? junk_reason(entry.path) : undefined;
  if (junk !== undefined) return { entry, outcome: "skipped", reason: junk };
  if (entry.fault !== undefined) return { entry, outcome: "failed", reason: entry.fault };
  if (entry.kind === "directory") return { entry, outcome: "skipped", reason: "directory" };
  try {
    const reason = sink.skip_reason?.(entry);
    return reason === undefined ? undefined : { entry, outcome: "skipped", reason };
  } catch (error) {
    return { entry, outcome: "failed", reason: "write_failed", error };
  }
}

async function extract_entry<T, R extends string>(
  run: Run<T, R>,
  entry: ArchiveEntry,
): Promise<EntryOutcome<T, R>> {
  const cost = Math.min(Math.max(entry.size, entry.compressed_size), run.archive.codec_sizes.whole);
  await run.gate.enter(cost);
  try {
    let outcome: EntryOutcome<T, R> = { entry, outcome: "failed", reason: "not_attempted" };
    for (let attempt = 1; attempt <= run.attempts && !has_stopped(run); attempt += 1) {
      outcome = await try_entry(run, entry);
      if (outcome.outcome !== "failed" || outcome.reason !== "read_failed") break;
    }
    return outcome;
  } finally {
    run.gate.leave(cost);
    run.read_ahead?.done(entry_region(entry));
  }
}

function has_stopped<T, R extends string>(run: Run<T, R>): boolean {
  return run.stop.signal.aborted || Date.now() >= run.deadline;
}

async function try_entry<T, R extends string>(
  run: Run<T, R>,
  entry: ArchiveEntry,
): Promise<EntryOutcome<T, R>> {
  const abort = new AbortController();
  run.under_way.add(abort);
  const reading = new EntryReading(run.archive, run.budget, entry, abort);
  try {
    const read_other: ReadOther = (other) => other_bytes(run, other, abort.signal);
    const written = await run.sink.write(entry, reading, abort.signal, read_other);
    return failed_reading(run, entry, reading) ?? accept(run, entry, reading, written);
  } catch (error) {
    const failed = failed_reading(run, entry, reading);
    if (failed !== undefined) return failed;
    const reason = run.stop.signal.aborted ? "aborted" : is_unread(error) ? "read_failed" : "write_failed";
    return { entry, outcome: "failed", reason, error };
  } finally {
    run.under_way.delete(abort);
    // Ends what is still being read. Unconditionally, it would cost more than a small entry takes to inflate.
    if (reading.state !== "complete") abort.abort();
    await reading.close();
  }
}

async function other_bytes<T, R extends string>(
  { archive, read_ahead, attempts }: Run<T, R>,
  other: ArchiveEntry,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (Math.max(other.size, other.compressed_size) > longest_other) {
    throw new RangeError("another entry is only read where it is small");
  }
  const beside = read_ahead === undefined ? archive : { ...archive, source: read_ahead.beside };
  for (let attempt = 1; ; attempt += 1) {
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of open_entry(beside, other, { signal })) chunks.push(chunk);
      return Buffer.concat(chunks);
    } catch (error) {
      if (!is_unread(error) || attempt === attempts || signal.aborted) throw error;
    }
  }
}

const is_unread = (error: unknown): boolean => error instanceof ArchiveError && error.code === "read_failed";

type Bytes = AsyncGenerator<Uint8Array, void, undefined>;

/** The entry's bytes for the sink, with an eye on how the reading went: the sink's word alone does not count. */
class EntryReading implements AsyncIterable<Uint8Array> {
  state: "open" | "complete" | { readonly error: unknown } = "open";
  readonly #archive: Archive;
  readonly #budget: Budget;
  readonly #entry: ArchiveEntry;
  readonly #abort: AbortController;
  readonly #readings: Bytes[] = [];
  #counted = 0;

  constructor(archive: Archive, budget: Budget, entry: ArchiveEntry, abort: AbortController) {
    this.#archive = archive;
    this.#budget = budget;
    this.#entry = entry;
    this.#abort = abort;
  }

  [Symbol.asyncIterator](): Bytes {
    const reading = this.#read([...this.#readings]);
    this.#readings.push(reading);
    return reading;
  }

  /** All of them: one that was asked for and never begun has not ended the one before. */
  async close(): Promise<void> {
    await ended(this.#readings);
  }

  async *#read(earlier: readonly Bytes[]): Bytes {
    await ended(earlier);
    this.#give_back();
    try {
      // What was wrong stays wrong, and the signal has fired then.
      if (typeof this.state === "string") this.state = "open";
      const { signal } = this.#abort;
      for await (const chunk of open_entry(this.#archive, this.#entry, { signal })) {
        this.#count(chunk.byteLength);
        yield chunk;
      }
      this.state = "complete";
    } catch (error) {
      if (typeof this.state === "string") this.state = { error };
      this.#give_back();
      this.#abort.abort(error);
      throw error;
    }
  }

  #count(bytes: number): void {
    this.#counted += bytes;
    this.#budget.left -= bytes;
    if (this.#budget.left < 0) {
      throw new ArchiveError("archive_too_large", "the entries have more bytes in all than are allowed");
    }
  }

  /** What is read a second time, or by a second try, counts once. */
  #give_back(): void {
    this.#budget.left += this.#counted;
    this.#counted = 0;
  }
}

async function ended(readings: readonly Bytes[]): Promise<void> {
  for (const reading of readings) await reading.return();
}

/** Bytes that failed are the entry's failure, whatever the sink says or throws. */
function failed_reading<T, R extends string>(
  run: Run<T, R>,
  entry: ArchiveEntry,
  { state }: EntryReading,
): FailedOutcome<R> | undefined {
  if (typeof state === "string") return undefined;
  const { error } = state;
  if (error instanceof ArchiveError) return { entry, outcome: "failed", reason: error.code, error };
  const reason = run.stop.signal.aborted ? "aborted" : "read_failed";
  return { entry, outcome: "failed", reason, error };
}

function accept<T, R extends string>(
  run: Run<T, R>,
  entry: ArchiveEntry,
  { state }: EntryReading,
  written: Written<T, R>,
): EntryOutcome<T, R> {
  if (written.outcome === "failed" && written.fatal === true) stop_all(run, written.error);
  if (written.outcome === "stored" && state !== "complete") {
    const error = new Error("the sink reports an entry as stored that it has not read to the end");
    return { entry, outcome: "failed", reason: "write_failed", error };
  }
  return { entry, ...written };
}
