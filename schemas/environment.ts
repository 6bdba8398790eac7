/** The settings that each function reads from its environment when it starts. */
import * as z from "zod/mini";

const matching = (pattern: RegExp, error: string) => z.string({ error }).check(z.regex(pattern, { error }));

const client_id = matching(/^[a-z0-9]{1,128}$/, "must be the id of a Cognito app client");
const bucket = matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be the name of an S3 bucket");

const cursor_key = matching(/^.{32,}$/, "must be a secret of at least 32 characters");

/** What CopyObject takes, by which a photo is published. */
const LARGEST_COPY = 5 * 1024 ** 3;
const SIZE = `must be a number of bytes from 1 to ${LARGEST_COPY}`;
const photo_max_bytes = z.pipe(
  z.pipe(matching(/^[1-9]\d{0,9}$/, SIZE), z.transform(Number)),
  z.int().check(z.maximum(LARGEST_COPY, { error: SIZE })),
);

const detect_duplicates = z.pipe(
  matching(/^(true|false)$/, "must be true or false"),
  z.transform((text) => text === "true"),
);

export const environments = {
  photos: z.object({ PHOTOS_BUCKET: bucket }),

  /** Of every function that writes photos, or says which need not be written. */
  new_photos: z.object({ PHOTOS_BUCKET: bucket, DETECT_DUPLICATES: detect_duplicates }),

  list: z.object({ PHOTOS_BUCKET: bucket, CURSOR_KEY: cursor_key }),

  request_upload: z.object({
    PHOTOS_BUCKET: bucket,
    CURSOR_KEY: cursor_key,
    PHOTO_MAX_BYTES: photo_max_bytes,
  }),

  /** Of every function that is given an `uploadId`, which is sealed with the key of the cursors. */
  uploads: z.object({ PHOTOS_BUCKET: bucket, CURSOR_KEY: cursor_key }),

  new_uploads: z.object({
    PHOTOS_BUCKET: bucket,
    CURSOR_KEY: cursor_key,
    DETECT_DUPLICATES: detect_duplicates,
  }),

  login: z.object({ USER_POOL_CLIENT_ID: client_id }),

  authorizer: z
    .object({
      USER_POOL_ID: matching(/^[\w-]+_[0-9A-Za-z]+$/, "must be the id of a Cognito user pool"),
      USER_POOL_CLIENT_ID: client_id,
      /** Where the laptop stack keeps the public keys. Nothing else may name another source of keys. */
      JWKS_URI: z.optional(matching(/^http:\/\/127\.0\.0\.1:\d+\//, "must be an http URL on 127.0.0.1")),
      /** Set by Lambda itself, and by nothing else. */
      AWS_EXECUTION_ENV: z.optional(z.string()),
    })
    .check(
      z.refine(
        ({ JWKS_URI, AWS_EXECUTION_ENV }) => JWKS_URI === undefined || AWS_EXECUTION_ENV === undefined,
        {
          path: ["JWKS_URI"],
          error: "must not be set in AWS, where the keys come from Cognito alone",
        },
      ),
    ),
};

export type Environments = {
  readonly [Name in keyof typeof environments]: z.infer<(typeof environments)[Name]>;
};
