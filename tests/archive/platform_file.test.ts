import { describe, expect, it } from "vitest";
import { extract, junk_reason } from "../../archive/index.ts";
import { collecting_sink, noise, open_bytes, summary } from "./sinks.ts";
import { build_zip } from "./zip_builder.ts";

describe("platform files", () => {
  it.each([
    "__MACOSX/",
    "__MACOSX/._a.jpg",
    "sub/__MACOSX/a.jpg",
    "._a.jpg",
    "sub/._a.jpg",
    ".DS_Store",
    "a/b/.DS_Store",
    "Thumbs.db",
    "THUMBS.DB",
    "desktop.ini",
    "Desktop.ini",
    "photos/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg",
    ".Spotlight-V100/x",
    ".Trashes/a.jpg",
    ".fseventsd/0",
    "$RECYCLE.BIN/a.jpg",
    "System Volume Information/x",
    "DCIM/.thumbnails/1.jpg",
    ".nomedia",
    "Picasa.ini",
    "Icon\r",
    ".AppleDouble/a.jpg",
    ".TemporaryItems/a.jpg",
    ".DocumentRevisions-V100/a.jpg",
    "#recycle/a.jpg",
    ".@__thumb/a.jpg",
    ".localized",
    ".apdisk",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    ".directory",
    ".picasa.ini",
  ])("%j is one", (path) => {
    expect(junk_reason(path)).toBe("platform_file");
  });

  it.each([
    "a.jpg",
    "DS_Store.jpg",
    "my thumbs.db.jpg",
    "__MACOSX.jpg",
    "macosx/a.jpg",
    ".hidden.jpg",
    "_.jpg",
    "",
  ])("%j is none", (path) => {
    expect(junk_reason(path)).toBeUndefined();
  });

  it("are skipped unless the caller wants them", async () => {
    const data = noise(20);
    const entries = [
      { name: "a.jpg", data },
      { name: "__MACOSX/._a.jpg", data },
      { name: ".DS_Store", data, flags: 1 },
      { name: "d/" },
    ];
    const archive = await open_bytes(build_zip({ entries }));
    expect(summary(await extract(archive, collecting_sink))).toEqual([
      "a.jpg: stored",
      "__MACOSX/._a.jpg: platform_file",
      ".DS_Store: platform_file",
      "d/: directory",
    ]);
    expect(summary(await extract(archive, collecting_sink, { skip_platform_files: false }))).toEqual([
      "a.jpg: stored",
      "__MACOSX/._a.jpg: stored",
      ".DS_Store: encrypted",
      "d/: directory",
    ]);
  });
});
