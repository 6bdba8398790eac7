/** Which of S3's requests one is, as far as they are told apart in the tables. */

export const request_kinds = ["read", "write", "part", "head", "other"] as const;

/**
 * `read` is GetObject, `write` PutObject, `part` UploadPart, `head` HeadObject; `other` is what begins and ends a
 * multipart upload, and anything else.
 */
export type RequestKind = (typeof request_kinds)[number];

export type RequestCounts = Record<RequestKind, number>;

/** @param url path, with the bucket as its first segment, and query */
export function request_kind(method: string, url: string): RequestKind {
  const { pathname, searchParams: query } = new URL(url, "http://s3");
  const of_an_object = /^\/[^/]+\/./.test(pathname);
  if (!of_an_object) return "other";
  const is_part = query.has("uploadId");
  if (method === "PUT") return is_part ? "part" : "write";
  if (is_part) return "other";
  if (method === "GET") return "read";
  return method === "HEAD" ? "head" : "other";
}

export function no_requests(): RequestCounts {
  return { read: 0, write: 0, part: 0, head: 0, other: 0 };
}
