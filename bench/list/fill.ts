/** Fills the folder of an S3 in a process of its own, which keeps its memory out of what is measured: `fill.ts <folder> <sizes>`. */
import { fill_catalog, libraries } from "./libraries.ts";

const [data_dir = "", ...sizes] = process.argv.slice(2);
fill_catalog(data_dir, libraries(sizes.map(Number)));
