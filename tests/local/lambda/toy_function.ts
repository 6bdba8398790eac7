/** Makes Lambda functions of a few lines of CommonJS, in folders of their own, for the tests of local/. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  create_function,
  type FunctionSettings,
  type LambdaFunction,
} from "../../../local/lambda/function.ts";

export type Toys = {
  readonly dir: string;
  /** Writes a file below the folder of the toys, and makes the folders above it. */
  readonly write: (file: string, text: string) => void;
  /** A function whose bundle is this source; each has a folder `<name>/` and shares the layer folder `layer/`. */
  readonly create: (
    name: string,
    source: string,
    settings?: Partial<FunctionSettings>,
  ) => LambdaFunction & { readonly logs: string[] };
  /** Stops every function and removes the folder. */
  readonly remove: () => Promise<void>;
};

export function make_toys(): Toys {
  const dir = mkdtempSync(path.join(tmpdir(), "photo-uploader-toys-"));
  const functions: LambdaFunction[] = [];

  function write(file: string, text: string): void {
    const full = path.join(dir, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
  }

  mkdirSync(path.join(dir, "layer", "nodejs"), { recursive: true });
  return {
    dir,
    write,
    create(name, source, settings = {}) {
      write(`${name}/index.cjs`, source);
      const logs: string[] = [];
      const made = create_function({
        name,
        bundle_dir: path.join(dir, name),
        layer_dir: path.join(dir, "layer"),
        memory_mb: 128,
        timeout_s: 10,
        environment: {},
        region: "eu-central-1",
        credentials: { accessKeyId: "key", secretAccessKey: "secret" },
        on_log: (line) => logs.push(line),
        ...settings,
      });
      functions.push(made);
      return { ...made, logs };
    },
    async remove() {
      await Promise.all(functions.map((made) => made.stop()));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
