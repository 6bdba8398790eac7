/** What operating systems and sync tools leave in archives beside the user's own files. */

/** Compared without case. */
const folders = new Set([
  "__macosx", // AppleDouble copies, by Finder
  ".appledouble", // netatalk
  ".spotlight-v100",
  ".fseventsd",
  ".trashes",
  ".temporaryitems",
  ".documentrevisions-v100",
  "$recycle.bin",
  "system volume information",
  "@eadir", // thumbnails, by Synology
  "#recycle", // Synology
  ".@__thumb", // QNAP
  ".thumbnails", // Android, older desktops
]);

const files = new Set([
  ".ds_store",
  ".localized",
  ".apdisk",
  "icon\r", // a folder's own icon, by Finder
  "thumbs.db",
  "ehthumbs.db",
  "ehthumbs_vista.db",
  "desktop.ini",
  ".directory", // KDE
  ".nomedia", // Android
  "picasa.ini",
  ".picasa.ini",
]);

/** The reason to leave the entry out, or undefined for a file of the user's own. */
export function junk_reason(path: string): "platform_file" | undefined {
  const parts = path
    .toLowerCase()
    .split("/")
    .filter((part) => part !== "");
  const name = parts.at(-1) ?? "";
  // `._photo.jpg` is the AppleDouble half of photo.jpg: attributes, no picture.
  const is_junk = parts.some((part) => folders.has(part)) || files.has(name) || name.startsWith("._");
  return is_junk ? "platform_file" : undefined;
}
