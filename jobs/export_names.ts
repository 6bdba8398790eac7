/** Names for the files of an archive, of which no two are the same to any file system that it may be unpacked on. */
import { first_bytes, NAME_BYTES } from "@photo-uploader/layer";

/**
 * `beach.jpg`, `beach (2).jpg`, …: a name that another before it has gets the next free number. Windows and macOS take
 * names for the same that differ in case only, and macOS those that differ in their normal form.
 *
 * @param names as `clean_name` makes them
 * @returns one for each, in the same order, of at most 255 bytes
 */
export function unique_names(names: readonly string[]): string[] {
  const taken = new Set<string>();
  /** The number to be tried next, by the name; or 70,000 photos of one name would be counted from 2 each. */
  const next = new Map<string, number>();
  return names.map((name) => {
    let unique = name;
    for (let number = next.get(folded(name)) ?? 2; taken.has(folded(unique)); number += 1) {
      unique = numbered(name, number);
      next.set(folded(name), number + 1);
    }
    taken.add(folded(unique));
    return unique;
  });
}

const folded = (name: string): string => name.normalize("NFKC").toUpperCase().toLowerCase();

function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf(".");
  const stem_end = dot > 0 ? dot : name.length;
  const suffix = ` (${number})`;
  const extension = name.slice(stem_end);
  const room = NAME_BYTES - Buffer.byteLength(suffix) - Buffer.byteLength(extension);
  return room > 0
    ? `${first_bytes(name.slice(0, stem_end), room)}${suffix}${extension}`
    : `${first_bytes(name, NAME_BYTES - Buffer.byteLength(suffix))}${suffix}`;
}
