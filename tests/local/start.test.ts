import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { DEMO_USER } from "../../local/config.ts";
import { read_functions_table } from "../../local/functions_table.ts";
import { build } from "../../scripts/build.ts";

const PROJECT = path.join(import.meta.dirname, "..", "..");
const root = mkdtempSync(path.join(tmpdir(), "photo-uploader-start-"));
const children: ChildProcess[] = [];

beforeAll(async () => {
  const bundles = Object.keys(read_functions_table()).map((name) =>
    path.join(PROJECT, "dist", "functions", name),
  );
  // `npm test` has built by now; a single file run by hand may have not.
  if (!bundles.every((bundle) => existsSync(bundle))) await build();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
});
afterAll(() => rmSync(root, { recursive: true }));

let started = 0;
const new_dir = () => path.join(root, String(++started));

/** Runs start.ts as `npm start -- --no-build` does, on free ports, with a TMPDIR of its own. */
function run(args: string[] = [], environment: Record<string, string> = {}) {
  const tmp = path.join(new_dir(), "tmp");
  mkdirSync(tmp, { recursive: true });
  const output = { stdout: "", stderr: "" };
  const child = spawn(process.execPath, [path.join(PROJECT, "local", "start.ts"), "--no-build", ...args], {
    cwd: PROJECT,
    env: {
      PATH: process.env.PATH,
      TMPDIR: tmp,
      PORT: "0",
      S3_PORT: "0",
      COGNITO_PORT: "0",
      DATA_DIR: new_dir(),
      ...environment,
    },
  });
  children.push(child);
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    output.stderr += text;
  });
  const ended = once(child, "close").then(([code]) => z.number().nullable().parse(code));
  return {
    child,
    output,
    ended,
    tmp,
    async ready() {
      const gone = ended.then(() => Promise.reject(new Error(`It ended: ${output.stderr}`)));
      const ready = vi.waitFor(() => expect(output.stdout).toMatch(/^ready$/m), { timeout: 20_000 });
      await Promise.race([ready, gone]);
      return z.string().parse(/API +(\S+)/.exec(output.stdout)?.[1]);
    },
  };
}

/** The processes that the stack has started: a sandbox each, and those of the queues' functions may be among them. */
function sandboxes_of(child: ChildProcess): number[] {
  const processes = execFileSync("ps", ["-A", "-o", "pid=", "-o", "ppid="], { encoding: "utf8" });
  return processes
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, parent]) => (pid !== undefined && parent === child.pid ? [pid] : []));
}

/** A process that has ended and that nobody has waited for yet is as good as gone. */
async function expect_gone(pids: number[]): Promise<void> {
  const states = () => {
    const all = execFileSync("ps", ["-A", "-o", "pid=", "-o", "stat="], { encoding: "utf8" });
    return pids.filter((pid) => new RegExp(`^ *${pid} +[^Z ]`, "m").test(all));
  };
  await vi.waitFor(() => expect(states()).toEqual([]), { timeout: 10_000 });
}

/** Makes one sandbox run, so that there is something to stop. */
async function call_login(url: string): Promise<number> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/login`, { method: "POST", headers, body: JSON.stringify(DEMO_USER) });
  await response.arrayBuffer();
  return response.status;
}

/** To Cognito, which finishes the requests under way before it stops. */
async function send_half_a_request(start_page: string): Promise<void> {
  const port = z.coerce.number().parse(/Cognito +http:\/\/127\.0\.0\.1:(\d+)/.exec(start_page)?.[1]);
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const target = "X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth";
  const head = `POST / HTTP/1.1\r\nHost: h\r\n${target}\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n`;
  socket.write(head);
  // Told to go on, so the request is under way.
  await once(socket, "data");
}

describe("npm start", () => {
  it("prints lines for each endpoint that work as they are pasted, then ready, and no warning", async () => {
    const stack = run([], { DATA_DIR: path.join(new_dir(), 'it\'s a, folder; "quoted"') });
    await stack.ready();
    expect(stack.output.stdout).toMatch(/\nready\n$/);
    // S3's test event may have come to the queues already.
    expect(stack.output.stderr.replaceAll(/^\[(?:admit|export|extract)\] \{.*\n/gm, "")).toBe("");

    const work = new_dir();
    mkdirSync(work);
    const { stdout } = stack.output;
    const lines = stdout.slice(stdout.indexOf("in this order:\n") + 15, stdout.indexOf("\nready")).trim();
    for (const { route } of Object.values(read_functions_table())) {
      if (route !== undefined) expect(lines).toContain(`${route.replace(/^\w+ /, "")} -`);
    }
    const bash = spawn("bash", ["--norc"], { cwd: work, env: { PATH: process.env.PATH } });
    bash.stdin.end(`${lines}\n`);
    let printed = "";
    bash.stdout.on("data", (text) => {
      printed += text;
    });
    await once(bash, "close");

    const [described, filename = "", unzipped = "", ...others] = printed.trim().split("\n");
    const [known = "", form_sent, photo = "", part_sent, ...rest] = others;
    const end = rest.findIndex((line) => line.endsWith("downloaded.png"));
    const [extracted = "", cancelled, listed = ""] = rest.slice(end - 3, end);
    const [exported = "", archived, deleted = "", restored = "", logged_out] = rest.slice(end + 1).slice(-5);
    expect(filename).toMatch(/^\w+_sunset\.png$/);
    expect(JSON.parse(unzipped)).toMatchObject({
      uploaded: [{ name: "beach/morning.png" }, { name: "beach/evening.png" }],
      skipped: [],
      failed: [],
    });
    expect({ described, form_sent, part_sent, cancelled, logged_out }).toEqual({
      described: "200",
      form_sent: "204",
      part_sent: "200",
      cancelled: "204",
      logged_out: "204",
    });
    expect(JSON.parse(known)).toMatchObject({ photos: [{ name: "sunset.png", duplicate: true, filename }] });
    expect(JSON.parse(photo)).toMatchObject({ filename, duplicate: true });
    expect(JSON.parse(extracted)).toMatchObject({
      state: "done",
      outcomes: [
        { name: "beach/morning.png", outcome: "uploaded" },
        { name: "beach/evening.png", outcome: "uploaded" },
      ],
    });
    // The photo that was sent is in the archive as well, and all of them are sent twice.
    expect(z.object({ photos: z.array(z.unknown()) }).parse(JSON.parse(listed)).photos).toHaveLength(2);
    expect(JSON.parse(exported)).toMatchObject({
      kind: "export",
      state: "done",
      entries: { done: 2, total: 2 },
    });
    expect(archived).toMatch(/photos\.zip$/);
    expect(JSON.parse(deleted)).toEqual({ deleted: filename });
    expect(JSON.parse(restored)).toEqual({ outcomes: [{ file: filename, outcome: "restored" }] });
    // The password is in the start-up lines and not in the log of the sign-in that has just been.
    expect(stack.output.stderr).toContain("[login] ");
    expect(stack.output.stderr).toContain("[gateway] ");
    expect(stack.output.stderr).not.toContain(DEMO_USER.password);
  });

  it("uses the token header that is set", async () => {
    const stack = run([], { TOKEN_HEADER: "Authorization" });
    const url = await stack.ready();
    expect(stack.output.stdout).toContain('-H "Authorization: $TOKEN"');
    const response = await fetch(`${url}/list`, {
      method: "POST",
      headers: { Authorization: "Bearer nonsense" },
    });
    expect(response.status).toBe(403);
  });
});

describe("a start that cannot be", () => {
  it.each(["PORT", "S3_PORT", "COGNITO_PORT"])(
    "names the taken port and %s on one line, and ends with 1",
    async (variable) => {
      const taken = createServer().listen(0, "127.0.0.1");
      await once(taken, "listening");
      const { port } = z.object({ port: z.number() }).parse(taken.address());
      const { ended, output } = run([], { [variable]: String(port) });
      expect(await ended).toBe(1);
      expect(output.stderr).toMatch(
        new RegExp(`^Port ${port} for .* is taken. Set ${variable} to another one.\n$`),
      );
      expect(output.stdout).toBe("");
      taken.close();
    },
  );

  it("names a wrong setting, and ends with 2", async () => {
    const { ended, output } = run([], { AUTHORIZER_TTL_S: "soon" });
    expect(await ended).toBe(2);
    expect(output.stderr).toBe('AUTHORIZER_TTL_S must be seconds from 0 to 3600, not "soon"\n');
  });

  it("shows the usage for an unknown option, and ends with 2", async () => {
    const { ended, output } = run(["--rest"]);
    expect(await ended).toBe(2);
    expect(output.stderr).toContain("--reset");
  });

  it("is told of the other stack in the same folder, and ends with 1", async () => {
    const DATA_DIR = new_dir();
    await run([], { DATA_DIR }).ready();
    const second = run([], { DATA_DIR });
    expect(await second.ended).toBe(1);
    expect(second.output.stderr).toMatch(/^\S+ is in use by another stack\. .*\n$/);
  });
});

describe("--help", () => {
  it("shows the usage, and ends with 0", async () => {
    const { ended, output } = run(["--help"]);
    expect(await ended).toBe(0);
    expect(output.stdout).toContain("COGNITO_PORT=9229");
  });
});

describe("--reset", () => {
  it("empties the folder and starts", async () => {
    const DATA_DIR = new_dir();
    const first = run([], { DATA_DIR });
    await first.ready();
    first.child.kill("SIGTERM");
    await first.ended;
    writeFileSync(path.join(DATA_DIR, "old"), "");

    const second = run(["--reset"], { DATA_DIR });
    expect(await call_login(await second.ready())).toBe(200);
    expect(existsSync(path.join(DATA_DIR, "old"))).toBe(false);
  });

  it("touches no folder that is not ours, and ends with 1", async () => {
    const DATA_DIR = new_dir();
    mkdirSync(DATA_DIR);
    writeFileSync(path.join(DATA_DIR, "thesis.txt"), "");
    const { ended, output } = run(["--reset"], { DATA_DIR });
    expect(await ended).toBe(1);
    expect(output.stderr).toContain("photo-uploader did not put there");
    expect(readdirSync(DATA_DIR)).toEqual(["thesis.txt"]);
  });
});

describe("a stack", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("that gets %s stops everything and ends with 0", async (signal) => {
    const stack = run();
    const url = await stack.ready();
    expect(await call_login(url)).toBe(200);
    const sandboxes = sandboxes_of(stack.child);
    expect(sandboxes).not.toEqual([]);
    stack.child.kill(signal);
    expect(await stack.ended).toBe(0);
    await expect_gone(sandboxes);
    await expect(fetch(url)).rejects.toThrow();
    expect(readdirSync(stack.tmp)).toEqual([]);
  });

  it("that gets a second signal while it stops ends at once, with 130", async () => {
    const stack = run();
    const url = await stack.ready();
    await send_half_a_request(stack.output.stdout);
    stack.child.kill("SIGINT");
    // The gateway goes first; Cognito waits for the rest of the request.
    await vi.waitFor(() => expect(fetch(url)).rejects.toThrow(), { timeout: 10_000 });
    const again = setInterval(() => stack.child.kill("SIGINT"), 50);
    expect(await stack.ended).toBe(130);
    clearInterval(again);
  });

  it("takes two signals at once, as npm and the terminal send them, for one", async () => {
    const stack = run();
    expect(await call_login(await stack.ready())).toBe(200);
    stack.child.kill("SIGINT");
    stack.child.kill("SIGTERM");
    expect(await stack.ended).toBe(0);
    expect(readdirSync(stack.tmp)).toEqual([]);
  });

  it("does not wait for ever for a client that does not end its request", async () => {
    const stack = run();
    await stack.ready();
    await send_half_a_request(stack.output.stdout);
    stack.child.kill("SIGINT");
    expect(await stack.ended).toBe(0);
  });

  it("that is killed takes its sandboxes with it, and its data can be used again", async () => {
    const DATA_DIR = new_dir();
    const stack = run([], { DATA_DIR });
    expect(await call_login(await stack.ready())).toBe(200);
    const sandboxes = sandboxes_of(stack.child);
    expect(sandboxes).not.toEqual([]);
    stack.child.kill("SIGKILL");
    await stack.ended;
    await expect_gone(sandboxes);
    expect(await call_login(await run([], { DATA_DIR }).ready())).toBe(200);
  });
});
