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
  const next = new NextNumbers();
  return names.map((name) => {
    let unique = name;
    while (taken.has(folded(unique))) unique = next.numbered(name);
    taken.add(folded(unique));
    return unique;
  });
}

/**
 * The number to be tried next, by what stands around it: or 70,000 photos of one name would be counted from 2 each, and
 * so would those of long names that differ only in what is cut. What is left of a long name depends on the digits, too.
 */
class NextNumbers {
  readonly #next = new Map<string, number>();

  /** The name with a number that it has not had before. */
  numbered(name: string): string {
    for (let digits = 1; ; digits += 1) {
      const [stem, extension] = cut_for(name, digits);
      const around = JSON.stringify([digits, folded(stem), folded(extension)]);
      const number = this.#next.get(around) ?? Math.max(2, 10 ** (digits - 1));
      if (number === 10 ** digits) continue;
      this.#next.set(around, number + 1);
      return `${stem} (${number})${extension}`;
    }
  }
}

const folded = (name: string): string => name.normalize("NFKC").toUpperCase().toLowerCase();

/** What of a name has room in front of a number of so many digits, and what behind. */
function cut_for(name: string, digits: number): readonly [stem: string, extension: string] {
  const dot = name.lastIndexOf(".");
  const stem_end = dot > 0 ? dot : name.length;
  const extension = name.slice(stem_end);
  const room = NAME_BYTES - " ()".length - digits;
  const of_stem = room - Buffer.byteLength(extension);
  return of_stem > 0
    ? [first_bytes(name.slice(0, stem_end), of_stem), extension]
    : [first_bytes(name, room), ""];
}
