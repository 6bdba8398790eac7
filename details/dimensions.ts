/** The pixels of a photo. */

export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/** The largest that any of the formats can write down. */
const LARGEST = 2 ** 32 - 1;

const is_length = (pixels: number): boolean =>
  Number.isSafeInteger(pixels) && pixels > 0 && pixels <= LARGEST;

/** undefined where they are none, as of a file that is cut off or was made to trick a parser. */
export const dimensions = (
  width: number | undefined = 0,
  height: number | undefined = 0,
): Dimensions | undefined => (is_length(width) && is_length(height) ? { width, height } : undefined);

export const turned = ({ width, height }: Dimensions): Dimensions => ({ width: height, height: width });

/** @param orientation of Exif (CIPA DC-008-2023, 4.6.5.1.6): from 5 on, the photo lies on its side */
export const oriented = (stored: Dimensions, orientation: number | undefined = 1): Dimensions =>
  orientation >= 5 && orientation <= 8 ? turned(stored) : stored;
