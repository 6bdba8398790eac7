/** Chromium without a window, driven over its DevTools protocol: https://chromedevtools.github.io/devtools-protocol */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The browser of this machine, or undefined. */
export const chromium_here = (): string | undefined =>
  NAMES.find((name) => spawnSync(name, ["--version"]).status === 0);

export interface Page {
  goto(url: string): Promise<void>;
  /** As a user does it, whatever is under way. */
  reload(): Promise<void>;
  /** The value of an expression, or what it promises; it has to be JSON. @throws Error with what the page throws */
  evaluate(expression: string): Promise<unknown>;
  /** As evaluate, again and again until it is true. @throws Error when it is not within 30 s, with what `told` has then */
  until(condition: string, told?: string): Promise<void>;
  /** Picks files of this machine in an `<input type="file">`. */
  pick(selector: string, files: readonly string[]): Promise<void>;
  /** Bytes per second that the page can send, or -1 for as many as there are. */
  throttle(upload: number): Promise<void>;
  /** Everything that the page has asked for, preflights too. */
  readonly requests: readonly PageRequest[];
  /** What the browser has complained about. */
  readonly complaints: readonly string[];
}

export interface PageRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Chromium {
  readonly page: Page;
  close(): Promise<void>;
}

const message = z.object({
  id: z.number().optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ message: z.string() }).optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
});

/** Its data is of its own, and removed with it. */
export async function start_chromium(program: string): Promise<Chromium> {
  const data_dir = await mkdtemp(join(tmpdir(), "photo-uploader-chromium-"));
  const browser = spawn(
    program,
    [
      "--headless=new",
      "--remote-debugging-port=0",
      `--user-data-dir=${data_dir}`,
      "--no-first-run",
      "--disable-gpu",
      // The shared memory of a container may be too small.
      "--disable-dev-shm-usage",
      // The sandbox cannot be had by root.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "about:blank",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const close = async () => {
    if (browser.exitCode === null && browser.kill("SIGKILL")) await once(browser, "exit");
    // Its children may still write for a moment.
    await rm(data_dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  try {
    const connection = await connect(await devtools_of(browser));
    return { page: await open_page(connection), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function devtools_of({ stderr }: ChildProcess): Promise<string> {
  if (stderr === null) throw new Error("The browser has no stderr.");
  const lines: string[] = [];
  for await (const line of createInterface(stderr)) {
    const [, url] = /DevTools listening on (ws:\S+)/.exec(line) ?? [];
    if (url !== undefined) {
      stderr.resume();
      return url;
    }
    lines.push(line);
  }
  throw new Error(`The browser ended: ${lines.join("\n")}`);
}

type Params = Record<string, unknown>;

interface Connection {
  call(method: string, params?: Params, sessionId?: string): Promise<Params>;
  on_event(listener: (method: string, params: Params) => void): void;
}

async function connect(url: string): Promise<Connection> {
  const socket = new WebSocket(url);
  await once(socket, "open");
  const waiting = new Map<number, PromiseWithResolvers<Params>>();
  const listeners: ((method: string, params: Params) => void)[] = [];
  socket.addEventListener("message", ({ data }) => {
    const { id, result = {}, error, method, params = {} } = message.parse(JSON.parse(String(data)));
    if (method !== undefined) for (const listener of listeners) listener(method, params);
    if (id === undefined) return;
    if (error === undefined) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(error.message));
    waiting.delete(id);
  });
  let last = 0;
  return {
    call(method, params = {}, sessionId) {
      last += 1;
      const answer = Promise.withResolvers<Params>();
      waiting.set(last, answer);
      socket.send(JSON.stringify({ id: last, method, params, ...(sessionId && { sessionId }) }));
      return answer.promise;
    },
    on_event: (listener) => listeners.push(listener),
  };
}

const evaluated = z.object({
  result: z.object({ value: z.unknown().optional() }),
  exceptionDetails: z
    .object({ text: z.string(), exception: z.object({ description: z.string().optional() }).optional() })
    .optional(),
});
const sent_request = z.object({
  request: z.object({ method: z.string(), url: z.string(), headers: z.record(z.string(), z.string()) }),
});
const log_entry = z.object({
  entry: z.object({ level: z.string(), text: z.string(), url: z.string().default("") }),
});

const UNTIL_MS = 30_000;

async function open_page({ call, on_event }: Connection): Promise<Page> {
  const { targetId } = await call("Target.createTarget", { url: "about:blank" });
  const attached = await call("Target.attachToTarget", { targetId, flatten: true });
  const session = z.object({ sessionId: z.string() }).parse(attached).sessionId;
  const ask = (method: string, params?: Params) => call(method, params, session);
  const requests: PageRequest[] = [];
  const complaints: string[] = [];
  on_event((method, params) => {
    if (method === "Network.requestWillBeSent") requests.push(sent_request.parse(params).request);
    if (method === "Runtime.exceptionThrown") complaints.push(JSON.stringify(params));
    if (method === "Log.entryAdded") {
      const { level, text, url } = log_entry.parse(params).entry;
      if (level === "error") complaints.push(`${text} ${url}`);
    }
  });
  for (const domain of ["Page", "Runtime", "Network", "DOM", "Log"]) await ask(`${domain}.enable`);

  let on_load = () => {};
  on_event((method) => method === "Page.loadEventFired" && on_load());
  const loaded = async (work: () => Promise<unknown>) => {
    const load = Promise.withResolvers<void>();
    on_load = load.resolve;
    await work();
    await load.promise;
  };

  const page: Page = {
    requests,
    complaints,
    async goto(url) {
      await loaded(() => ask("Page.navigate", { url }));
    },
    async reload() {
      await loaded(() => ask("Page.reload"));
    },
    async evaluate(expression) {
      const answer = await ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
      const { result, exceptionDetails } = evaluated.parse(answer);
      if (exceptionDetails === undefined) return result.value;
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    },
    async until(condition, told = "document.body.innerText") {
      const latest = Date.now() + UNTIL_MS;
      while ((await page.evaluate(condition)) !== true) {
        if (Date.now() > latest) throw new Error(`${condition} is not so: ${await page.evaluate(told)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async pick(selector, files) {
      const { root } = z
        .object({ root: z.object({ nodeId: z.number() }) })
        .parse(await ask("DOM.getDocument"));
      const { nodeId } = await ask("DOM.querySelector", { nodeId: root.nodeId, selector });
      await ask("DOM.setFileInputFiles", { nodeId, files });
    },
    async throttle(uploadThroughput) {
      const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
      await ask("Network.emulateNetworkConditions", conditions);
    },
  };
  return page;
}
