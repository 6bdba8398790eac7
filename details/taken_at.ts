/** When a photo was taken, by its Exif data. */

/** As Exif writes them (CIPA DC-008-2023, 4.6.6): `YYYY:MM:DD hh:mm:ss`, and `±hh:mm`. */
export interface ExifTime {
  readonly time: string | undefined;
  readonly offset: string | undefined;
}

/**
 * `YYYY-MM-DDThh:mm:ss`, with the offset from UTC behind it where that is known; undefined of what is no time, such as the
 * zeros or blanks of a camera whose clock was never set.
 */
export function taken_at({ time = "", offset = "" }: ExifTime): string | undefined {
  const [, date = "", clock = ""] = /^(\d{4}[:-]\d\d[:-]\d\d)[ T](\d\d:\d\d:\d\d)/.exec(time) ?? [];
  const local = `${date.replaceAll(":", "-")}T${clock}`;
  if (!is_time(local)) return undefined;
  return /^(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/.test(offset) ? `${local}${offset}` : local;
}

/** The year of the oldest photograph that is left. */
const FIRST_YEAR = 1826;

function is_time(local: string): boolean {
  const utc = Date.parse(`${local}Z`);
  // A day that its month has not becomes one of the next.
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, local.length) !== local) return false;
  return new Date(utc).getUTCFullYear() >= FIRST_YEAR;
}
