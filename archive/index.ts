/** The ZIP engine: bytes in, verified entries out. It knows nothing of AWS or HTTP. */
export type { Archive, OpenOptions } from "./archive.ts";
export { open_archive } from "./archive.ts";
export type { ByteSource, ReadAhead, Region } from "./byte_source.ts";
export { bytes_source } from "./byte_source.ts";
export type { ArchiveEntry, EntryKind } from "./directory.ts";
export type { OpenEntryOptions } from "./entry_reader.ts";
export { open_entry } from "./entry_reader.ts";
export type { ArchiveErrorCode, ArchiveFault, EntryFault } from "./errors.ts";
export { ArchiveError } from "./errors.ts";
export type {
  EngineFailure,
  EngineSkip,
  EntryOutcome,
  EntrySink,
  ExtractOptions,
  FailedOutcome,
  ReadOther,
  Written,
} from "./extract.ts";
export { default_in_flight_bytes, extract, longest_other } from "./extract.ts";
export type { ArchiveLimits } from "./limits.ts";
export { default_limits, large_limits } from "./limits.ts";
export { junk_reason } from "./platform_file.ts";
export type { WindowOptions } from "./windows.ts";
export { default_windows, windowed_source } from "./windows.ts";
export type { ReadFile, WrittenDirectory, WrittenFile } from "./writer.ts";
export {
  data_descriptor,
  directory_record,
  directory_record_bytes,
  end_of_archive,
  local_header,
  most_record_bytes,
} from "./writer.ts";
