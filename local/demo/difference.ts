/** Cuts two values that are not equal down to where they differ. */
import { isDeepStrictEqual } from "node:util";

export interface Difference {
  readonly came: unknown;
  readonly expected: unknown;
}

/** The elements that the other list has not, or the members that are not alike; lists in another order stay whole. */
export function difference(came: unknown, expected: unknown): Difference {
  if (Array.isArray(came) && Array.isArray(expected)) {
    const surplus = without(came, expected);
    const missing = without(expected, came);
    return surplus.length + missing.length === 0 ? { came, expected } : { came: surplus, expected: missing };
  }
  if (is_record(came) && is_record(expected)) {
    const names = [...new Set([...Object.keys(came), ...Object.keys(expected)])];
    const unlike = names.filter((name) => !isDeepStrictEqual(came[name], expected[name]));
    return { came: picked(came, unlike), expected: picked(expected, unlike) };
  }
  return { came, expected };
}

const without = (list: readonly unknown[], other: readonly unknown[]): unknown[] =>
  list.filter((element) => !other.some((candidate) => isDeepStrictEqual(candidate, element)));

const is_record = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const picked = (record: Record<string, unknown>, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.filter((name) => name in record).map((name) => [name, record[name]]));
