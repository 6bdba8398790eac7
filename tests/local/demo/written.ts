/** An output that keeps what is written to it. */
import { Writable } from "node:stream";
import type { Output } from "../../../local/demo/output.ts";

export interface Written {
  readonly output: Output;
  text(): string;
  lines(): string[];
}

export function make_output({ terminal = false } = {}): Written {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return {
    output: Object.assign(stream, { isTTY: terminal }),
    text: () => text,
    lines: () => text.split("\n").slice(0, -1),
  };
}

/** Every control character but the line end. */
export const CONTROL_CHARACTER = /[\p{Cc}--\n]/v;
