/** Keeps the log of the functions from the terminal, in every test of a file that calls this. */
import { afterEach, beforeEach } from "vitest";
import { type WrittenOutput, written_output } from "./written_output.ts";

/** @returns what has been written in the present test */
export function quiet(): () => WrittenOutput {
  let output: WrittenOutput | undefined;
  beforeEach(() => {
    output = written_output();
  });
  afterEach(() => {
    output?.restore();
  });
  return () => {
    if (output === undefined) throw new Error("No test is running.");
    return output;
  };
}
