/** The stack that the demo drives: the one that runs, or one of its own in a temporary folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as z from "zod";
import type { Config } from "../config.ts";
import { type StackSettings, start_stack } from "../stack.ts";
import { StartError } from "../start_error.ts";

export interface DemoStack {
  readonly url: string;
  readonly cognito_url: string;
  /** Whether it ends with the demo, and its photos with it. */
  readonly own: boolean;
  /** What its parts have written of late; of a running stack nothing is known. */
  readonly log: readonly string[];
  readonly close: () => Promise<void>;
}

export type OwnStackSettings = Pick<StackSettings, "skip_build" | "dist_dir">;

/** The running stack, or undefined when nothing answers there. @throws StartError when something else does. */
export async function find_stack(config: Config): Promise<DemoStack | undefined> {
  const url = `http://127.0.0.1:${config.port}`;
  const found = config.port === 0 ? "nothing" : await probe(url);
  if (found === "nothing") return undefined;
  if (found === "something else") {
    throw new StartError(
      `Something answers at ${url}, but not as photo-uploader does. Set PORT to the port of a running stack, ` +
        "or to a free one, and the demo starts a stack of its own.",
    );
  }
  return {
    url,
    cognito_url: `http://127.0.0.1:${config.cognito_port}`,
    own: false,
    log: [],
    close: async () => {},
  };
}

const PROBE_MS = 10_000;

/** An empty login, which the function refuses in its own way. */
async function probe(url: string): Promise<"stack" | "nothing" | "something else"> {
  try {
    const response = await fetch(`${url}/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
      signal: AbortSignal.timeout(PROBE_MS),
    });
    const { success } = z.object({ code: z.literal("invalid_request") }).safeParse(await response.json());
    return success && response.status === 400 ? "stack" : "something else";
  } catch (error) {
    return is_refused(error) ? "nothing" : "something else";
  }
}

function is_refused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED";
}

const KEPT_LINES = 20;

/** On free ports, with data of its own, so that nothing of the user's is touched. */
export async function start_own_stack(config: Config, settings: OwnStackSettings = {}): Promise<DemoStack> {
  const data_dir = await mkdtemp(path.join(tmpdir(), "photo-uploader-demo-"));
  const remove = () => rm(data_dir, { recursive: true, force: true });
  const log: string[] = [];
  try {
    const stack = await start_stack({
      ...settings,
      config: { ...config, port: 0, s3_port: 0, cognito_port: 0, data_dir },
      on_log(line, source) {
        log.push(`[${source}] ${line}`);
        if (log.length > KEPT_LINES) log.shift();
      },
    });
    const close = async () => {
      await stack.close();
      await remove();
    };
    return { url: stack.url, cognito_url: stack.cognito.url, own: true, log, close };
  } catch (error) {
    await remove();
    throw error;
  }
}
