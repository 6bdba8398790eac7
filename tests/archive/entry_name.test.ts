import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { read_entry_name } from "../../archive/entry_name.ts";
import { extra } from "./zip_builder.ts";

const utf8 = 0x800;
const none = new Uint8Array();

function name_of(raw: string | Uint8Array, flags = utf8, extra_fields: Uint8Array = none) {
  return read_entry_name(Buffer.from(raw), flags, extra_fields, 1_024);
}

function unicode_path(raw: Uint8Array, path: string, version = 1, crc = crc32(raw)): Buffer {
  const head = extra(0x7075, [1, version], [4, crc]);
  head.writeUInt16LE(5 + Buffer.byteLength(path), 2);
  return Buffer.concat([head, Buffer.from(path)]);
}

describe("decoding a name", () => {
  it("takes UTF-8 with the flag, and without it where it is valid", () => {
    for (const flags of [utf8, 0]) {
      for (const path of ["a.jpg", "Köln/été.jpg", "日本の写真.jpg", "👨‍👩‍👧.jpg"]) {
        expect(name_of(path, flags)).toEqual({ path, fault: undefined });
      }
    }
  });

  it("takes code page 437 where it is not UTF-8", () => {
    expect(name_of(Buffer.from([0x94, 0x81, 0xe1, 0x2e, 0x6a]), 0).path).toBe("öüß.j");
    expect(name_of(Buffer.from([0x80, 0xff]), 0).path).toBe("Ç\u00a0");
  });

  it("refuses what the flag calls UTF-8 and is not, and shows what it can", () => {
    for (const bytes of [[0x61, 0xff], [0xc0, 0xae], [0xed, 0xa0, 0x80], [0xe5]]) {
      expect(name_of(Buffer.from(bytes)).fault).toBe("unsafe_path");
    }
    expect(name_of(Buffer.from([0x61, 0xff])).path).toBe("a\ufffd");
  });

  it("takes the Unicode Path field where it belongs to this name", () => {
    const raw = Buffer.from("x.jpg");
    expect(name_of(raw, 0, unicode_path(raw, "写真.jpg")).path).toBe("写真.jpg");
    expect(name_of(raw, 0, unicode_path(raw, "写真.jpg", 2)).path).toBe("x.jpg");
    expect(name_of(raw, 0, unicode_path(raw, "写真.jpg", 1, 7)).path).toBe("x.jpg");
    expect(name_of(raw, 0, extra(0x7075, [1, 1])).path).toBe("x.jpg");
    expect(name_of(raw, 0, unicode_path(raw, "写真.jpg").subarray(0, -1)).path).toBe("x.jpg");
    expect(name_of(raw, utf8, unicode_path(raw, "写真.jpg")).path).toBe("x.jpg");
    expect(name_of(raw, 0, unicode_path(raw, "../evil.jpg")).fault).toBe("unsafe_path");
  });

  it("turns backslashes into slashes before it judges", () => {
    expect(name_of("dir\\photo.jpg")).toEqual({ path: "dir/photo.jpg", fault: undefined });
    expect(name_of("..\\photo.jpg").fault).toBe("unsafe_path");
  });
});

describe("judging a name", () => {
  it.each([
    "",
    " ",
    "/",
    "//",
    ".",
    "..",
    "./a",
    "a/..",
    "a/../b",
    "a/./b",
    "a//b",
    "a/ /b",
    "/a",
    "//server/share",
    "C:/a",
    "c:a",
    "C:\\a",
    "a\u0000.jpg",
    "a\n",
    "a\u007f",
    "a\u0085",
    "\u001b[31m",
    "a\u2028b",
    "a\u202egpj.exe",
    "\u2066a",
    "\u200ea",
    "\u061ca",
    "a\u200bb",
    "\ufeffa",
  ])("refuses %j", (path) => {
    expect(name_of(path).fault).toBe("unsafe_path");
  });

  it.each([
    "a",
    "a/",
    "a/b/c.jpg",
    "...",
    "..a",
    "a..",
    ".hidden",
    "a b.jpg",
    "trail. ",
    "1:2.jpg",
    "ab:c",
    "Screenshot 10.15.00\u202fAM.png",
    "a\u200db",
    "x".repeat(1_024),
  ])("keeps %j", (path) => {
    expect(name_of(path)).toEqual({ path, fault: undefined });
  });

  it("counts bytes, as they are and as UTF-8", () => {
    expect(name_of("x".repeat(1_025)).fault).toBe("name_too_long");
    expect(name_of("é".repeat(513)).fault).toBe("name_too_long");
    expect(name_of(Buffer.alloc(600, 0x82), 0).fault).toBe("name_too_long");
  });

  it("never passes a part that could leave its folder, nor throws, whatever the bytes", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc
        .string({ unit: fc.constantFrom(".", "/", "\\", "a", ":", " ", "\u202e"), maxLength: 12 })
        .map(Buffer.from),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom(0, utf8), fc.uint8Array({ maxLength: 20 }), (raw, flags, fields) => {
        const { path, fault } = read_entry_name(raw, flags, fields, 1_024);
        if (fault !== undefined) return;
        const parts = path.replace(/\/$/, "").split("/");
        expect(parts.filter((part) => part === "" || part === "." || part === "..")).toEqual([]);
        expect(path).not.toMatch(/\\|^[A-Za-z]:|\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
      }),
      { numRuns: 2_000 },
    );
  });
});
