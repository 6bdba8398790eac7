/** The demo from beginning to end: finds or starts a stack, tells the story, and cleans up. */

import { memoryTokens } from "../../client/index.ts";
import type { Config } from "../config.ts";
import { open_api } from "./api.ts";
import { type Output, styled } from "./output.ts";
import { open_client } from "./photo_client.ts";
import { progress_on } from "./progress.ts";
import { report_on } from "./report.ts";
import { type DemoStack, find_stack, type OwnStackSettings, start_own_stack } from "./stack.ts";
import { tell_story } from "./story.ts";

export interface DemoSettings {
  readonly config: Config;
  readonly output: Output;
  /** Leaves the photos in a running stack. */
  readonly keep?: boolean;
  /** Ends the story; what the demo made is removed all the same. */
  readonly stop?: AbortSignal;
  readonly own_stack?: OwnStackSettings;
}

/**
 * How many things were not as they should be.
 * @throws StartError when there is no stack to be had
 */
export async function run_demo(settings: DemoSettings): Promise<number> {
  const { config, output, stop } = settings;
  const report = report_on(output);
  const stack = await open_stack(settings);
  try {
    const { url } = stack;
    const { token_header } = config;
    const api = open_api({ url, token_header, stop });
    const new_client = () => {
      const tokens = memoryTokens();
      return {
        client: open_client({ url, token_header, tokens, stop }),
        unstoppable: open_client({ url, token_header, tokens }),
        token: async () => (await tokens.get())?.jwt ?? "",
      };
    };
    const stage = {
      api,
      new_client,
      cognito_url: stack.cognito_url,
      report,
      progress: progress_on(output),
      stop,
    };
    await tell_story(stage, { keep: stack.own || (settings.keep ?? false) });
  } finally {
    await stack.close();
  }
  const failures = report.failures();
  if (!stop?.aborted) conclude(output, failures, stack.log);
  return failures;
}

function conclude(output: Output, failures: number, log: readonly string[]): void {
  const verdict =
    failures === 0
      ? styled(output, "green", "Everything is as it should be.")
      : styled(output, "red", `${failures} ${failures === 1 ? "thing is" : "things are"} off.`);
  output.write(`\n${verdict}\n`);
  if (failures > 0 && log.length > 0) {
    output.write(`\nWhat the stack logged last:\n${log.map((line) => `  ${line}\n`).join("")}`);
  }
}

async function open_stack({ config, output, own_stack }: DemoSettings): Promise<DemoStack> {
  const running = await find_stack(config);
  if (running !== undefined) {
    output.write(`Driving the stack at ${running.url}.\n`);
    return running;
  }
  const none = config.port === 0 ? "" : `Nothing answers at port ${config.port}. `;
  output.write(`${none}Starting a stack in a temporary folder.\n`);
  const own = await start_own_stack(config, own_stack);
  output.write(`It answers at ${own.url}, and ends with the demo.\n`);
  return own;
}
