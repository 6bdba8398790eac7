/** What an operation of S3 is: a signed request and the store in, an answer out. */
import type { Readable } from "node:stream";
import type { SignedS3Request } from "./request.ts";
import type { Store } from "./store.ts";
import type { XmlElement } from "./xml.ts";

export interface Call {
  request: SignedS3Request;
  store: Store;
  region: string;
  /** Whether the signer may list the bucket. S3 tells those who may not neither what is in it nor what is not. */
  may_list: boolean;
  /** Whole seconds, as S3 keeps them. */
  now(): Date;
}

export interface Answer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: XmlElement | Readable;
}

export type Operation = (call: Call) => Answer | Promise<Answer>;

/** The one account that there is. */
export const OWNER: readonly XmlElement[] = [
  ["ID", "0".repeat(64)],
  ["DisplayName", "local"],
];

export function quoted(etag: string): string {
  return `"${etag}"`;
}
