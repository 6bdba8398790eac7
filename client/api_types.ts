/** Made of openapi.json by `npm run types -w client`; do not edit. */
export interface paths {
    "/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with a user name and a password
         * @description A user whom an administrator has made signs in with the temporary password and is answered 403 `new_password_required`; the same call with `newPassword` sets it and signs in. Users sign up with Cognito itself.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get a new access token without a password
         * @description Keep the `refreshToken` of the answer in place of the old one. It is the same as long as the user pool does not rotate them; where it does, the old one is used up, but for a short time of grace.
         */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Revoke a refresh token
         * @description The refresh token gives no more access tokens. Those that it gave before are taken until they expire, so a client forgets them.
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/upload_single_photo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Store one photo
         * @description For photos up to about 4.5 MB; `/request_upload` takes larger ones. The bytes decide whether it is a photo. Kinds that are kept: JPEG, PNG (animated too), GIF, WebP, AVIF, HEIC and HEIF, JPEG XL, JPEG 2000, TIFF, BMP, and the raw kinds DNG, CR2, CR3, RAF, NEF, ORF, RW2 and ARW.
         */
        post: operations["upload_single_photo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask which photos need not be sent
         * @description Of each photo it says whether you have it already, byte for byte, in the order of the request. That it does not is no promise: a photo that is sent all the same is found when it arrives. Where the operator has switched the detection of duplicates off, and of photos that were stored meanwhile, nothing is known.
         */
        post: operations["check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * List the photos, newest first
         * @description The body may be empty. A walk with the cursor sees each photo that was there at its beginning exactly once, whatever is uploaded meanwhile.
         */
        post: operations["list"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get the bytes of a photo, or an archive of several
         * @description Send `filename` for one photo: up to 4.5 MB its bytes are the answer; above that, the answer says where they are. Send `filenames`, or `all`, for a ZIP archive of several photos, which is made under a `jobId`: up to 100,000 photos, 50 GiB, and 32 MiB of directory. The names in it are those of the photos; of those that only differ in case all but the first get a number, as in `beach (2).jpg`. A photo that is not there when its turn comes is left out, and `/job` names it.
         */
        post: operations["download"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete a photo, or up to 1,000
         * @description Of two requests at once only one is told that it deleted. Of `files` each has its own outcome, and the answer is a 200 whatever these are. What is deleted can be restored for some days.
         */
        post: operations["delete"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a deleted photo, or up to 1,000
         * @description A photo can be restored for some days after it was deleted: 30, unless the operator has set another time. It is as it was, with its filename. `/list` with `deleted` names those that can be.
         */
        post: operations["restore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/request_upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask where to send a large file
         * @description For files that are larger than the gateway takes (about 4.5 MB), or that are not to break off with the connection: the client sends them to S3 itself. With `method` `POST`, send a multipart form to `url` with all of `fields`, and the file behind them as `file`, before `expiresAt`. With `method` `PUT`, cut the file into parts of `partSize` bytes, the last one smaller, and have them signed by `/upload_parts`. What has arrived is admitted by itself within seconds; `/complete_upload` does it at once, and says what has become of it. A photo may have 200 MB unless the operator has set another limit, an archive 5 GiB.
         */
        post: operations["request_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/upload_parts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have parts signed, and ask which have arrived
         * @description `PUT` the bytes of a part to its URL, without a token; S3 takes them in exactly the part's length. After a crash, ask what has arrived and send the rest.
         */
        post: operations["upload_parts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/complete_upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Have an uploaded file admitted
         * @description Joins the parts, if there are any, and says what has become of the file; done again, it says the same. An upload in parts that is never completed is never admitted, and removed after a day.
         */
        post: operations["complete_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/cancel_upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Remove what has arrived of an upload
         * @description It does not stop a form that is still being sent, or sent again: end that first.
         */
        post: operations["cancel_upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/unzip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Store the photos of a ZIP archive
         * @description A form with an archive up to about 4.5 MB is extracted at once, and every entry is in exactly one of the three lists of the answer. An archive that has been uploaded by `/request_upload` is named in JSON by its `uploadId`, and is extracted under a `jobId`. An archive that cannot be trusted as a whole, or exceeds a limit, is refused before anything of it is stored: over 2,000 entries, over 512 KiB of directory, over 100 MB inflated.
         */
        post: operations["unzip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/job": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask how far an extraction or an export is
         * @description Of an archive that is extracted, or of one that is made of photos by `/download`. Send `cursor` back to go on with the outcomes; while the next ones are not known, the answer has none, and the same cursor. Ask, once a second or so, until the state is `done` or `refused` and the answer has no cursor. An archive that is extracted may have 100,000 entries, 32 MiB of directory and 50 GiB inflated, and an entry 5 GiB.
         */
        post: operations["job"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get this document
         * @description It is the one of the version that is deployed. Caches may keep it for five minutes.
         */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        LoginRequest: {
            /** @description The e-mail address. */
            username: string;
            /** @description The password, or the temporary one. */
            password: string;
            /** @description The answer to `new_password_required`. */
            newPassword?: string;
        };
        LoginResponse: {
            /** @description The access token, for the header `JWT`. */
            jwt: string;
            /** @description The user name as it was given. */
            credentials: string;
            /** @description Seconds until `jwt` expires. */
            expiresIn: number;
            /** @description For `/refresh` and `/logout`. Keep it as secret as the password. */
            refreshToken: string;
        };
        RefreshRequest: {
            /** @description Of `/login`, or of the `/refresh` before. */
            refreshToken: string;
        };
        RefreshResponse: {
            /** @description The access token, for the header `JWT`. */
            jwt: string;
            /** @description Seconds until `jwt` expires. */
            expiresIn: number;
            /** @description The one to use from now on. */
            refreshToken: string;
        };
        LogoutRequest: {
            /** @description Of `/login`, or of the `/refresh` before. */
            refreshToken: string;
        };
        UploadSinglePhotoResponse: {
            /** @description The photo's name in this API, `<timestamp>_<name>`. Keep it as it is. */
            filename: string;
            /** @description The file's own name: the last segment of a path, in Unicode's NFC, without control and direction signs, at most 255 bytes. */
            name: string;
            /** @description In bytes. */
            size: number;
            /** @description The media type that the bytes have, whatever was declared. */
            contentType: string;
            /**
             * Format: date-time
             * @description In UTC, with milliseconds.
             */
            uploadedAt: string;
            /**
             * @description There where you had the same photo already, byte for byte: `filename` is that photo's, and nothing was stored.
             * @constant
             */
            duplicate?: true;
        };
        CheckRequest: {
            /** @description 1 to 250. */
            photos: {
                /** @description The file's own name; it comes back as it is, and nothing is compared with it. */
                name: string;
                /** @description In bytes. */
                size: number;
                /** @description The SHA-256 of the whole file, in lower-case hexadecimal. */
                checksum: string;
            }[];
        };
        CheckResponse: {
            /** @description In the order of the request. */
            photos: {
                /** @description The file's own name; it comes back as it is, and nothing is compared with it. */
                name: string;
                /** @description In bytes. */
                size: number;
                /** @description The SHA-256 of the whole file, in lower-case hexadecimal. */
                checksum: string;
                /**
                 * @description There where you had the same photo already, byte for byte: `filename` is that photo's, and nothing was stored.
                 * @constant
                 */
                duplicate?: true;
                /** @description The photo's name in this API, `<timestamp>_<name>`. Keep it as it is. */
                filename?: string;
            }[];
        };
        ListRequest: {
            /** @description How many photos at most; without it, as many as fit an answer. */
            limit?: number;
            /**
             * Format: date-time
             * @description Photos that were uploaded at this time or later; with a time zone.
             */
            from?: string;
            /**
             * Format: date-time
             * @description Photos that were uploaded before this time; with a time zone.
             */
            to?: string;
            /** @description The beginning of the name, capital and small letters told apart. A request looks at 20,000 photos at most, so an answer may have few photos, or none, and a cursor. */
            prefix?: string;
            /** @description `true` for the photos that `/restore` can bring back, in place of those that are there; looked for as with `prefix`. */
            deleted?: boolean;
            /** @description `true` for `takenAt`, `width` and `height` of each photo. Storage is asked of every photo then, so an answer has 1,000 at most. Not together with `deleted`. */
            details?: boolean;
            /** @description Of the answer before; with the same `from`, `to`, `prefix` and `deleted`. */
            cursor?: string;
        };
        ListResponse: {
            /** @description Newest first. */
            photos: {
                /** @description The photo's name in this API, `<timestamp>_<name>`. Keep it as it is. */
                filename: string;
                /** @description The file's own name: the last segment of a path, in Unicode's NFC, without control and direction signs, at most 255 bytes. */
                name: string;
                /** @description In bytes. */
                size: number;
                /**
                 * Format: date-time
                 * @description In UTC, with milliseconds.
                 */
                uploadedAt: string;
                /** @description With `details`, where it is known when the photo was taken: by the clock of the place, with the offset from UTC where the camera knew it; or in UTC, with `Z`, where only a sidecar of Google Takeout knew it. */
                takenAt?: string;
                /** @description With `details`, where it is known: in pixels, as the photo is to be shown, whichever way the camera was held. */
                width?: number;
                /** @description As `width`. */
                height?: number;
                /**
                 * Format: date-time
                 * @description Of a photo that is deleted; S3 knows it to the second.
                 */
                deletedAt?: string;
            }[];
            /** @description There while there are older photos, or may be. It is of one user and of what was asked for. */
            cursor?: string;
        };
        DownloadRequest: {
            /** @description The photo's name in this API, `<timestamp>_<name>`. Keep it as it is. */
            filename: string;
            /**
             * @description `inline` lets a browser show the photo; it is saved as a file otherwise.
             * @default attachment
             * @enum {string}
             */
            disposition?: "attachment" | "inline";
        } | {
            /** @description The photos of the archive, in any order; one that is named twice is in it once. */
            filenames: string[];
        } | {
            /**
             * @description All photos that there are.
             * @constant
             */
            all: true;
        };
        DownloadStarted: {
            /** @description Ask `/job` with it how far the archive is, and where it can be fetched. */
            jobId: string;
        };
        DeleteRequest: {
            /** @description The photo's name in this API, `<timestamp>_<name>`. Keep it as it is. */
            file: string;
        } | {
            /** @description 1 to 1,000 filenames, each of them once. */
            files: string[];
        };
        DeleteResponse: {
            /** @description The filename that was sent. */
            deleted: string;
        } | {
            /** @description In the order of `files`. */
            outcomes: ({
                /** @description The filename that was sent. */
                file: string;
                /**
                 * @description `deleted`; `not_found`: malformed, another user's, or not there; `failed`; `not_attempted`: the time was up. Send it again after the last two.
                 * @enum {string}
                 */
                outcome: "deleted" | "not_found" | "not_attempted";
            } | {
                /** @description The filename that was sent. */
                file: string;
                /**
                 * @description `deleted`; `not_found`: malformed, another user's, or not there; `failed`; `not_attempted`: the time was up. Send it again after the last two.
                 * @constant
                 */
                outcome: "failed";
                /**
                 * @description Of `failed`: `storage_refused`, `storage_unavailable`, `internal_error`, or `timeout`, after which it is not known whether it was done.
                 * @enum {string}
                 */
                code: "storage_refused" | "storage_unavailable" | "internal_error" | "timeout";
            })[];
        };
        RestoreRequest: {
            /** @description The photo's name in this API, `<timestamp>_<name>`. Keep it as it is. */
            file: string;
        } | {
            /** @description 1 to 1,000 filenames, each of them once. */
            files: string[];
        };
        RestoreResponse: {
            /** @description The filename that was sent. */
            file: string;
            /**
             * @description `restored`; `not_deleted`: it is there already. Of `files` also `not_found`: malformed, another user's, never there, or deleted too long ago; `failed`; `not_attempted`: the time was up. Send it again after the last two.
             * @enum {string}
             */
            outcome: "restored" | "not_deleted";
        } | {
            /** @description In the order of `files`. */
            outcomes: ({
                /** @description The filename that was sent. */
                file: string;
                /**
                 * @description As of one, and the others.
                 * @enum {string}
                 */
                outcome: "restored" | "not_deleted" | "not_found" | "not_attempted";
            } | {
                /** @description The filename that was sent. */
                file: string;
                /**
                 * @description As of one, and the others.
                 * @constant
                 */
                outcome: "failed";
                /**
                 * @description Of `failed`: `storage_refused`, `storage_unavailable`, `internal_error`, or `timeout`, after which it is not known whether it was done.
                 * @enum {string}
                 */
                code: "storage_refused" | "storage_unavailable" | "internal_error" | "timeout";
            })[];
        };
        RequestUploadRequest: {
            /** @description The file's name. */
            name: string;
            /** @description Exactly, in bytes. */
            size: number;
            /** @description For a photo one of the kinds that are kept, for an archive `application/zip`, `application/x-zip-compressed` or `application/x-zip`; for either `application/octet-stream`, or an empty text, where it is not known: the bytes decide. */
            contentType: string;
            /**
             * @description What it is to become: a photo, or the photos of an archive.
             * @enum {string}
             */
            kind: "photo" | "archive";
            /** @description The file's CRC-32 as 8 hexadecimal digits; S3 then takes no other bytes. */
            crc32?: string;
            /** @description `true` for parts that can be resumed, `false` for one form; parts are the default above 100 MB. */
            multipart?: boolean;
        };
        RequestUploadResponse: {
            /** @description All that has to be kept of the upload. It is of one user, and good for 24 hours. */
            uploadId: string;
            /**
             * @description `POST` for one form, `PUT` for parts.
             * @constant
             */
            method: "POST";
            /**
             * Format: uri
             * @description Where the form goes. It needs no token.
             */
            url: string;
            /** @description Fields of the form; all of them stand before the file. */
            fields: {
                [key: string]: string;
            };
            /**
             * Format: date-time
             * @description Until when the form can be sent, 10 minutes from now; or the upload completed, a day from now.
             */
            expiresAt: string;
        } | {
            /** @description All that has to be kept of the upload. It is of one user, and good for 24 hours. */
            uploadId: string;
            /**
             * @description `POST` for one form, `PUT` for parts.
             * @constant
             */
            method: "PUT";
            /** @description Bytes of every part but the last. */
            partSize: number;
            /** @description How many there are. */
            parts: number;
            /**
             * Format: date-time
             * @description Until when the form can be sent, 10 minutes from now; or the upload completed, a day from now.
             */
            expiresAt: string;
        };
        UploadPartsRequest: {
            /** @description Of an upload in parts. */
            uploadId: string;
            /**
             * @description Numbers of the parts to be given a URL, from 1.
             * @default []
             */
            sign?: number[];
        };
        UploadPartsResponse: {
            /** @description Bytes of every part but the last. */
            partSize: number;
            /** @description What has arrived, as S3 lists it. */
            parts: {
                /** @description From 1. */
                PartNumber: number;
                /** @description In bytes. */
                Size: number;
                /** @description As S3 gave it to whoever has sent the part. */
                ETag: string;
            }[];
            /** @description By the number of the part. */
            urls: {
                [key: string]: string;
            };
            /** @description For clients that speak S3's own language; others need none of them. */
            requests: {
                /**
                 * Format: uri
                 * @description S3's ListParts.
                 */
                GET: string;
                /**
                 * Format: uri
                 * @description S3's CompleteMultipartUpload.
                 */
                POST: string;
                /**
                 * Format: uri
                 * @description S3's AbortMultipartUpload.
                 */
                DELETE: string;
            };
            /**
             * Format: date-time
             * @description Until when the URLs are good: one hour from now.
             */
            expiresAt: string;
        };
        CompleteUploadRequest: {
            /** @description Of `/request_upload`. */
            uploadId: string;
        };
        UploadCompleted: {
            /** @description The photo's name in this API, `<timestamp>_<name>`. Keep it as it is. */
            filename: string;
            /** @description In bytes. */
            size: number;
            /** @description The media type that the bytes have, whatever was declared. */
            contentType: string;
            /**
             * @description There where you had the same photo already, byte for byte: `filename` is that photo's, and nothing was stored.
             * @constant
             */
            duplicate?: true;
        };
        ExtractionStarted: {
            /** @description Ask `/job` with it how far the extraction is. */
            jobId: string;
        };
        CancelUploadRequest: {
            /** @description Of `/request_upload`. */
            uploadId: string;
        };
        UnzipRequest: {
            /** @description Of `/request_upload`. */
            uploadId: string;
        };
        UnzipResponse: {
            /** @description Entries that are photos now. */
            uploaded: {
                /** @description The whole path of the entry in the archive. */
                name: string;
                /** @description The photo's name in this API, `<timestamp>_<name>`. Keep it as it is. */
                filename: string;
                /** @description In bytes. */
                size: number;
                /** @description The media type that the bytes have, whatever was declared. */
                contentType: string;
                /**
                 * @description There where you had the same photo already, byte for byte: `filename` is that photo's, and nothing was stored.
                 * @constant
                 */
                duplicate?: true;
            }[];
            /** @description Entries that are no photos. */
            skipped: {
                /** @description The whole path of the entry in the archive. */
                name: string;
                /** @description `directory`, `platform_file` (what a system leaves in archives, such as `__MACOSX/`), `sidecar` (a JSON file of Google Takeout, whose date its photo has been given where it had none) or `not_an_image`. */
                reason: string;
            }[];
            /** @description Entries that could not be stored. */
            failed: {
                /** @description The whole path of the entry in the archive. */
                name: string;
                /** @description Of the entry: `empty_file`, `unsafe_path`, `name_too_long`, `encrypted`, `unsupported_method`, `symlink`, `special_file`, `entry_too_large`, `ratio_too_high`, `size_mismatch`, `crc_mismatch`, `corrupt_data`, `header_mismatch`. Send it again after: `storage_refused`, `storage_unavailable`, `write_failed`, `read_failed`, `aborted`, `not_attempted`. */
                reason: string;
            }[];
        };
        UnzipStarted: {
            /** @description Ask `/job` with it how far the extraction is. */
            jobId: string;
        };
        JobRequest: {
            /** @description Of `/complete_upload`, `/unzip` or `/download`. */
            jobId: string;
            /** @description Of the answer before. */
            cursor?: string;
        };
        JobResponse: {
            /**
             * @description `extraction`: of an uploaded archive. `export`: of photos to an archive.
             * @enum {string}
             */
            kind: "extraction" | "export";
            /**
             * @description `queued`: nobody has begun. `running`: a part of the archive at a time. `done`: every entry has an outcome, or the archive is there. `refused`: nothing was stored.
             * @enum {string}
             */
            state: "queued" | "running" | "done" | "refused";
            /**
             * Format: date-time
             * @description When the job was asked for, was planned, or had a part done, whichever came last.
             */
            updatedAt: string;
            /** @description Why the archive was refused: as `/unzip` has it, or `archive_missing`, or `worker_failed`. Why none was made: `too_many_photos` or `export_too_large`. */
            reason?: string;
            /** @description Entries of the archive, or photos that were asked for. */
            entries: {
                /** @description Those that have an outcome. */
                done: number;
                /** @description All of them. */
                total: number;
            };
            /** @description Bytes that the entries inflate to, as far as they can be extracted; or of the photos. */
            bytes: {
                /** @description Of the entries that have an outcome. */
                done: number;
                /** @description Of all of them. */
                total: number;
            };
            /** @description Entries that are photos now. */
            uploaded: number;
            /** @description Entries that are no photos. */
            skipped: number;
            /** @description Entries that could not be stored, or photos that are not in the archive. */
            failed: number;
            /** @description Those of the entries from the cursor on, in the order of the archive's bytes; at most 500. Of an export, those photos that are not in the archive; at most 1,000. */
            outcomes: ({
                /** @description The whole path of the entry in the archive. Of an export, the filename. */
                name: string;
                /**
                 * @description What has become of the entry.
                 * @constant
                 */
                outcome: "uploaded";
                /** @description The photo's name in this API, `<timestamp>_<name>`. Keep it as it is. */
                filename: string;
                /** @description In bytes. */
                size: number;
                /** @description The media type that the bytes have, whatever was declared. */
                contentType: string;
                /**
                 * @description There where you had the same photo already, byte for byte: `filename` is that photo's, and nothing was stored.
                 * @constant
                 */
                duplicate?: true;
            } | {
                /** @description The whole path of the entry in the archive. Of an export, the filename. */
                name: string;
                /**
                 * @description What has become of the entry.
                 * @enum {string}
                 */
                outcome: "skipped" | "failed";
                /** @description As `/unzip` has it; or `worker_failed`, where the entry has killed two workers, or `archive_missing`, where the archive was replaced or removed. Of an export, `photo_missing`: none of your photos has the filename, or it was deleted before its turn came. */
                reason: string;
            })[];
            /** @description There until the last outcome has been given and the job is done. */
            cursor?: string;
            /** @description The archive of an export that is done. It is removed some days later, 2 unless the operator has set another time (`export_days`), and the job is not found then. */
            archive?: {
                /** @description Where it is. S3 needs no token: fetch the URL without it. */
                url: string;
                /** @description Seconds for which a download from the URL can begin. Every answer has a new URL. */
                expiresIn: number;
                /** @description In bytes. */
                size: number;
            };
        };
        /** @description An OpenAPI document: https://spec.openapis.org/oas/v3.1.1.html */
        OpenApiDocument: {
            /** @description The version of OpenAPI. */
            openapi: string;
            /** @description What it is called, and what holds for all operations. */
            info: Record<string, never>;
            /** @description The operations, by path and method. */
            paths: Record<string, never>;
        };
        /** @description Problem details (RFC 9457). Rely on `code`. */
        Problem: {
            /** @description `urn:photo-uploader:problem:` and the code. */
            type: string;
            /** @description What the code means, for people; the same for every such problem. */
            title: string;
            /** @description The HTTP status of the answer. */
            status: number;
            /** @description What went wrong, for programs; it does not change. */
            code: string;
            /** @description What to do about it, for people; it may change. */
            detail: string;
            /** @description The fields that are wrong, where there are such; at most 20. */
            errors?: {
                /** @description The path of the field, with dots; empty for the body as a whole. */
                field: string;
                /** @description What is wrong with it, for people. */
                message: string;
            }[];
            /** @description Why an archive or an upload was refused, for programs; it does not change. */
            reason?: string;
        };
        /** @description The gateway's own answer. */
        GatewayMessage: {
            /** @description What went wrong, for people; rely on the status. */
            message: string;
        };
    };
    responses: {
        /**
         * @description - `malformed_json`: The body is not JSON.
         *     - `invalid_request`: `errors` names the fields that are missing, wrong or unknown; or the body has more than 65,536 characters (1,000,000 where a request may have many files).
         */
        "400.malformed_json.invalid_request": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "malformed_json" | "invalid_request";
                };
            };
        };
        /**
         * @description - `malformed_json`: The body is not JSON.
         *     - `invalid_request`: `errors` names the fields that are missing, wrong or unknown; or the body has more than 65,536 characters (1,000,000 where a request may have many files).
         *     - `invalid_cursor`: The cursor was not given to this user by the answer before, or what is asked for has changed since.
         */
        "400.malformed_json.invalid_request.invalid_cursor": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "malformed_json" | "invalid_request" | "invalid_cursor";
                };
            };
        };
        /**
         * @description - `malformed_json`: The body is not JSON.
         *     - `invalid_request`: `errors` names the fields that are missing, wrong or unknown; or the body has more than 65,536 characters (1,000,000 where a request may have many files).
         *     - `invalid_new_password`: `detail` says which rule of the password policy.
         */
        "400.malformed_json.invalid_request.invalid_new_password": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "malformed_json" | "invalid_request" | "invalid_new_password";
                };
            };
        };
        /**
         * @description - `malformed_json`: The body is not JSON.
         *     - `invalid_request`: `errors` names the fields that are missing, wrong or unknown; or the body has more than 65,536 characters (1,000,000 where a request may have many files).
         *     - `malformed_multipart`: `detail` says where the form is broken.
         *     - `missing_file`: The form has no file in the field that is expected.
         *     - `too_many_files`: The form has more than one file.
         *     - `empty_file`: The file has no bytes.
         */
        "400.malformed_json.invalid_request.malformed_multipart.missing_file.too_many_files.empty_file": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "malformed_json" | "invalid_request" | "malformed_multipart" | "missing_file" | "too_many_files" | "empty_file";
                };
            };
        };
        /**
         * @description - `malformed_multipart`: `detail` says where the form is broken.
         *     - `missing_file`: The form has no file in the field that is expected.
         *     - `too_many_files`: The form has more than one file.
         *     - `empty_file`: The file has no bytes.
         */
        "400.malformed_multipart.missing_file.too_many_files.empty_file": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "malformed_multipart" | "missing_file" | "too_many_files" | "empty_file";
                };
            };
        };
        /**
         * @description - `unauthenticated`: The API was deployed without its authorizer.
         *     - the gateway: There is no token header.
         */
        "401.gateway.unauthenticated": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "unauthenticated";
                };
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description - `invalid_credentials`: An unknown user, a wrong password, or a disabled user: not told apart. */
        "401.invalid_credentials": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid_credentials";
                };
            };
        };
        /** @description - `invalid_refresh_token`: Malformed, expired, revoked, used up, or of a disabled user. Only signing in helps. */
        "401.invalid_refresh_token": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "invalid_refresh_token";
                };
            };
        };
        /** @description - the gateway: The token is refused. */
        "403.gateway": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /**
         * @description - `new_password_required`: An administrator has made this user; send `newPassword` along.
         *     - `user_not_confirmed`: The sign-up is to be confirmed with Cognito.
         *     - `password_reset_required`: The password is to be reset with Cognito.
         *     - `challenge_not_supported`: The user has to take a step that this API does not know, such as a second factor.
         */
        "403.new_password_required.user_not_confirmed.password_reset_required.challenge_not_supported": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "new_password_required" | "user_not_confirmed" | "password_reset_required" | "challenge_not_supported";
                };
            };
        };
        /** @description - the gateway: This deployment has no such route. */
        "404.gateway": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /**
         * @description - `job_not_found`: Made up, or another user's: not told apart.
         *     - the gateway: This deployment has no such route.
         */
        "404.gateway.job_not_found": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "job_not_found";
                };
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /**
         * @description - `photo_not_found`: Malformed, another user's, or not there: not told apart.
         *     - the gateway: This deployment has no such route.
         */
        "404.gateway.photo_not_found": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "photo_not_found";
                };
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /**
         * @description - `upload_not_found`: Made up, another user's, or expired: not told apart; or, of its parts, completed or cancelled.
         *     - the gateway: This deployment has no such route.
         */
        "404.gateway.upload_not_found": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "upload_not_found";
                };
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description - `upload_completed`: The upload has been admitted or refused meanwhile. */
        "409.upload_completed": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "upload_completed";
                };
            };
        };
        /** @description - `upload_incomplete`: The file has not arrived, or not whole; `detail` names the parts that are missing. */
        "409.upload_incomplete": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "upload_incomplete";
                };
            };
        };
        /** @description - the gateway: The body is too large: the gateway takes 10 MB, and a function some 4.5 MB of a file. */
        "413.gateway": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /**
         * @description - `file_too_large`: `detail` says the limit.
         *     - the gateway: The body is too large: the gateway takes 10 MB, and a function some 4.5 MB of a file.
         */
        "413.gateway.file_too_large": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "file_too_large";
                };
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description - `unsupported_media_type`: The content type of the body is not one that this operation takes. */
        "415.unsupported_media_type": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "unsupported_media_type";
                };
            };
        };
        /**
         * @description - `unsupported_media_type`: The content type of the body is not one that this operation takes.
         *     - `not_an_image`: By its bytes the file is no photo of a kind that is kept.
         */
        "415.unsupported_media_type.not_an_image": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "unsupported_media_type" | "not_an_image";
                };
            };
        };
        /** @description - `type_not_accepted`: `contentType` is none of those that `detail` names. */
        "422.type_not_accepted": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "type_not_accepted";
                };
            };
        };
        /** @description - `upload_refused`: The file is not what it was declared as. `reason` is `not_an_image`, `not_an_archive`, `size_mismatch`, `checksum_mismatch`, or `undeclared`. */
        "422.upload_refused": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "upload_refused";
                };
            };
        };
        /**
         * @description - `upload_refused`: The file is not what it was declared as. `reason` is `not_an_image`, `not_an_archive`, `size_mismatch`, `checksum_mismatch`, or `undeclared`.
         *     - `invalid_archive`: The archive cannot be trusted as a whole, and nothing of it was stored. `reason` is `not_a_zip`, `truncated`, `bad_end_record`, `bad_directory`, `ambiguous_archive`, `split_archive`, `header_mismatch`, or `overlapping_entries`.
         *     - `empty_archive`: The archive has no entries.
         *     - `archive_too_large`: The archive exceeds a limit, and nothing of it was stored. `reason` is `too_many_entries`, `directory_too_large`, or `archive_too_large`.
         */
        "422.upload_refused.invalid_archive.empty_archive.archive_too_large": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "upload_refused" | "invalid_archive" | "empty_archive" | "archive_too_large";
                };
            };
        };
        /** @description - the gateway: Too many requests at once. */
        "429.gateway": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description - the gateway: The headers have more than 10,240 bytes. */
        "431.gateway": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /**
         * @description - `internal_error`: Something went wrong on the server.
         *     - the gateway: The function, or the authorizer, has failed.
         */
        "500.gateway.internal_error": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "internal_error";
                };
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description - `identity_refused`: Cognito is set up wrongly. */
        "502.identity_refused": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "identity_refused";
                };
            };
        };
        /** @description - `storage_refused`: S3 is set up wrongly. */
        "502.storage_refused": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "storage_refused";
                };
            };
        };
        /** @description - the gateway: The function does not answer, or too many requests are at it. */
        "503.gateway": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /**
         * @description - `identity_unavailable`: Cognito does not answer, or not in time.
         *     - the gateway: The function does not answer, or too many requests are at it.
         */
        "503.gateway.identity_unavailable": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "identity_unavailable";
                };
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /**
         * @description - `storage_unavailable`: S3 does not answer, or not in time.
         *     - the gateway: The function does not answer, or too many requests are at it.
         */
        "503.gateway.storage_unavailable": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "storage_unavailable";
                };
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description - `timeout`: Look with `/list` what was stored before sending it again. */
        "504.timeout": {
            headers: {
                "apigw-requestid": components["headers"]["apigw-requestid"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"] & {
                    /** @enum {unknown} */
                    code?: "timeout";
                };
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /**
         * @description Photos and tokens are one user's, and no cache keeps them; this document is everyone's.
         * @example private, no-store
         */
        "Cache-Control": string;
        /**
         * @description No browser guesses at the media type.
         * @example nosniff
         */
        "X-Content-Type-Options": string;
        /**
         * @description By which an operator finds the request in the logs.
         * @example JKJaXmPLvHcESHA=
         */
        "apigw-requestid": string;
        /**
         * @description A URL that needs no token.
         * @example https://photos.example.com/photo?X-Amz-Expires=300
         */
        Location: string;
        /**
         * @description Of the photo in S3.
         * @example "9bb58f26192e4ba00f01e2e7b136bbd8"
         */
        ETag: string;
        /**
         * @description With the photo's own name.
         * @example attachment; filename="beach.jpg"
         */
        "Content-Disposition": string;
        /**
         * @description Seconds after which the same request may succeed; in problem details only.
         * @example 2
         */
        "Retry-After": number;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "username": "mia@example.com",
                 *       "password": "Pa55-word!"
                 *     }
                 */
                "application/json": components["schemas"]["LoginRequest"];
            };
        };
        responses: {
            /** @description Signed in. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "jwt": "eyJraWQiOiI0N…",
                     *       "credentials": "mia@example.com",
                     *       "expiresIn": 3600,
                     *       "refreshToken": "eyJraWQiOiI0N…"
                     *     }
                     */
                    "application/json": components["schemas"]["LoginResponse"];
                };
            };
            400: components["responses"]["400.malformed_json.invalid_request.invalid_new_password"];
            401: components["responses"]["401.invalid_credentials"];
            403: components["responses"]["403.new_password_required.user_not_confirmed.password_reset_required.challenge_not_supported"];
            404: components["responses"]["404.gateway"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.identity_refused"];
            503: components["responses"]["503.gateway.identity_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "refreshToken": "eyJraWQiOiI0N…"
                 *     }
                 */
                "application/json": components["schemas"]["RefreshRequest"];
            };
        };
        responses: {
            /** @description A new access token. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "jwt": "eyJraWQiOiI0N…",
                     *       "expiresIn": 3600,
                     *       "refreshToken": "eyJraWQiOiI0N…"
                     *     }
                     */
                    "application/json": components["schemas"]["RefreshResponse"];
                };
            };
            400: components["responses"]["400.malformed_json.invalid_request"];
            401: components["responses"]["401.invalid_refresh_token"];
            404: components["responses"]["404.gateway"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.identity_refused"];
            503: components["responses"]["503.gateway.identity_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "refreshToken": "eyJraWQiOiI0N…"
                 *     }
                 */
                "application/json": components["schemas"]["LogoutRequest"];
            };
        };
        responses: {
            /** @description It is of no more use, or was of none already. */
            204: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.malformed_json.invalid_request"];
            404: components["responses"]["404.gateway"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.identity_refused"];
            503: components["responses"]["503.gateway.identity_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    upload_single_photo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /**
                     * Format: binary
                     * @description The photo. Text fields beside it are ignored; a second file is refused.
                     */
                    file: string;
                };
            };
        };
        responses: {
            /** @description You had the same photo already. This says what it is called, and when that was stored. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "filename": "20261123T101530123Z_beach.jpg",
                     *       "name": "beach.jpg",
                     *       "size": 812954,
                     *       "contentType": "image/jpeg",
                     *       "uploadedAt": "2026-11-23T10:15:30.123Z"
                     *     }
                     */
                    "application/json": components["schemas"]["UploadSinglePhotoResponse"];
                };
            };
            /** @description The photo is stored. */
            201: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "filename": "20261123T101530123Z_beach.jpg",
                     *       "name": "beach.jpg",
                     *       "size": 812954,
                     *       "contentType": "image/jpeg",
                     *       "uploadedAt": "2026-11-23T10:15:30.123Z"
                     *     }
                     */
                    "application/json": components["schemas"]["UploadSinglePhotoResponse"];
                };
            };
            400: components["responses"]["400.malformed_multipart.missing_file.too_many_files.empty_file"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type.not_an_image"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    check: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "photos": [
                 *         {
                 *           "name": "beach.jpg",
                 *           "size": 812954,
                 *           "checksum": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
                 *         }
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["CheckRequest"];
            };
        };
        responses: {
            /** @description What is known of each photo. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "photos": [
                     *         {
                     *           "name": "beach.jpg",
                     *           "size": 812954,
                     *           "checksum": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                     *           "duplicate": true,
                     *           "filename": "20261123T101530123Z_beach.jpg"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["CheckResponse"];
                };
            };
            400: components["responses"]["400.malformed_json.invalid_request"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    list: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "limit": 50,
                 *       "details": true
                 *     }
                 */
                "application/json": components["schemas"]["ListRequest"];
            };
        };
        responses: {
            /** @description Photos of the user. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "photos": [
                     *         {
                     *           "filename": "20261123T101530123Z_beach.jpg",
                     *           "name": "beach.jpg",
                     *           "size": 812954,
                     *           "uploadedAt": "2026-11-23T10:15:30.123Z",
                     *           "takenAt": "2026-07-14T12:30:00+02:00",
                     *           "width": 3024,
                     *           "height": 4032
                     *         }
                     *       ],
                     *       "cursor": "kQ7XcQ0b2mB1yK5sZ4nV8wEoRf6uHjAi"
                     *     }
                     */
                    "application/json": components["schemas"]["ListResponse"];
                };
            };
            400: components["responses"]["400.malformed_json.invalid_request.invalid_cursor"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    download: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "filename": "20261123T101530123Z_beach.jpg"
                 *     }
                 */
                "application/json": components["schemas"]["DownloadRequest"];
            };
        };
        responses: {
            /** @description The photo, with its media type. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    ETag: components["headers"]["ETag"];
                    "Content-Disposition": components["headers"]["Content-Disposition"];
                    [name: string]: unknown;
                };
                content: {
                    "image/*": string;
                };
            };
            /** @description The archive is being made. */
            202: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "jobId": "20261123T101530123Z-5f0c2a9e7b314d68"
                     *     }
                     */
                    "application/json": components["schemas"]["DownloadStarted"];
                };
            };
            /** @description The photo is at `Location`, for 5 minutes. S3 needs no token: fetch the URL without it. A browser follows by itself. */
            303: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.malformed_json.invalid_request"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway.photo_not_found"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    delete: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "file": "20261123T101530123Z_beach.jpg"
                 *     }
                 */
                "application/json": components["schemas"]["DeleteRequest"];
            };
        };
        responses: {
            /** @description The photo is gone; or the outcomes of `files`. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "deleted": "20261123T101530123Z_beach.jpg"
                     *     }
                     */
                    "application/json": components["schemas"]["DeleteResponse"];
                };
            };
            400: components["responses"]["400.malformed_json.invalid_request"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway.photo_not_found"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    restore: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "file": "20261123T101530123Z_beach.jpg"
                 *     }
                 */
                "application/json": components["schemas"]["RestoreRequest"];
            };
        };
        responses: {
            /** @description The photo is there; or the outcomes of `files`. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "file": "20261123T101530123Z_beach.jpg",
                     *       "outcome": "restored"
                     *     }
                     */
                    "application/json": components["schemas"]["RestoreResponse"];
                };
            };
            400: components["responses"]["400.malformed_json.invalid_request"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway.photo_not_found"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    request_upload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "name": "large.jpg",
                 *       "size": 12000000,
                 *       "contentType": "image/jpeg",
                 *       "kind": "photo"
                 *     }
                 */
                "application/json": components["schemas"]["RequestUploadRequest"];
            };
        };
        responses: {
            /** @description Where to send the file. */
            201: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "uploadId": "pYd3lGTqkQ7XcQ0b2mB1yK5sZ4nV8wEoRf6uHjAi",
                     *       "method": "PUT",
                     *       "partSize": 8388608,
                     *       "parts": 12,
                     *       "expiresAt": "2026-11-24T10:15:30.123Z"
                     *     }
                     */
                    "application/json": components["schemas"]["RequestUploadResponse"];
                };
            };
            400: components["responses"]["400.malformed_json.invalid_request"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway"];
            413: components["responses"]["413.gateway.file_too_large"];
            415: components["responses"]["415.unsupported_media_type"];
            422: components["responses"]["422.type_not_accepted"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    upload_parts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "uploadId": "pYd3lGTqkQ7XcQ0b2mB1yK5sZ4nV8wEoRf6uHjAi",
                 *       "sign": [
                 *         1,
                 *         2
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["UploadPartsRequest"];
            };
        };
        responses: {
            /** @description What has arrived, and the URLs that were asked for. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "partSize": 8388608,
                     *       "parts": [
                     *         {
                     *           "PartNumber": 1,
                     *           "Size": 8388608,
                     *           "ETag": "\"9bb58f26192e4ba00f01e2e7b136bbd8\""
                     *         }
                     *       ],
                     *       "urls": {
                     *         "2": "https://photos.example.com/upload?partNumber=2"
                     *       },
                     *       "requests": {
                     *         "GET": "https://photos.example.com/upload?uploadId=1",
                     *         "POST": "https://photos.example.com/upload?uploadId=1",
                     *         "DELETE": "https://photos.example.com/upload?uploadId=1"
                     *       },
                     *       "expiresAt": "2026-11-23T11:15:30.123Z"
                     *     }
                     */
                    "application/json": components["schemas"]["UploadPartsResponse"];
                };
            };
            400: components["responses"]["400.malformed_json.invalid_request"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway.upload_not_found"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    complete_upload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "uploadId": "pYd3lGTqkQ7XcQ0b2mB1yK5sZ4nV8wEoRf6uHjAi"
                 *     }
                 */
                "application/json": components["schemas"]["CompleteUploadRequest"];
            };
        };
        responses: {
            /** @description It was a photo already, by an earlier request or by itself; or, as `duplicate` says, by another upload. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "filename": "20261123T101530123Z_beach.jpg",
                     *       "size": 12000000,
                     *       "contentType": "image/jpeg"
                     *     }
                     */
                    "application/json": components["schemas"]["UploadCompleted"];
                };
            };
            /** @description It is a photo now. */
            201: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "filename": "20261123T101530123Z_beach.jpg",
                     *       "size": 12000000,
                     *       "contentType": "image/jpeg"
                     *     }
                     */
                    "application/json": components["schemas"]["UploadCompleted"];
                };
            };
            /** @description It is an archive, and is being extracted. */
            202: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "jobId": "20261123T101530123Z-5f0c2a9e7b314d68"
                     *     }
                     */
                    "application/json": components["schemas"]["ExtractionStarted"];
                };
            };
            400: components["responses"]["400.malformed_json.invalid_request"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway.upload_not_found"];
            409: components["responses"]["409.upload_incomplete"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            422: components["responses"]["422.upload_refused"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    cancel_upload: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "uploadId": "pYd3lGTqkQ7XcQ0b2mB1yK5sZ4nV8wEoRf6uHjAi"
                 *     }
                 */
                "application/json": components["schemas"]["CancelUploadRequest"];
            };
        };
        responses: {
            /** @description What had arrived is gone. */
            204: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["400.malformed_json.invalid_request"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway.upload_not_found"];
            409: components["responses"]["409.upload_completed"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    unzip: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /**
                     * Format: binary
                     * @description The archive. Text fields beside it are ignored; a second file is refused.
                     */
                    archive: string;
                };
                /**
                 * @example {
                 *       "uploadId": "pYd3lGTqkQ7XcQ0b2mB1yK5sZ4nV8wEoRf6uHjAi"
                 *     }
                 */
                "application/json": components["schemas"]["UnzipRequest"];
            };
        };
        responses: {
            /** @description The form's archive was extracted. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "uploaded": [
                     *         {
                     *           "name": "Beach/1.jpg",
                     *           "filename": "20261123T101530123Z_beach.jpg",
                     *           "size": 59734,
                     *           "contentType": "image/jpeg"
                     *         }
                     *       ],
                     *       "skipped": [
                     *         {
                     *           "name": "Beach/",
                     *           "reason": "directory"
                     *         }
                     *       ],
                     *       "failed": [
                     *         {
                     *           "name": "../x.jpg",
                     *           "reason": "unsafe_path"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["UnzipResponse"];
                };
            };
            /** @description The uploaded archive is being extracted. */
            202: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "jobId": "20261123T101530123Z-5f0c2a9e7b314d68"
                     *     }
                     */
                    "application/json": components["schemas"]["UnzipStarted"];
                };
            };
            400: components["responses"]["400.malformed_json.invalid_request.malformed_multipart.missing_file.too_many_files.empty_file"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway.upload_not_found"];
            409: components["responses"]["409.upload_incomplete"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            422: components["responses"]["422.upload_refused.invalid_archive.empty_archive.archive_too_large"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    job: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "jobId": "20261123T101530123Z-5f0c2a9e7b314d68"
                 *     }
                 */
                "application/json": components["schemas"]["JobRequest"];
            };
        };
        responses: {
            /** @description How far it is. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "kind": "extraction",
                     *       "state": "running",
                     *       "updatedAt": "2026-11-23T10:15:30.000Z",
                     *       "entries": {
                     *         "done": 25,
                     *         "total": 400
                     *       },
                     *       "bytes": {
                     *         "done": 61034201,
                     *         "total": 981004210
                     *       },
                     *       "uploaded": 23,
                     *       "skipped": 2,
                     *       "failed": 0,
                     *       "outcomes": [
                     *         {
                     *           "name": "Beach/1.jpg",
                     *           "outcome": "uploaded",
                     *           "filename": "20261123T101530123Z_beach.jpg",
                     *           "size": 59734,
                     *           "contentType": "image/jpeg"
                     *         },
                     *         {
                     *           "name": "notes.txt",
                     *           "outcome": "skipped",
                     *           "reason": "not_an_image"
                     *         }
                     *       ],
                     *       "cursor": "1"
                     *     }
                     */
                    "application/json": components["schemas"]["JobResponse"];
                };
            };
            400: components["responses"]["400.malformed_json.invalid_request.invalid_cursor"];
            401: components["responses"]["401.gateway.unauthenticated"];
            403: components["responses"]["403.gateway"];
            404: components["responses"]["404.gateway.job_not_found"];
            413: components["responses"]["413.gateway"];
            415: components["responses"]["415.unsupported_media_type"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            502: components["responses"]["502.storage_refused"];
            503: components["responses"]["503.gateway.storage_unavailable"];
            504: components["responses"]["504.timeout"];
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["Cache-Control"];
                    "X-Content-Type-Options": components["headers"]["X-Content-Type-Options"];
                    "apigw-requestid": components["headers"]["apigw-requestid"];
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "openapi": "3.1.1",
                     *       "info": {
                     *         "title": "photo-uploader",
                     *         "version": "1.0.0"
                     *       },
                     *       "paths": {}
                     *     }
                     */
                    "application/json": components["schemas"]["OpenApiDocument"];
                };
            };
            404: components["responses"]["404.gateway"];
            413: components["responses"]["413.gateway"];
            429: components["responses"]["429.gateway"];
            431: components["responses"]["431.gateway"];
            500: components["responses"]["500.gateway.internal_error"];
            503: components["responses"]["503.gateway"];
            504: components["responses"]["504.timeout"];
        };
    };
}
