/** A client of S3 whose process ends at a certain request: nothing that it would have done after that is done. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { S3Client } from "@aws-sdk/client-s3";

export interface Interruption {
  /** Which request it is; the first is 1. */
  readonly at: number;
  /** Whether S3 has carried that request out. */
  readonly carried_out: boolean;
}

/** The process has ended. */
export class Ended extends Error {
  override readonly name = "Ended";
}

type S3Command = Parameters<S3Client["send"]>[0];

/** A client that calls `each` in place of every `send`; that gets the command, and what sends it. */
export const watched = (
  s3: S3Client,
  each: (command: S3Command, send: () => Promise<unknown>) => Promise<unknown>,
): S3Client =>
  new Proxy(s3, {
    get: (target, property) =>
      property === "send"
        ? (command: S3Command, options?: object) => each(command, () => target.send(command, options))
        : Reflect.get(target, property),
  });

export function interrupted(s3: S3Client, { at, carried_out }: Interruption): S3Client {
  let requests = 0;
  return watched(s3, async (_, send) => {
    requests += 1;
    if (requests > at || (requests === at && !carried_out)) throw new Ended();
    const answer = await send();
    if (requests >= at) {
      await read_to_the_end(answer);
      throw new Ended();
    }
    return answer;
  });
}

/** Or the SDK would throw where nobody listens, once the signal of the request aborts. */
async function read_to_the_end(answer: unknown): Promise<void> {
  const has_body = typeof answer === "object" && answer !== null && "Body" in answer;
  if (has_body && answer.Body instanceof Readable) await buffer(answer.Body);
}
