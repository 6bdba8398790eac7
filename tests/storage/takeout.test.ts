import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ArchiveEntry } from "../../archive/index.ts";
import { is_titled, parse_sidecar, SIDECAR_BYTES, takeout_sidecars } from "../../storage/takeout.ts";

const entry_of = (path: string, index = 0, more: Partial<ArchiveEntry> = {}): ArchiveEntry => ({
  index,
  path,
  kind: "file",
  size: 900,
  compressed_size: 400,
  crc32: 0,
  modified: undefined,
  fault: undefined,
  method: 8,
  flags: 0,
  raw_name: Buffer.from(path),
  header_offset: index * 1_000,
  region_end: index * 1_000 + 1_000,
  ...more,
});

const entries_of = (...paths: string[]): ArchiveEntry[] => paths.map((path, index) => entry_of(path, index));

const sidecar_path = (photo: string, ...paths: string[]): string | undefined =>
  takeout_sidecars(entries_of(photo, ...paths))(photo)?.entry.path;

const bytes_of = (json: unknown): Uint8Array => Buffer.from(JSON.stringify(json));

describe("the sidecar of a photo", () => {
  it.each([
    ["beach.jpg", "beach.jpg.json"],
    ["beach.jpg", "beach.jpg.supplemental-metadata.json"],
    ["Screenshot_2017-07-05-10-05-26.png", "Screenshot_2017-07-05-10-05-26.png.supplementa.json"],
    ["D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg", "D7157814-D2D5-4A62-AFCE-9CF465CB7D66.jpeg.supp.json"],
    [`${"a".repeat(41)}.jpg`, `${"a".repeat(41)}.jpg..json`],
    [`${"a".repeat(43)}.jpg`, `${"a".repeat(43)}.jp.json`],
    [
      "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGINA.jpg",
      "PXL_20230809_203449253.LONG_EXPOSURE-02.ORIGIN.json",
    ],
    [
      "Backyard_ceremony_wedding_photography_xxxxxxx_m(494).jpg",
      "Backyard_ceremony_wedding_photography_xxxxxxx_(494).json",
    ],
    [
      "13039_327707840323_537645323_9470255_27214_n(1).jpg",
      "13039_327707840323_537645323_9470255_27214_n.j(1).json",
    ],
    ["😀".repeat(23).concat("x.jpg"), `${"😀".repeat(23)}.json`],
    ["beach(1).jpg", "beach.jpg(1).json"],
    ["beach(1).jpg", "beach.jpg.supplemental-metadata(1).json"],
    ["beach(1).jpg", "beach(1).jpg.json"],
    ["beach(1).jpg", "beach(1).jpg.supplemental-metadata.json"],
    ["beach-edited.jpg", "beach.jpg.json"],
    ["beach-edited(2).jpg", "beach.jpg.supplemental-metadata(2).json"],
    ["PXL_20220405_090123740.PORTRAIT-modifié.jpg", "PXL_20220405_090123740.PORTRAIT.jpg.supplement.json"],
    ["beach-編集済み.jpg", "beach.jpg.json"],
    ["PXL_20231118_035751175.MP.jpg", "PXL_20231118_035751175.MP.jpg.supplemental-met.json"],
    ["IMG_0001.jpg", "IMG_0001.json"],
    ["IMG_0001(3).jpg", "IMG_0001(3).json"],
    ["03.03.13 - 1", "03.03.13 - 1.json"],
  ])("of %s is %s", (photo, sidecar) => {
    const folder = "Takeout/Google Photos/Photos from 2017/";
    expect(sidecar_path(folder + photo, folder + sidecar)).toBe(folder + sidecar);
  });

  it.each([
    ["beach.jpg", "beach.jpg(1).json"],
    ["beach(1).jpg", "beach.jpg.json"],
    ["beach(1).jpg", "beach.jpg(2).json"],
    ["beach.jpg", "beach.png.json"],
    ["beach.jpg", "beach.jpg.supplemental.json"],
    ["beach-edited.jpg", "beach(1).jpg.json"],
    ["beach-sunset.jpg", "beach.jpg.json"],
    ["beach.jpg", "metadata.json"],
    // The number is behind what is cut.
    [`${"a".repeat(47)}(1).jpg`, `${"a".repeat(46)}.json`],
    ["beach.json", "beach.json"],
    ["a/beach.jpg", "b/beach.jpg.json"],
    ["a/beach.jpg", "beach.jpg.json"],
    ["beach.jpg", "a/beach.jpg.json"],
  ])("of %s is not %s", (photo, other) => {
    expect(sidecar_path(photo, other)).toBeUndefined();
  });

  it("is its own before that of its original", () => {
    expect(sidecar_path("a-edited.jpg", "a.jpg.json", "a-edited.jpg.json")).toBe("a-edited.jpg.json");
    expect(sidecar_path("a(1).jpg", "a.jpg(1).json", "a(1).jpg.json")).toBe("a(1).jpg.json");
  });

  it("is the first of two of the same name", () => {
    const entries = entries_of("a.jpg", "a.jpg.json", "a.jpg.json");
    expect(takeout_sidecars(entries)("a.jpg")?.entry).toBe(entries[1]);
  });

  it.each([
    ["a directory", { kind: "directory" }],
    ["faulty", { fault: "encrypted" }],
    ["empty", { size: 0 }],
    ["too large", { size: SIDECAR_BYTES + 1 }],
    ["too large in the archive", { compressed_size: SIDECAR_BYTES + 1 }],
  ] satisfies [string, Partial<ArchiveEntry>][])("is none that is %s", (_, more) => {
    expect(takeout_sidecars([entry_of("a.jpg.json", 1, more)])("a.jpg")).toBeUndefined();
    expect(takeout_sidecars([entry_of("a.jpg.json", 1)])("a.jpg")).toBeDefined();
  });

  it("is in the folder of the photo, and looked for under a few names, whatever the names are", () => {
    const name = fc.oneof(
      fc.constantFrom(
        "a.jpg",
        "a.jpg.json",
        "a(1).jpg",
        "a.jpg(1).json",
        "a-edited.jpg",
        "a.json",
        ".json",
        "()",
      ),
      fc.string({ unit: "binary", maxLength: 60 }).map((text) => `${text.replaceAll("/", "")}.jpg.json`),
      fc.string({ unit: "binary", maxLength: 60 }),
    );
    const path = fc
      .tuple(fc.constantFrom("", "a/", "b/", "a/b/"), name)
      .map(([folder, file]) => folder + file);
    const folder_of = (of: string): string => of.slice(0, of.lastIndexOf("/") + 1);
    fc.assert(
      fc.property(fc.array(path, { maxLength: 12 }), (paths) => {
        const find = takeout_sidecars(entries_of(...paths));
        for (const photo of paths) {
          const found = find(photo)?.entry.path;
          if (found === undefined) continue;
          expect(found.endsWith(".json")).toBe(true);
          expect(folder_of(found)).toBe(folder_of(photo));
        }
      }),
    );
  });

  it("costs no more for each of 100,000 entries than for each of a few", () => {
    let looks = 0;
    const counted = (count: number): number => {
      looks = 0;
      const paths = Array.from({ length: count }, (_, i) => [
        `p/${i}-edited(1).jpg`,
        `p/${i}.jpg(1).json`,
      ]).flat();
      const entries = entries_of(...paths).map((entry) => new Proxy(entry, { get: count_looks }));
      const find = takeout_sidecars(entries);
      const found = paths.filter((path) => find(path) !== undefined);
      expect(found.length).toBe(count);
      return looks / count;
    };
    const count_looks = (entry: ArchiveEntry, key: string, receiver: unknown): unknown => {
      looks += 1;
      return Reflect.get(entry, key, receiver);
    };
    expect(counted(50_000)).toBe(counted(50));
  });
});

describe("the title where names are cut", () => {
  const long = "Backyard_ceremony_wedding_photography_xxxxxxx_m";
  const titled = (title: string, photo: string): boolean => {
    const name = `${long.slice(0, 46)}.json`;
    const found = takeout_sidecars(entries_of(photo, name))(photo);
    expect(found).toBeDefined();
    return is_titled({ title, taken_at: undefined }, found?.title_start);
  };

  it("tells the sidecar of a photo from that of another whose name begins in the same way", () => {
    expect(titled(`${long}onday.jpg`, `${long}.jpg`)).toBe(true);
    expect(titled(`${long.slice(0, 46)}sunday.jpg`, `${long}.jpg`)).toBe(false);
  });

  it("may have signs that the file's name has not", () => {
    const start = long.replaceAll("_", "&");
    expect(titled(`${start}onday.jpg`, `${long}.jpg`)).toBe(true);
  });

  it("is not asked for where the name is whole", () => {
    const found = takeout_sidecars(entries_of("a.jpg", "a.jpg.json"))("a.jpg");
    expect(is_titled({ title: "something else", taken_at: undefined }, found?.title_start)).toBe(true);
  });

  it("is asked for where the sidecar's name does not say which kind of file it is of", () => {
    const found = takeout_sidecars(entries_of("a.jpg", "a.json"))("a.jpg");
    expect(is_titled({ title: "a", taken_at: undefined }, found?.title_start)).toBe(true);
    expect(is_titled({ title: "settings", taken_at: undefined }, found?.title_start)).toBe(false);
  });
});

describe("a sidecar's content", () => {
  const of_time = (timestamp: unknown): Uint8Array =>
    bytes_of({
      title: "a.jpg",
      photoTakenTime: { timestamp, formatted: "whenever" },
      people: [{ name: "Mia" }],
    });

  it.each([
    ["1600596727", "2020-09-20T10:12:07Z"],
    ["1", "1970-01-01T00:00:01Z"],
    ["-1", "1969-12-31T23:59:59Z"],
    ["-2208988800", "1900-01-01T00:00:00Z"],
    ["253402300799", "9999-12-31T23:59:59Z"],
    ["0", undefined],
    ["253402300800", undefined],
    ["-99999999999", undefined],
  ])("of %s says %s", (timestamp, taken_at) => {
    expect(parse_sidecar(of_time(timestamp))).toEqual({ title: "a.jpg", taken_at });
  });

  it("of an album has no time", () => {
    const album = { title: "Beach", description: "", access: "protected", date: { timestamp: "1672477816" } };
    expect(parse_sidecar(bytes_of(album))).toEqual({ title: "Beach", taken_at: undefined });
  });

  it.each([
    ["a number", of_time(1600596727)],
    ["no number", of_time("1e9")],
    ["too long a number", of_time("1".repeat(13))],
    ["no title", bytes_of({ photoTakenTime: { timestamp: "1" } })],
    ["a list", bytes_of([])],
    ["null", bytes_of(null)],
    ["a text", bytes_of("a")],
    ["nothing", new Uint8Array()],
    ["not JSON", Buffer.from("{")],
    ["not UTF-8", Buffer.from([0x7b, 0xff, 0x7d])],
    ["nested as deeply as there is room for", Buffer.from("[".repeat(SIDECAR_BYTES))],
    [
      "nested, and well-formed",
      Buffer.from(`{"title":"a","photoTakenTime":${"[".repeat(30_000)}${"]".repeat(30_000)}}`),
    ],
    ["too large", bytes_of({ title: "a".repeat(SIDECAR_BYTES), photoTakenTime: { timestamp: "1" } })],
    ["of a prototype", Buffer.from('{"__proto__":{"title":"a","photoTakenTime":{"timestamp":"1"}}}')],
  ])("is none where it is %s", (_, bytes) => {
    expect(parse_sidecar(bytes)).toBeUndefined();
  });

  it("is read, or is none, whatever the bytes are", () => {
    const json = fc.json().map((text) => Buffer.from(text));
    fc.assert(
      fc.property(fc.oneof(json, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        const found = parse_sidecar(bytes);
        expect(found === undefined || typeof found.title === "string").toBe(true);
      }),
    );
  });
});
