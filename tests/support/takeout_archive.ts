/** An archive as Google Takeout makes them, and what is to become of each of its entries. */
import type { EntryParts } from "../archive/zip_builder.ts";
import { fixture_photo, jpeg_of } from "./fixture_photos.ts";

export interface TakeoutEntry {
  readonly parts: EntryParts & { readonly name: string };
  /** `uploaded`, or the reason why not. */
  readonly outcome: string;
  /** What is to be in the photo's metadata. */
  readonly taken_at?: string;
}

const YEAR = "Takeout/Google Fotos/Fotos von 2017/";
const ALBUM = "Takeout/Google Fotos/Strand/";

/** 2017-07-05T10:05:26Z. */
const FIRST_SECOND = 1_499_249_126;
const second = (nth: number): number => FIRST_SECOND + 60 * nth;
const time = (nth: number): string => `${new Date(1_000 * second(nth)).toISOString().slice(0, 19)}Z`;

let photos = 0;
/** A photo that does not say when it was taken, unlike any other. */
function photo(name: string, nth?: number, size = 2_000): TakeoutEntry {
  photos += 1;
  const parts = { name, data: jpeg_of(size, photos), method: 0 };
  return { parts, outcome: "uploaded", ...(nth !== undefined && { taken_at: time(nth) }) };
}

export const sidecar_json = (title: string, timestamp: string): Buffer =>
  Buffer.from(
    JSON.stringify(
      {
        title,
        description: "",
        imageViews: "9",
        creationTime: { timestamp: "1600598769", formatted: "20.09.2020, 10:46:09 UTC" },
        photoTakenTime: { timestamp, formatted: "whenever" },
        geoData: { latitude: 55.2, longitude: 37.6, altitude: 214.4, latitudeSpan: 0, longitudeSpan: 0 },
        people: [{ name: "Mia" }],
        googlePhotosOrigin: { mobileUpload: { deviceType: "ANDROID_PHONE" } },
      },
      undefined,
      2,
    ),
  );

const sidecar = (name: string, title: string, nth: number): TakeoutEntry => ({
  parts: { name, data: sidecar_json(title, String(second(nth))) },
  outcome: "sidecar",
});

const other = (name: string, json: unknown, outcome = "not_an_image"): TakeoutEntry => ({
  parts: { name, data: Buffer.from(typeof json === "string" ? json : JSON.stringify(json)) },
  outcome,
});

const LONG = "Backyard_ceremony_wedding_photography_xxxxxxx_m";

/** Every kind of name and of sidecar that is known, and some that are hostile. */
export async function takeout_entries(): Promise<TakeoutEntry[]> {
  const dated = { name: `${YEAR}dated.webp`, data: await fixture_photo("photo_lossy.webp"), method: 0 };
  const bomb = Buffer.concat([Buffer.from('{"title":"'), Buffer.alloc(5_000_000, "a"), Buffer.from('"}')]);
  return [
    sidecar(`${YEAR}before.jpg.supplemental-metadata.json`, "before.jpg", 1),
    photo(`${YEAR}before.jpg`, 1),
    photo(`${YEAR}behind.jpg`, 2),
    sidecar(`${YEAR}behind.jpg.supplemental-metadata.json`, "behind.jpg", 2),
    photo(`${YEAR}old.jpg`, 3),
    sidecar(`${YEAR}old.jpg.json`, "old.jpg", 3),
    photo(`${YEAR}old(1).jpg`, 4),
    sidecar(`${YEAR}old.jpg(1).json`, "old.jpg", 4),
    photo(`${YEAR}old-bearbeitet.jpg`, 3),
    photo(`${YEAR}D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg`, 5),
    sidecar(
      `${YEAR}D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg.supp.json`,
      "D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg",
      5,
    ),
    photo(`${YEAR}${LONG}.jpg`, 6),
    sidecar(`${YEAR}${LONG.slice(0, 46)}.json`, `${LONG}onday.jpg`, 6),
    photo(`${YEAR}${LONG}(7).jpg`, 7),
    sidecar(`${YEAR}${LONG.slice(0, 46)}(7).json`, `${LONG}onday.jpg`, 7),
    // Its name begins as that of another.
    photo(`${YEAR}${LONG.slice(0, 46)}x.jpg`),
    { parts: dated, outcome: "uploaded", taken_at: "2026-07-10T09:00:01" },
    sidecar(`${YEAR}dated.webp.supplemental-metadata.json`, "dated.webp", 8),
    photo(`${YEAR}alone.jpg`),
    // Of a photo in another of the archives.
    sidecar(`${YEAR}elsewhere.heic.supplemental-metadata.json`, "elsewhere.heic", 9),
    // Of a photo in another folder.
    photo(`${ALBUM}behind.jpg`),
    other(`${ALBUM}Metadaten.json`, { title: "Strand", date: { timestamp: "1672477816" } }, "sidecar"),
    other("Takeout/archive_browser.html", "<html></html>"),
    other("Takeout/settings.json", { theme: "dark" }),
    photo(`${YEAR}text.jpg`),
    other(`${YEAR}text.jpg.json`, "not JSON"),
    photo(`${YEAR}nested.jpg`),
    other(`${YEAR}nested.jpg.json`, "[".repeat(60_000)),
    photo(`${YEAR}bomb.jpg`),
    other(`${YEAR}bomb.jpg.json`, bomb.toString(), "ratio_too_high"),
    photo(`${YEAR}liar.jpg`),
    {
      parts: {
        name: `${YEAR}liar.jpg.json`,
        data: sidecar_json("liar.jpg", "1600596727"),
        central: { crc32: 1 },
        local: { crc32: 1 },
      },
      outcome: "crc_mismatch",
    },
    photo(`${YEAR}locked.jpg`),
    {
      parts: { name: `${YEAR}locked.jpg.json`, data: sidecar_json("locked.jpg", "1600596727"), flags: 1 },
      outcome: "encrypted",
    },
    photo(`${YEAR}unknown.jpg`),
    other(`${YEAR}unknown.jpg.json`, sidecar_json("unknown.jpg", "0").toString(), "sidecar"),
  ];
}

/** So many photos, of which none says when it was taken, each with its sidecar: behind it, or behind them all. */
export function many_photos(count: number, order: "adjacent" | "apart", size = 2_000): TakeoutEntry[] {
  const numbers = Array.from({ length: count }, (_, nth) => nth);
  const name = (nth: number): string => `${YEAR}IMG_${String(nth).padStart(5, "0")}.jpg`;
  const photo_at = (nth: number): TakeoutEntry => photo(name(nth), nth, size);
  const sidecar_at = (nth: number): TakeoutEntry =>
    sidecar(`${name(nth)}.supplemental-metadata.json`, `IMG_${nth}.jpg`, nth);
  return order === "adjacent"
    ? numbers.flatMap((nth) => [photo_at(nth), sidecar_at(nth)])
    : [...numbers.map(photo_at), ...numbers.map(sidecar_at)];
}
