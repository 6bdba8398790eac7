/** What is kept of a job, in S3: JSON objects, almost all of them written once (docs/decisions/0018-jobs-in-s3.md). */

import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { is_missing } from "@photo-uploader/layer";
import type * as z from "zod/mini";
import type { PhotoStore } from "../storage/photo_store.ts";
import { s3_answer, storage_problem } from "../storage/s3.ts";
import { write_once } from "../storage/write_once.ts";

export interface Dated<State> {
  readonly state: State;
  /** When it was written. */
  readonly at: Date;
}

/** undefined where there is no such object. */
export async function read_state<Schema extends z.ZodMiniType>(
  store: PhotoStore,
  key: string,
  schema: Schema,
  abortSignal: AbortSignal,
): Promise<z.output<Schema> | undefined> {
  return (await read_dated_state(store, key, schema, abortSignal))?.state;
}

/** undefined where there is no such object. */
export async function read_dated_state<Schema extends z.ZodMiniType>(
  { s3, bucket }: PhotoStore,
  key: string,
  schema: Schema,
  abortSignal: AbortSignal,
): Promise<Dated<z.output<Schema>> | undefined> {
  const get = new GetObjectCommand({ Bucket: bucket, Key: key });
  const answer = await s3.send(get, { abortSignal }).catch((error) => {
    if (is_missing(error)) return undefined;
    throw storage_problem(error);
  });
  if (answer === undefined) return undefined;
  const { Body, LastModified: at } = answer;
  if (Body === undefined || at === undefined) {
    throw storage_problem(new Error("S3 answered GetObject without a body or its date"));
  }
  return { state: schema.parse(JSON.parse(await s3_answer(Body.transformToString()))), at };
}

/** Writes the object unless there is one, and gives back the one that is there then. */
export async function settle_state<Schema extends z.ZodMiniType>(
  store: PhotoStore,
  key: string,
  schema: Schema,
  state: z.output<Schema>,
  abortSignal: AbortSignal,
): Promise<z.output<Schema>> {
  if (await write_once(store, key, JSON.stringify(state), abortSignal)) return state;
  const earlier = await read_state(store, key, schema, abortSignal);
  if (earlier === undefined) throw storage_problem(new Error("S3 has an object that it does not give"));
  return earlier;
}

/** Writes the object, whatever there was. */
export async function replace_state(
  { s3, bucket }: PhotoStore,
  key: string,
  state: object,
  abortSignal: AbortSignal,
): Promise<void> {
  const Body = JSON.stringify(state);
  await s3_answer(
    s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body, ContentType: "application/json" }), {
      abortSignal,
    }),
  );
}
