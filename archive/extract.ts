/** Extracts an archive into a sink: several entries at a time, an outcome for every one, nothing half-done. */
import type { Archive } from "./archive.ts";
import type { ArchiveEntry } from "./directory.ts";
import { open_entry } from "./entry_reader.ts";
import type { ArchiveErrorCode } from "./errors.ts";
import { ArchiveError } from "./errors.ts";
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
   * Takes one entry. It may look at the first chunk and skip the rest. `bytes` can be read once, and throws
   * before its last chunk where the entry is not what the directory says: what was begun must then be undone.
   * `signal` fires when extraction is aborted, and when `bytes` has thrown; the promise must then settle soon.
   */
  write(entry: ArchiveEntry, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Written<T, R>>;
}

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
  /** Entries at a time; 4 unless told. Memory grows with it: see the README. */
  readonly concurrency?: number;
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
 * One outcome for every entry, in the order of the archive. Rejects only for options that make no sense: what
 * goes wrong is an outcome.
 */
export async function extract<T, R extends string = never>(
  archive: Archive,
  sink: EntrySink<T, R>,
  options: ExtractOptions = {},
): Promise<EntryOutcome<T, R>[]> {
  const { concurrency = 4, signal, skip_platform_files = true } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError("concurrency must be a whole number of one or more");
  }
  const run: Run<T, R> = {
    archive,
    sink,
    deadline: options.deadline ?? Number.POSITIVE_INFINITY,
    budget: byte_budget(options.total_bytes ?? archive.limits.total_bytes),
    stop: new AbortController(),
    under_way: new Set(),
  };
  const abort = () => stop_all(run, signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });

  const outcomes: EntryOutcome<T, R>[] = [];
  const queue = archive.entries.values();
  const work = async () => {
    for (const entry of queue) {
      outcomes[entry.index] =
        outcome_unopened(entry, sink, skip_platform_files) ?? (await extract_entry(run, entry));
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, work));
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  return outcomes;
}

/** What the entries of one extraction share. */
interface Run<T, R extends string> {
  readonly archive: Archive;
  readonly sink: EntrySink<T, R>;
  readonly deadline: number;
  readonly budget: (bytes: number) => void;
  readonly stop: AbortController;
  readonly under_way: Set<AbortController>;
}

/** Each entry has a signal of its own, so that what listens on it does not pile up over thousands of entries. */
function stop_all<T, R extends string>(run: Run<T, R>, reason: unknown): void {
  run.stop.abort(reason);
  for (const entry_abort of run.under_way) entry_abort.abort(reason);
}

/** Counts what is inflated, by whichever entry. */
function byte_budget(limit: number): (bytes: number) => void {
  let spent = 0;
  return (bytes) => {
    spent += bytes;
    if (spent > limit) {
      throw new ArchiveError("archive_too_large", `the entries have more than ${limit} bytes in all`);
    }
  };
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
  if (run.stop.signal.aborted || Date.now() >= run.deadline) {
    return { entry, outcome: "failed", reason: "not_attempted" };
  }
  const abort = new AbortController();
  run.under_way.add(abort);
  const reading = read_entry(run, entry, abort);
  try {
    const written = await run.sink.write(entry, reading.bytes, abort.signal);
    return failed_reading(run, entry, reading) ?? accept(run, entry, reading, written);
  } catch (error) {
    const failed = failed_reading(run, entry, reading);
    if (failed !== undefined) return failed;
    const reason = run.stop.signal.aborted ? "aborted" : "write_failed";
    return { entry, outcome: "failed", reason, error };
  } finally {
    run.under_way.delete(abort);
    abort.abort();
    await reading.bytes.return();
  }
}

interface EntryReading {
  readonly bytes: AsyncGenerator<Uint8Array, void, undefined>;
  state: "open" | "complete" | { readonly error: unknown };
}

/** The entry's bytes for the sink, with an eye on how the reading went: the sink's word alone does not count. */
function read_entry<T, R extends string>(
  run: Run<T, R>,
  entry: ArchiveEntry,
  abort: AbortController,
): EntryReading {
  async function* watch(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of open_entry(run.archive, entry, { signal: abort.signal })) {
        run.budget(chunk.byteLength);
        yield chunk;
      }
      reading.state = "complete";
    } catch (error) {
      reading.state = { error };
      abort.abort(error);
      throw error;
    }
  }
  const reading: EntryReading = { bytes: watch(), state: "open" };
  return reading;
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
