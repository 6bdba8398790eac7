/** Names for the files of an archive: no two are the same to a file system that it is unpacked on, and none is a path to it. */
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
  /**
   * The number to be tried next, by what stands around it: or 70,000 photos of one name would be counted from 2 each, and
   * so would those of long names that differ only in what is cut.
   */
  const next = new Map<string, number>();
  return names.map(without_drive).map((name) => {
    if (!taken.has(folded(name))) {
      taken.add(folded(name));
      return name;
    }
    const [stem, extension] = cut_for_number(name);
    const around = JSON.stringify([folded(stem), folded(extension)]);
    for (let number = next.get(around) ?? 2; ; number += 1) {
      const unique = `${stem} (${number})${extension}`;
      if (taken.has(folded(unique))) continue;
      taken.add(folded(unique));
      next.set(around, number + 1);
      return unique;
    }
  });
}

/** To Windows, `C:beach.jpg` is a file of another drive; what reads archives with care refuses it, as ours does. */
const without_drive = (name: string): string => name.replace(/^([A-Za-z]):/, "$1_");

const folded = (name: string): string => name.normalize("NFKC").toUpperCase().toLowerCase();

/** As many digits as an export needs: the length of what is left must not depend on the number. */
const LONGEST_NUMBER = " (999999)";

function cut_for_number(name: string): readonly [stem: string, extension: string] {
  const dot = name.lastIndexOf(".");
  const stem_end = dot > 0 ? dot : name.length;
  const extension = name.slice(stem_end);
  const room = NAME_BYTES - LONGEST_NUMBER.length;
  const of_stem = room - Buffer.byteLength(extension);
  return of_stem > 0
    ? [first_bytes(name.slice(0, stem_end), of_stem), extension]
    : [first_bytes(name, room), ""];
}
