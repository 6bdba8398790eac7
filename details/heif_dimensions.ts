/**
 * The dimensions of a HEIC, HEIF or AVIF as it is shown. Its `meta` box names the item that is the photo (`pitm`), lists
 * properties (`ipco`), and says which of them the item has, in the order in which they are to be applied (`ipma`): ISO/IEC
 * 14496-12:2022, 8.11, and ISO/IEC 23008-12:2022, 6.5. The orientation that Exif says beside that is not to be applied.
 */
import { type Dimensions, dimensions, turned } from "./dimensions.ts";

interface Box {
  readonly type: string;
  /** Of its content, behind the header. */
  readonly start: number;
  readonly end: number;
}

/** More than these has no box that matters here. */
const BOXES = 1_000;

/** Boxes that follow each other; one that is larger than what it is in ends there. */
function* boxes(view: DataView, start: number, end: number): Generator<Box, void, undefined> {
  let at = start;
  for (let count = 0; count < BOXES && at + 8 <= end; count += 1) {
    // 0 - size (4), 4 - type (4), 8 - size where the first one is 1 (8); 0 is as far as it goes
    const short = view.getUint32(at);
    const size =
      short === 1
        ? view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12)
        : short === 0
          ? end - at
          : short;
    const header = short === 1 ? 16 : 8;
    if (size < header) return;
    yield { type: type_at(view, at + 4), start: at + header, end: Math.min(end, at + size) };
    at += size;
  }
}

const type_at = (view: DataView, at: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(at + index)));

function box_in(view: DataView, { start, end }: Omit<Box, "type">, type: string): Box | undefined {
  for (const box of boxes(view, start, end)) if (box.type === type) return box;
  return undefined;
}

/** The version and flags of a full box. */
const FULL = 4;

/** @throws RangeError where the boxes lead elsewhere than to the ends of the file */
export function heif_dimensions(view: DataView): Dimensions | undefined {
  const meta = box_in(view, { start: 0, end: view.byteLength }, "meta");
  const within = meta && { start: meta.start + FULL, end: meta.end };
  const item = within && box_in(view, within, "pitm");
  const properties = within && box_in(view, within, "iprp");
  const container = properties && box_in(view, properties, "ipco");
  const associations = properties && box_in(view, properties, "ipma");
  if (item === undefined || container === undefined || associations === undefined) return undefined;
  const all = [...boxes(view, container.start, container.end)];
  const primary = number_at(view, item.start + FULL, view.getUint8(item.start) === 0 ? 2 : 4);
  let shown: Dimensions | undefined;
  for (const index of indices_of(view, associations, primary)) shown = applied(view, all[index - 1], shown);
  return shown;
}

const number_at = (view: DataView, at: number, bytes: 1 | 2 | 4): number =>
  bytes === 1 ? view.getUint8(at) : bytes === 2 ? view.getUint16(at) : view.getUint32(at);

/** Of the properties of an item, counted from 1. */
function indices_of(view: DataView, { start, end }: Box, item: number): number[] {
  // 0 - version, 1 - flags (3), 4 - entries (4)
  const id_bytes = view.getUint8(start) === 0 ? 2 : 4;
  const index_bytes = view.getUint8(start + 3) & 1 ? 2 : 1;
  const entries = view.getUint32(start + 4);
  let at = start + FULL + 4;
  for (let entry = 0; entry < entries && at < end; entry += 1) {
    // id (2 or 4), associations (1), and of each: essential (1 bit), index (7 or 15 bits)
    const count = view.getUint8(at + id_bytes);
    const first = at + id_bytes + 1;
    if (number_at(view, at, id_bytes) === item) {
      return Array.from(
        { length: count },
        (_, index) =>
          number_at(view, first + index * index_bytes, index_bytes) & (index_bytes === 1 ? 0x7f : 0x7fff),
      );
    }
    at = first + count * index_bytes;
  }
  return [];
}

/** What a property makes of the dimensions before it. */
function applied(view: DataView, property: Box | undefined, before?: Dimensions): Dimensions | undefined {
  if (property === undefined) return before;
  const { type, start } = property;
  const at = (offset: number): number => view.getUint32(start + offset);
  // 0 - version and flags, 4 - width (4), 8 - height (4)
  if (type === "ispe") return dimensions(at(4), at(8));
  // Fractions of 4 and 4 bytes: 0 - width, 8 - height
  if (type === "clap") return dimensions(Math.floor(at(0) / at(4)), Math.floor(at(8) / at(12)));
  // 0 - reserved (6 bits), quarter turns (2 bits)
  return type === "irot" && before !== undefined && view.getUint8(start) & 1 ? turned(before) : before;
}
