/**
 * The JSON files that Google Takeout puts beside photos: which of them belongs to which photo, and when that was taken.
 * Google documents neither; what is known, and from where, is in docs/decisions/0026-takeout-sidecars.md.
 */
import { type ArchiveEntry, ArchiveError, longest_other, type ReadOther } from "../archive/index.ts";

/** A sidecar. */
export interface Sidecar {
  /** What the photo is called in Google Photos, whole; in the names of files it may be cut, and signs be replaced. */
  readonly title: string;
  /** `YYYY-MM-DDThh:mm:ssZ`; undefined where Google does not know it, and in that of an album. */
  readonly taken_at: string | undefined;
}

/** One that may be a photo's. */
export interface SidecarEntry {
  readonly entry: ArchiveEntry;
  /** How the title begins. Undefined where the names alone are enough. */
  readonly title_start: string | undefined;
}

/** Bytes. Most are one or two thousand; those of photos with hundreds of named faces have a few more. */
export const SIDECAR_BYTES = longest_other;

const EXTENSION = ".json";
const SUPPLEMENT = ".supplemental-metadata";

/** UTF-16 code units of a sidecar's name, without its number and extension; what is longer is cut there. */
const NAME_LENGTH = 46;

/** What follows the name of a photo that was edited in Google Photos, which has no sidecar beside its original's. */
const EDITED: readonly string[] = [
  "-edited",
  "-effects",
  "-smile",
  "-mix",
  "-bearbeitet",
  "-bewerkt",
  "-edytowane",
  "-editado",
  "-editat",
  "-ha editado",
  "-modificato",
  "-modifié",
  "-編集済み",
  "-编辑",
];

/** The sidecars of one archive. */
export interface Sidecars {
  /** Whether the entry, whose bytes these are, is one. It is then remembered, so that it need not be read again. */
  note(entry: ArchiveEntry, bytes: Uint8Array): boolean;
  /**
   * When a photo was taken, by its sidecar; undefined where it has none, or one that does not say it. What is wrong with a
   * sidecar is no fault of the photo.
   * @throws ArchiveError `read_failed`, or the signal's reason
   */
  taken_at(photo: ArchiveEntry, read_other: ReadOther): Promise<string | undefined>;
}

export function sidecars_among(entries: readonly ArchiveEntry[]): Sidecars {
  const sidecar_of = takeout_sidecars(entries);
  const noted = new Map<ArchiveEntry, Sidecar>();
  const content = async (entry: ArchiveEntry, read_other: ReadOther): Promise<Sidecar | undefined> => {
    try {
      return noted.get(entry) ?? parse_sidecar(await read_other(entry));
    } catch (error) {
      if (error instanceof ArchiveError && error.code !== "read_failed") return undefined;
      throw error;
    }
  };
  return {
    note(entry, bytes) {
      const sidecar = may_be_sidecar(entry) ? parse_sidecar(bytes) : undefined;
      if (sidecar !== undefined) noted.set(entry, sidecar);
      return sidecar !== undefined;
    },
    async taken_at({ path }, read_other) {
      const found = sidecar_of(path);
      const sidecar = found && (await content(found.entry, read_other));
      return sidecar && is_titled(sidecar, found.title_start) ? sidecar.taken_at : undefined;
    },
  };
}

/**
 * Of each path the first entry that may be a sidecar, as its name and size are; and of a photo's path the sidecar that
 * may be its own. It is one of the same folder. A sidecar may be that of several photos: of one and of its edited form.
 */
export function takeout_sidecars(
  entries: readonly ArchiveEntry[],
): (photo_path: string) => SidecarEntry | undefined {
  const by_path = new Map<string, ArchiveEntry>();
  for (const entry of entries) {
    if (may_be_sidecar(entry) && !by_path.has(entry.path)) by_path.set(entry.path, entry);
  }
  return (photo_path) => {
    if (by_path.size === 0 || photo_path.endsWith(EXTENSION)) return undefined;
    const name_start = photo_path.lastIndexOf("/") + 1;
    const folder = photo_path.slice(0, name_start);
    for (const { name, title_start } of sidecar_names(photo_path.slice(name_start))) {
      const entry = by_path.get(folder + name);
      if (entry !== undefined) return { entry, title_start };
    }
    return undefined;
  };
}

const may_be_sidecar = ({ fault, kind, path, size, compressed_size }: ArchiveEntry): boolean =>
  fault === undefined &&
  kind === "file" &&
  path.endsWith(EXTENSION) &&
  size > 0 &&
  Math.max(size, compressed_size) <= SIDECAR_BYTES;

interface SidecarName {
  readonly name: string;
  readonly title_start: string | undefined;
}

/** From the surest to the least sure. `photo` is the name of a file, without its folder. */
function* sidecar_names(photo: string): Generator<SidecarName> {
  const { base, number, extension } = parts_of(photo);
  // A user may have called it `beach(1).jpg`; else the number is of Takeout, and stands elsewhere in the sidecar's name.
  const is_whole = base.length + number.length <= NAME_LENGTH;
  if (number !== "" && is_whole) yield* names_of(base + number + extension, "");
  yield* names_of(base + extension, number, base);
  // The title had no extension; the file of the photo has been given one.
  for (const { name } of names_of(base, number)) yield { name, title_start: base };
  const edited = EDITED.find((suffix) => base.endsWith(suffix));
  if (edited === undefined) return;
  const original = base.slice(0, -edited.length);
  yield* names_of(original + extension, number, original);
}

/** @param base of which the title is held against it, where the names are cut */
function* names_of(photo: string, number: string, base = photo): Generator<SidecarName> {
  const title_start = photo.length > NAME_LENGTH ? base : undefined;
  for (const whole of [photo + SUPPLEMENT, photo]) {
    yield { name: whole.slice(0, NAME_LENGTH) + number + EXTENSION, title_start };
  }
}

/** `beach(1).jpg` is `beach`, `(1)` and `.jpg`. */
function parts_of(photo: string): { base: string; number: string; extension: string } {
  const dot = photo.lastIndexOf(".");
  const stem = dot > 0 ? photo.slice(0, dot) : photo;
  const number = /\(\d{1,6}\)$/.exec(stem)?.[0] ?? "";
  return {
    base: number === "" ? stem : stem.slice(0, -number.length),
    number,
    extension: photo.slice(stem.length),
  };
}

/** Whether the sidecar is that of the photo, as far as names were cut. */
export const is_titled = ({ title }: Sidecar, title_start: string | undefined): boolean =>
  title_start === undefined || comparable(title).startsWith(comparable(title_start));

/** Takeout puts `_` where a file system may not take a sign, and which ones that are is not known. */
const comparable = (name: string): string => name.normalize("NFC").replace(/[^\p{L}\p{M}\p{N}]/gu, "_");

const SECONDS = /^-?\d{1,12}$/;

/** Longer than any name of a file: thousands of them are remembered. */
const TITLE_LENGTH = 1_024;

/** undefined where the bytes are no sidecar, whatever else they are. */
export function parse_sidecar(bytes: Uint8Array): Sidecar | undefined {
  if (bytes.byteLength > SIDECAR_BYTES) return undefined;
  // By hand: a schema would be the only one in the bundle of /unzip, and bring 13 KB of its library along.
  const { title, photoTakenTime, date } = object_of(parsed_json(bytes));
  if (typeof title !== "string" || title.length > TITLE_LENGTH) return undefined;
  const taken = seconds_of(photoTakenTime);
  // `metadata.json`, or what that is in the user's language, is about an album, and says nothing of a photo.
  if (taken === undefined && seconds_of(date) === undefined) return undefined;
  return { title, taken_at: taken === undefined ? undefined : utc(taken) };
}

type Fields = Readonly<Record<string, unknown>>;

const is_object = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const object_of = (value: unknown): Fields => (is_object(value) ? value : {});

function seconds_of(time: unknown): number | undefined {
  const { timestamp } = object_of(time);
  return typeof timestamp === "string" && SECONDS.test(timestamp) ? Number(timestamp) : undefined;
}

function parsed_json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

const EARLIEST = Date.UTC(1800, 0, 1) / 1000;
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;

/** Of seconds since 1970. The very first of them is what is written where the time is not known. */
const utc = (seconds: number): string | undefined =>
  seconds === 0 || seconds < EARLIEST || seconds > LATEST
    ? undefined
    : `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
