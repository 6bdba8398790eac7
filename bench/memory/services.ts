/** S3 and Cognito of the laptop stack, in this process, with what the functions are to find in them. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { photo_filename, photo_key, user_prefix } from "@photo-uploader/layer";
import { start_cognito } from "../../local/cognito/server.ts";
import { BUCKET, CREDENTIALS, DEMO_USER, REGION } from "../../local/config.ts";
import { start_s3 } from "../../local/s3/server.ts";
import { Store } from "../../local/s3/store.ts";
import { VARIABLES } from "../lambda/variables.ts";

export interface Services {
  /** What the functions are given beside what Lambda gives them. */
  readonly variables: Readonly<Record<string, string>>;
  /** An access token of the demo user. */
  readonly token: string;
  /** Writes a photo and returns its filename. */
  readonly put: (user: string, bytes: Buffer) => Promise<string>;
  /** Deletes a photo, which can be restored. */
  readonly remove: (user: string, filename: string) => Promise<void>;
  /** Deletes all photos of a user. */
  readonly empty: (user: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Users whose photos are listed, and how many each has: more than fit one answer, and less than a page of S3's. */
export const COLLECTOR = "collector";
export const BEGINNER = "beginner";
const LIBRARIES = { [COLLECTOR]: 45_000, [BEGINNER]: 900 };

export async function start_services(): Promise<Services> {
  const folder = await mkdtemp(join(tmpdir(), "photo-uploader-services-"));
  await collect_photos(join(folder, "s3"));
  const shared = { port: 0, region: REGION, credentials: [CREDENTIALS] };
  const s3 = await start_s3({
    ...shared,
    data_dir: join(folder, "s3"),
    buckets: [BUCKET],
    old_versions: [{ prefix: "", days: 30 }],
  });
  const cognito = await start_cognito({
    ...shared,
    data_dir: join(folder, "cognito"),
    demo_user: DEMO_USER,
  });
  const client = new S3Client({ endpoint: s3.url, region: REGION, credentials: CREDENTIALS });
  let photos = 0;
  return {
    variables: {
      ...VARIABLES,
      PHOTOS_BUCKET: BUCKET,
      // Whatever is sent again is to be stored again.
      DETECT_DUPLICATES: "false",
      USER_POOL_ID: cognito.pool_id,
      USER_POOL_CLIENT_ID: cognito.client_id,
      JWKS_URI: cognito.jwks_uri,
      AWS_ENDPOINT_URL_S3: s3.url,
      AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: cognito.url,
    },
    token: await sign_in(cognito.url, cognito.client_id),
    put: async (user, bytes) => {
      photos += 1;
      const filename = photo_filename(new Date(photos), "photo.jpg");
      const Key = photo_key(user, filename);
      await client.send(
        new PutObjectCommand({ Bucket: BUCKET, Key, Body: bytes, ContentType: "image/jpeg" }),
      );
      return filename;
    },
    remove: async (user, filename) => {
      await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: photo_key(user, filename) }));
    },
    empty: (user) => empty(client, user),
    close: async () => {
      client.destroy();
      await Promise.all([s3.close(), cognito.close()]);
      await rm(folder, { recursive: true });
    },
  };
}

/** Straight into the store, before the server has it: by requests it would take minutes. */
async function collect_photos(folder: string): Promise<void> {
  const store = new Store(folder);
  const modified = new Date();
  store.catalog.create_bucket(BUCKET, modified);
  const empty = { segments: [], size: 0, etag: "d41d8cd98f00b204e9800998ecf8427e", modified } as const;
  const headers = { "content-type": "image/jpeg" };
  const checksum = { algorithm: "CRC32", type: "FULL_OBJECT", value: "AAAAAA==" } as const;
  for (const [user, photos] of Object.entries(LIBRARIES)) {
    for (let i = 0; i < photos; i += 1) {
      const filename = photo_filename(new Date(Date.UTC(2026) + i * 600_000), `IMG_${i}.jpg`);
      await store.put_object(
        BUCKET,
        { key: photo_key(user, filename), headers, checksum, ...empty },
        () => {},
        () => {},
      );
    }
  }
  store.close();
}

async function sign_in(endpoint: string, ClientId: string): Promise<string> {
  const client = new CognitoIdentityProviderClient({ endpoint, region: REGION, credentials: CREDENTIALS });
  const { username: USERNAME, password: PASSWORD } = DEMO_USER;
  const { AuthenticationResult } = await client.send(
    new InitiateAuthCommand({
      ClientId,
      AuthFlow: "USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME, PASSWORD },
    }),
  );
  client.destroy();
  const token = AuthenticationResult?.AccessToken;
  if (token === undefined) throw new Error("the demo user could not sign in");
  return token;
}

async function empty(client: S3Client, user: string): Promise<void> {
  const all = { Bucket: BUCKET, Prefix: user_prefix(user) };
  for (;;) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command(all));
    if (Contents.length === 0) return;
    const Objects = Contents.map(({ Key }) => ({ Key }));
    await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
  }
}
