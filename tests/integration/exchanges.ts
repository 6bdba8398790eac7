/** Every exchange of a test file with the API of a stack: held against openapi.json, and counted for the reporter. */
import { beforeEach } from "vitest";
import { type Contract, contract, type SentContent } from "../support/contract.ts";
import type { Answer } from "./client.ts";

declare module "vitest" {
  interface TaskMeta {
    /** Of a file: how often each operation was answered how, as `list 400 invalid_cursor`. */
    exchanges?: Record<string, number>;
  }
}

const apis = new Set<string>();
const shown: Record<string, number> = {};
let held: Contract | undefined;

/** From now on, what is sent to this origin is held against the document. */
export function is_api(url: string): void {
  apis.add(new URL(url).origin);
}

/** @throws Error where the answer, or a request that was answered, is not documented */
export function check_exchange(url: string, init: RequestInit, answer: Answer): void {
  const { origin, pathname } = new URL(url);
  if (!apis.has(origin)) return;
  held ??= contract();
  const { operation, status, code } = held.check({
    method: (init.method ?? "GET").toUpperCase(),
    path: pathname,
    request: { headers: new Headers(init.headers), body: sent_content(init.body) },
    response: answer,
  });
  const key = [operation, status, ...(code === undefined ? [] : [code])].join(" ");
  shown[key] = (shown[key] ?? 0) + 1;
}

function sent_content(body: RequestInit["body"]): SentContent {
  if (body === undefined || body === null) return Buffer.alloc(0);
  if (body instanceof FormData) return body;
  if (typeof body === "string") return Buffer.from(body);
  if (body instanceof ArrayBuffer) return Buffer.from(body);
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return "unknown";
}

// What is counted later is counted in the same object, which the reporter is given when the file has ended.
beforeEach(({ task }) => {
  task.file.meta.exchanges = shown;
});
