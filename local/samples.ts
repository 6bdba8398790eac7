/** A small photo and an archive of two, so that the curl lines of `npm start` work as they are pasted. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { zipSync } from "fflate";

export type Samples = { readonly photo: string; readonly archive: string };

const SIDE = 96;

/** Writes the two files into the folder and gives their paths. */
export function write_samples(folder: string): Samples {
  const samples = { photo: path.join(folder, "sunset.png"), archive: path.join(folder, "holiday.zip") };
  const photo = gradient_png([255, 94, 58], [58, 28, 113]);
  writeFileSync(samples.photo, photo);
  // Level 0: a PNG is compressed already.
  const archive = {
    "beach/morning.png": gradient_png([255, 221, 148], [88, 180, 209]),
    "beach/evening.png": photo,
  };
  writeFileSync(samples.archive, zipSync(archive, { level: 0 }));
  return samples;
}

type Colour = readonly [red: number, green: number, blue: number];

/** A square that goes from one colour at the top to another at the bottom, as PNG: https://www.w3.org/TR/png-3/ */
function gradient_png(top: Colour, bottom: Colour): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0); // width
  header.writeUInt32BE(SIDE, 4); // height
  header.writeUInt8(8, 8); // bits of a sample
  header.writeUInt8(2, 9); // colour type: red, green, blue
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk(
      "IDAT",
      deflateSync(Buffer.concat(Array.from({ length: SIDE }, (_, y) => row(top, bottom, y / SIDE)))),
    ),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A row starts with its filter type, 0 for none. */
function row(top: Colour, bottom: Colour, share: number): Buffer {
  const pixel = top.map((from, channel) => Math.round(from + ((bottom[channel] ?? from) - from) * share));
  return Buffer.from([0, ...Array.from({ length: SIDE }, () => pixel).flat()]);
}

/** Length of the data, type, data, CRC-32 of type and data. */
function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const typed = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}
