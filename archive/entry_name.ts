/** Entry names: bytes to text, and which of them may become the name of a photo. APPNOTE.TXT 6.3.10, appendix D. */
import { crc32 } from "node:zlib";
import type { EntryFault } from "./errors.ts";
import { data_view, extra_field, extra_id } from "./extra_field.ts";

/** General purpose bit 11: the name is UTF-8. */
const utf8_flag = 1 << 11;

/** IBM code page 437 from 0x80 on; below, it is ASCII. */
const cp437_high =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/** A byte order mark is kept, so that the rules below see and refuse it. */
const strict_utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient_utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

export interface EntryName {
  /** The whole path with `/` between its parts; a directory's ends in `/`. Safe to use only without a fault. */
  readonly path: string;
  readonly fault: EntryFault | undefined;
}

/** Decodes a name and judges it. `limit` is in bytes. */
export function read_entry_name(raw: Uint8Array, flags: number, extra: Uint8Array, limit: number): EntryName {
  const decoded = decode_name(raw, flags, extra);
  // Old Windows tools write `dir\photo.jpg`, against section 4.4.17.1.
  const path = decoded.text.replaceAll("\\", "/");
  return { path, fault: decoded.valid ? name_fault(path, raw.byteLength, limit) : "unsafe_path" };
}

/**
 * In this order: the Unicode Path field, where it belongs to this very name; UTF-8, where the flag says so;
 * UTF-8, where the bytes are valid as such, since Finder and many Linux tools leave the flag out; code page
 * 437. Other code pages are not declared anywhere in a ZIP and cannot be told from it.
 */
function decode_name(raw: Uint8Array, flags: number, extra: Uint8Array): { text: string; valid: boolean } {
  const flagged = (flags & utf8_flag) !== 0;
  const unicode_path = flagged ? undefined : read_unicode_path(raw, extra);
  const bytes = unicode_path ?? raw;
  const text = decode_utf8(bytes);
  if (text !== undefined) return { text, valid: true };
  if (flagged || unicode_path !== undefined) return { text: lenient_utf8.decode(bytes), valid: false };
  return { text: decode_cp437(raw), valid: true };
}

/** 0 - version (1), 1 - CRC-32 of the name that it replaces, 5 - name in UTF-8 */
function read_unicode_path(raw: Uint8Array, extra: Uint8Array): Uint8Array | undefined {
  const field = extra_field(extra, extra_id.unicode_path);
  if (field === undefined || field.byteLength < 5 || field[0] !== 1) return undefined;
  // Another CRC means that a tool that does not know the field has renamed the entry.
  return data_view(field).getUint32(1, true) === crc32(raw) ? field.subarray(5) : undefined;
}

function decode_utf8(bytes: Uint8Array): string | undefined {
  try {
    return strict_utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function decode_cp437(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : cp437_high.charAt(byte - 0x80);
  return text;
}

/**
 * Controls of C0 and C1; line and paragraph separator; bidi marks, embeddings, overrides and isolates; the
 * zero-width space and U+FEFF. U+200D stays, because it joins emoji.
 */
const unsafe_characters = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u200b\ufeff]/u;

function name_fault(path: string, raw_bytes: number, limit: number): EntryFault | undefined {
  if (raw_bytes > limit || Buffer.byteLength(path) > limit) return "name_too_long";
  if (unsafe_characters.test(path)) return "unsafe_path";
  if (/^[A-Za-z]:/.test(path)) return "unsafe_path";
  const parts = (path.endsWith("/") ? path.slice(0, -1) : path).split("/");
  // An empty part is an empty name, an absolute path, or `a//b`.
  const unsafe = parts.some((part) => part.trim() === "" || part === "." || part === "..");
  return unsafe ? "unsafe_path" : undefined;
}
