/** Reads a request's body, and no more of it than the gateway takes. */
import type { IncomingMessage } from "node:http";
import { MAX_BODY_BYTES } from "./limits.ts";

/** The client went away before its body was complete; nobody is left to be answered. */
export class ClientGone extends Error {}

/** True when the header alone says that the body is too long. */
export function announces_too_much(headers: ReadonlyMap<string, string>): boolean {
  return Number(headers.get("content-length") ?? 0) > MAX_BODY_BYTES;
}

/**
 * The whole body; undefined when it turns out to be longer than the gateway takes.
 * @throws ClientGone
 */
export function read_body(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    // It may have gone while the authorizer was asked; then no event follows.
    if (request.destroyed) reject(new ClientGone());
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      // The rest is read and dropped, so that the answer reaches a client that is still sending.
      if (bytes > MAX_BODY_BYTES) {
        chunks.length = 0;
        resolve(undefined);
      } else {
        chunks.push(chunk);
      }
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", () => reject(new ClientGone()));
    request.on("close", () => reject(new ClientGone()));
  });
}
