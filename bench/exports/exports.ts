/** The exports that are measured: how many photos, of which sizes, and what each photo's bytes are. */
import { content } from "../archive/content.ts";

export interface BenchExport {
  readonly name: string;
  /** Bytes of each photo. */
  readonly sizes: readonly number[];
}

const KB = 1_000;
const MB = 1_000 * KB;

const same = (count: number, bytes: number): number[] => Array.from({ length: count }, () => bytes);

/** @param scale divides the number of photos */
export function bench_exports(scale: number): BenchExport[] {
  const of = (count: number, bytes: number) => same(Math.ceil(count / scale), bytes);
  return [
    { name: "exports-none", sizes: [] },
    { name: "exports-one", sizes: [3 * MB] },
    { name: "exports-70000", sizes: of(70_000, KB) },
    { name: "exports-1-gb", sizes: of(333, 3 * MB) },
    // Some go over several segments, and the last ones begin beyond 4 GiB.
    { name: "exports-5-gb", sizes: [...of(400, 12 * MB), ...same(2, Math.ceil((150 * MB) / scale))] },
  ];
}

/** So many different ones there are; no bench is about making them. */
const DISTINCT = 64;

/** The bytes of the photo with this place. */
export const photo_bytes = (place: number, bytes: number): Buffer =>
  content("incompressible", bytes, place % DISTINCT);
