/**
 * What is used of fflate. It is imported with the first entry that is streamed: fflate builds tables for a decoder of
 * its own when it is loaded, which would be a sixth of the work of a cold start (bench/COLD.md).
 */
export { Unzip } from "fflate";
