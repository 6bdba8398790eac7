/** Conditional requests: RFC 9110, section 13, as far as S3 takes part in it. */
import type { StoredObject, WriteCondition } from "./catalog.ts";
import { conditional_request_conflict, no_such_key, not_implemented, precondition_failed } from "./errors.ts";
import type { KeyWatch } from "./key_watches.ts";

type Headers = Readonly<Record<string, string>>;

/** Judges a read; true when the answer is 304. Throws 412. `prefix` is that of a copy's source conditions. */
export function is_not_modified(headers: Headers, object: StoredObject, prefix = ""): boolean {
  const if_match = headers[`${prefix}if-match`];
  const if_none_match = headers[`${prefix}if-none-match`];
  const unmodified_since = parse_date(headers[`${prefix}if-unmodified-since`]);
  const modified_since = parse_date(headers[`${prefix}if-modified-since`]);
  if (if_match !== undefined) {
    if (!matches(if_match, object.etag)) throw precondition_failed("If-Match");
  } else if (unmodified_since !== undefined && object.modified > unmodified_since) {
    throw precondition_failed("If-Unmodified-Since");
  }
  if (if_none_match !== undefined) return matches(if_none_match, object.etag);
  return modified_since !== undefined && object.modified <= modified_since;
}

/**
 * The condition of a write: `If-None-Match: *` for a key that is free, `If-Match` for an object that is
 * unchanged. S3 has no others.
 */
export function write_condition(headers: Headers, key: string, watch?: KeyWatch): WriteCondition {
  const if_match = headers["if-match"];
  const if_none_match = headers["if-none-match"];
  if (if_none_match !== undefined && if_none_match !== "*")
    throw not_implemented({ Header: "If-None-Match" });
  if (if_match === "*") throw not_implemented({ Header: "If-Match" });
  return (existing) => {
    if (if_match !== undefined) {
      if (!existing) throw no_such_key({ Key: key });
      if (!matches(if_match, existing.etag)) throw precondition_failed("If-Match");
    }
    if (if_none_match !== undefined) {
      if (existing) throw precondition_failed("If-None-Match");
      if (watch?.deleted) throw conditional_request_conflict({ Condition: "If-None-Match" });
    }
  };
}

/**
 * The condition of a deletion. Without an object, S3 answers 404 to any `If-Match`, contrary to its guide,
 * as several people measured in 2026 (localstack issue 13894, ministack issue 1475).
 */
export function delete_condition(if_match: string | undefined, key: string): WriteCondition {
  return (existing) => {
    if (if_match === undefined) return;
    if (!existing) throw no_such_key({ Key: key });
    if (!matches(if_match, existing.etag)) throw precondition_failed("If-Match");
  };
}

/** True when `If-Range`, if there is one, names this state of the object. */
export function range_applies(headers: Headers, object: StoredObject): boolean {
  const value = headers["if-range"];
  if (value === undefined) return true;
  const date = parse_date(value);
  return date ? object.modified.getTime() === date.getTime() : matches(value, object.etag);
}

function matches(list: string, etag: string): boolean {
  return list.split(",").some((item) => {
    const candidate = item.trim();
    return candidate === "*" || candidate.replace(/^W\//, "").replace(/^"(.*)"$/, "$1") === etag;
  });
}

/** A date that cannot be read is ignored (RFC 9110, sections 13.1.3 and 13.1.4). */
function parse_date(text: string | undefined): Date | undefined {
  if (text === undefined || !/[A-Za-z]/.test(text)) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
