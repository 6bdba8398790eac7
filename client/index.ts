/** What the package exports. */
export type { EntryOutcome, Photo, Problem, Schemas, UploadedPhoto } from "./api_schemas.ts";
export type { components, operations, paths } from "./api_types.ts";
export { type ClientSettings, createClient, type PhotoClient } from "./client.ts";
export type { Download, DownloadOptions } from "./download.ts";
export type { ExportChoice, ExportedArchive, ExportOptions } from "./export.ts";
export type { ExportProgress, ExtractProgress, FollowExportOptions, FollowOptions } from "./job.ts";
export type { ListOptions, ListPageOptions } from "./list.ts";
export {
  type CheckedPhoto,
  checksumOf,
  type DeletionOutcome,
  type PhotoToCheck,
  type RestorationOutcome,
} from "./many.ts";
export type { SignalOption } from "./patience.ts";
export { ConnectionError, ProblemError, type ProblemField } from "./problem_error.ts";
export type { SendOptions, SendProgress } from "./send_file.ts";
export { type KeyedStorage, memoryTokens, storedTokens, type TokenStore, type Tokens } from "./tokens.ts";
export type { Fetch } from "./transfer.ts";
export type { UnzipOptions, UnzipProgress } from "./unzip.ts";
export type { UploadOptions } from "./upload.ts";
