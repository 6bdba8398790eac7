/** The client: an object with what an app does with its photos. */
import { open_api } from "./api.ts";
import type { EntryOutcome, Photo, RequestOf, Schemas, UploadedPhoto } from "./api_schemas.ts";
import { type Download, type DownloadOptions, downloads } from "./download.ts";
import {
  type ExportChoice,
  type ExportedArchive,
  type ExportOptions,
  export_photos,
  follow_export,
} from "./export.ts";
import { type FollowExportOptions, type FollowOptions, follow_job } from "./job.ts";
import { type ListOptions, type ListPageOptions, list_page, list_photos } from "./list.ts";
import {
  type CheckedPhoto,
  check_photos,
  type DeletionOutcome,
  delete_photos,
  type PhotoToCheck,
  type RestorationOutcome,
  restore_photos,
} from "./many.ts";
import { open_post } from "./open_post.ts";
import type { SignalOption } from "./patience.ts";
import { open_session } from "./session.ts";
import { memoryTokens, type TokenStore } from "./tokens.ts";
import { type Fetch, sender } from "./transfer.ts";
import { type UnzipOptions, unzip_archive } from "./unzip.ts";
import { type UploadOptions, upload_photo } from "./upload.ts";

export interface ClientSettings {
  /** Where the API is, such as `https://photos.example.com`. */
  readonly baseUrl: string | URL;
  /** Where the sign-in is kept; in memory unless told. */
  readonly tokens?: TokenStore | undefined;
  /** The header that the operator has chosen for the token; `JWT` unless told. */
  readonly tokenHeader?: string | undefined;
  /** In place of the platform's; then nothing is sent by XMLHttpRequest, and pages see no progress within a request. */
  readonly fetch?: Fetch | undefined;
  /** How often at most a request that may be repeated is sent again; 3 unless told. */
  readonly retries?: number | undefined;
}

/**
 * Every method rejects with a `ProblemError` when it is refused, with a `ConnectionError` when there is no answer, and
 * with the signal's reason when it is aborted. An access token is renewed when it has to be. What one user has begun is
 * not gone on with as another: once somebody else is signed in, it rejects with `not_signed_in`.
 */
export interface PhotoClient {
  /** `newPassword` is the answer to the code `new_password_required`. */
  signIn(credentials: RequestOf<"/login">, options?: SignalOption): Promise<void>;
  /** Forgets the tokens, and has the refresh token revoked. */
  signOut(options?: SignalOption): Promise<void>;
  /** The name of the user who is signed in. */
  signedIn(): Promise<string | undefined>;
  /** A photo, in the way that its size asks for. */
  upload(photo: Blob, options?: UploadOptions): Promise<UploadedPhoto>;
  /** An archive of photos; gives what becomes of each entry, and begins when it is asked for the first. */
  unzip(archive: Blob, options?: UnzipOptions): AsyncGenerator<EntryOutcome, void, undefined>;
  /** Follows an extraction by the `jobId` of its progress, from its first entry. */
  follow(jobId: string, options?: FollowOptions): AsyncGenerator<EntryOutcome, void, undefined>;
  /** Removes an upload that is not to be resumed. */
  cancelUpload(uploadId: string, options?: SignalOption): Promise<void>;
  /** All photos, newest first. */
  list(options?: ListOptions): AsyncGenerator<Photo, void, undefined>;
  /** One page of them, with the `cursor` of the next. */
  listPage(options?: ListPageOptions): Promise<Schemas["ListResponse"]>;
  download(filename: string, options?: DownloadOptions): Promise<Download>;
  /** Several photos as one ZIP archive; gives where to fetch it, once it is made. */
  exportPhotos(choice: ExportChoice, options?: ExportOptions): Promise<ExportedArchive>;
  /** Follows an export by its `jobId`; also gives a new URL in place of one that has expired. */
  followExport(jobId: string, options?: FollowExportOptions): Promise<ExportedArchive>;
  delete(filename: string, options?: SignalOption): Promise<void>;
  /** Any number of photos; an outcome for each, in their order. */
  deleteMany(filenames: readonly string[], options?: SignalOption): Promise<DeletionOutcome[]>;
  /** Brings back what was deleted within the retention; an outcome for each, in their order. */
  restore(filenames: readonly string[], options?: SignalOption): Promise<RestorationOutcome[]>;
  /** Which photos are there already, and need not be sent. */
  check(photos: readonly PhotoToCheck[], options?: SignalOption): Promise<CheckedPhoto[]>;
}

const RETRIES = 3;

export function createClient({
  baseUrl,
  tokens = memoryTokens(),
  tokenHeader = "JWT",
  fetch: given,
  retries = RETRIES,
}: ClientSettings): PhotoClient {
  // Not as it is: a method of the page's window must not be called as one of an object of ours.
  const fetch: Fetch = given ?? ((url, init) => globalThis.fetch(url, init));
  const base = String(baseUrl).replace(/\/+$/, "");
  const patience = { retries };
  const session = open_session(open_post(fetch, base, patience), tokens);
  const send = sender(given, fetch);
  /** For one operation, which stays that of the user who began it. */
  const api = () =>
    open_api({ base, token_header: tokenHeader, session: session.begin(), fetch, send, patience });
  const download = downloads();
  return {
    async signIn(credentials, { signal } = {}) {
      await session.sign_in(credentials, signal);
    },
    signOut: ({ signal } = {}) => session.sign_out(signal),
    signedIn: async () => (await tokens.get())?.username,
    upload: (photo, options = {}) => upload_photo(api(), photo, options),
    async *unzip(archive, options = {}) {
      yield* unzip_archive(api(), archive, options);
    },
    async *follow(jobId, options = {}) {
      yield* follow_job(api(), jobId, options);
    },
    cancelUpload: (uploadId, { signal } = {}) =>
      api().post("/cancel_upload", { uploadId }, { repeatable: true, signal }),
    async *list(options = {}) {
      yield* list_photos(api(), options);
    },
    listPage: (options = {}) => list_page(api(), options),
    download: (filename, options = {}) => download(api(), filename, options),
    exportPhotos: (choice, options = {}) => export_photos(api(), choice, options),
    followExport: (jobId, options = {}) => follow_export(api(), jobId, options),
    async delete(file, { signal } = {}) {
      await api().post("/delete", { file }, { repeatable: false, signal });
    },
    deleteMany: (filenames, options = {}) => delete_photos(api(), filenames, options),
    restore: (filenames, options = {}) => restore_photos(api(), filenames, options),
    check: (photos, options = {}) => check_photos(api(), photos, options),
  };
}
