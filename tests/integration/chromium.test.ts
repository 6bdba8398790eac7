/** The client in a browser: the gallery of client/example, from another origin than the API's, against the whole stack. */
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { basename, extname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { build_client } from "../../client/build.ts";
import { whole_holiday_entries, zip_entries } from "../../local/demo/holiday_archive.ts";
import { enlarged, sample } from "../../local/demo/photos.ts";
import { type Chromium, chromium_here, type Page, start_chromium } from "../support/chromium.ts";
import { new_session, type Session } from "./session.ts";
import { crashes, start_test_stack, type TestStack } from "./stack.ts";
import { type Storage, storage_of } from "./storage.ts";

const program = chromium_here();
if (program === undefined) {
  process.stderr.write(
    "tests/integration/chromium.test.ts: there is no Chromium (apt-get install chromium), so the client is not tried in a browser.\n",
  );
}

const MIB = 1024 * 1024;
const CLIENT = join(import.meta.dirname, "..", "..", "client");
const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };

/** What a team's own web server does: it gives the page and the built client, and knows nothing of the API. */
async function serve(dist: string): Promise<{ server: Server; url: string }> {
  const server = createServer(({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://page");
    const [, folder, name = ""] = /^\/(dist|example)\/([\w.]+)$/.exec(pathname) ?? [];
    const type = TYPES[extname(name)];
    if (folder === undefined || type === undefined) {
      response.writeHead(404).end();
      return;
    }
    const file = folder === "dist" ? join(dist, name) : join(CLIENT, "example", name);
    response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return { server, url: `http://127.0.0.1:${port}` };
}

describe.runIf(program !== undefined)("the client in Chromium", () => {
  let folder: string;
  let stack: TestStack;
  let storage: Storage;
  let user: Session;
  let server: Server;
  let origin: string;
  let chromium: Chromium;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "photo-uploader-page-"));
    const dist = join(folder, "dist");
    await build_client({ dist });
    stack = await start_test_stack();
    storage = storage_of(stack);
    user = await new_session(stack, "browser");
    ({ server, url: origin } = await serve(dist));
    chromium = await start_chromium(program ?? "");
    page = chromium.page;
    await page.goto(`${origin}/example/gallery.html?api=${encodeURIComponent(stack.url)}`);
  });
  afterAll(async () => {
    await chromium?.close();
    server?.close();
    storage?.close();
    await stack?.close();
    await rm(folder, { recursive: true, force: true });
    expect(crashes(stack)).toEqual([]);
  });

  /** Each step of a progress bar: its text, and the bytes done. */
  const steps = async (): Promise<{ text: string; done: number; total: number }[]> =>
    z
      .array(z.object({ text: z.string(), done: z.number(), total: z.number() }))
      .parse(await page.evaluate("globalThis.steps.splice(0)"));

  /** Notes what the page shows of its progress, as it changes. */
  const watch = () =>
    page.evaluate(`{
      globalThis.steps = [];
      const bar = document.getElementById("progress");
      new MutationObserver(() => globalThis.steps.push({
        text: document.getElementById("status").textContent, done: bar.value, total: bar.max,
      })).observe(bar, { attributes: true });
    }`);

  const file = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  const shows = (element: string, text: string) =>
    page.until(`document.getElementById("${element}").textContent.includes(${JSON.stringify(text)})`);

  const sign_in = async (password: string, username = user.username) => {
    await page.evaluate(`{
      const [form] = document.forms;
      form.username.value = ${JSON.stringify(username)};
      form.password.value = ${JSON.stringify(password)};
      form.requestSubmit();
    }`);
  };

  const to = (url: string, method: string) =>
    page.requests.filter((request) => request.url.startsWith(url) && request.method === method).length;

  const gallery_is_complete = () =>
    page.until(
      `document.getElementById("gallery").dataset.complete === "true" && document.getElementById("stop").disabled`,
    );

  beforeEach(async () => {
    await page.evaluate(`delete document.getElementById("gallery").dataset.complete`);
  });

  it("signs in, from another origin than the API's", async () => {
    await sign_in("wrong");
    await shows("problem", "invalid_credentials");
    await sign_in(user.password);
    await page.until(`!document.getElementById("app").hidden`);
    await gallery_is_complete();
    expect(new URL(stack.url).origin).not.toBe(origin);
    expect(to(`${stack.url}/login`, "OPTIONS")).toBeGreaterThan(0);
  });

  it("sends a photo of 12 MB to S3, with progress on the way", async () => {
    await watch();
    const photo = enlarged(sample("jpeg_60k_baseline.jpg", "large.jpg"), 12_000_000);
    await page.throttle(12 * MIB);
    await page.pick("#files", [file("large.jpg", photo.bytes)]);
    await shows("status", "large.jpg: stored as");
    await page.throttle(-1);
    await gallery_is_complete();
    const uploading = (await steps()).filter(({ text }) => text === "large.jpg: uploading");
    expect(uploading.length).toBeGreaterThan(3);
    expect(uploading.map(({ done }) => done)).toEqual(
      uploading.map(({ done }) => done).toSorted((a, b) => a - b),
    );
    expect(uploading.at(-1)).toMatchObject({ done: 12_000_000, total: 12_000_000 });
    expect(to(stack.s3.url, "OPTIONS")).toBeGreaterThan(0);
    expect(await user.list_all()).toMatchObject([{ name: "large.jpg", size: 12_000_000 }]);
  });

  it("goes on with a photo that was stopped, after the page was loaded again", async () => {
    const size = 40 * MIB + 1000;
    const path = file("huge.jpg", enlarged(sample("jpeg_60k_progressive.jpg", "huge.jpg"), size).bytes);
    await page.throttle(24 * MIB);
    await page.pick("#files", [path]);
    // Three parts of 8 MiB go at a time: a fourth has begun, so S3 has taken at least one.
    await page.until(
      `document.getElementById("status").textContent.endsWith("uploading") && document.getElementById("progress").value > ${25 * MIB}`,
    );
    await page.evaluate(`document.getElementById("stop").click()`);
    await shows("problem", "AbortError");
    await page.throttle(-1);
    expect(to(`${stack.url}/cancel_upload`, "POST")).toBe(0);

    await page.reload();
    await gallery_is_complete();
    await watch();
    const sent_before = to(stack.s3.url, "PUT");
    await page.pick("#files", [path]);
    await shows("status", "huge.jpg: stored as");
    await gallery_is_complete();
    const [first] = (await steps()).filter(({ text }) => text === "huge.jpg: uploading");
    expect(first?.done).toBeGreaterThanOrEqual(8 * MIB);
    const sent = to(stack.s3.url, "PUT") - sent_before;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(6);
    const [photo] = await user.list_all();
    expect(photo).toMatchObject({ name: "huge.jpg", size });
  });

  it("removes what has arrived of a photo that is stopped for good", async () => {
    const stopped =
      await page.evaluate(`import("/dist/index.js").then(async ({ createClient, storedTokens }) => {
      const photos = createClient({ baseUrl: ${JSON.stringify(stack.url)}, tokens: storedTokens(sessionStorage) });
      const stop = new AbortController();
      const file = new File([new Uint8Array(${20 * MIB})], "stopped.jpg");
      const onProgress = ({ phase, done }) => phase === "uploading" && done > 0 && stop.abort();
      return photos.upload(file, { resumable: true, signal: stop.signal, onProgress }).catch(({ name }) => name);
    })`);
    expect(stopped).toBe("AbortError");
    expect(await storage.unfinished()).toEqual([]);
    expect(to(`${stack.url}/cancel_upload`, "POST")).toBe(1);
  });

  it("sends an archive, and counts what becomes of its entries", async () => {
    const entries = whole_holiday_entries();
    const count = (outcome: string) => entries.filter(({ expected }) => expected.outcome === outcome).length;
    await watch();
    await page.pick("#files", [file("holiday.zip", zip_entries(entries, { deflate: false }))]);
    const [uploaded, skipped, failed] = ["uploaded", "skipped", "failed"].map(count);
    await shows("status", `holiday.zip: ${uploaded} uploaded, ${skipped} skipped, ${failed} failed`);
    await gallery_is_complete();
    const phases = new Set((await steps()).map(({ text }) => text));
    expect([...phases]).toEqual(
      expect.arrayContaining(["holiday.zip: uploading", "holiday.zip: extracting"]),
    );
    expect(await user.list_all()).toHaveLength(2 + (uploaded ?? 0));
  });

  it("shows all photos, those from S3 too", async () => {
    await page.reload();
    await gallery_is_complete();
    const shown = z
      .array(z.object({ name: z.string(), width: z.number() }))
      .parse(
        await page.evaluate(
          `[...document.images].map(({ alt, naturalWidth }) => ({ name: alt, width: naturalWidth }))`,
        ),
      );
    const photos = await user.list_all();
    expect(shown.map(({ name }) => name)).toEqual(photos.map(({ name }) => name));
    // Chromium has no decoder for TIFF and HEIC.
    const unseen = shown.filter(({ width }) => width === 0).map(({ name }) => extname(name));
    expect([...new Set(unseen)].toSorted()).toEqual([".heic", ".tif"]);
    expect(to(stack.s3.url, "GET")).toBeGreaterThan(0);
  });

  it("signs out, and nothing of it has made the browser complain but the wrong password", async () => {
    await page.evaluate(`document.getElementById("sign-out").click()`);
    await page.until(`document.getElementById("app").hidden`);
    expect(await page.evaluate(`sessionStorage.length`)).toBe(0);
    expect(page.complaints).toEqual([expect.stringMatching(/401 .*\/login$/)]);
  });

  describe("that keeps the id of an upload which was stopped", () => {
    const size = 12 * MIB;
    const kept_ids = async (): Promise<Record<string, string>> =>
      z.record(z.string(), z.string()).parse(await page.evaluate(`({ ...localStorage })`));

    const sign_in_as = async ({ username, password }: Session) => {
      await page.evaluate(`document.getElementById("sign-out").click()`);
      await page.until(`document.getElementById("app").hidden`);
      await sign_in(password, username);
      await page.until(`!document.getElementById("app").hidden`);
      await gallery_is_complete();
    };

    /** Its key and its id. */
    const stopped = async (path: string): Promise<readonly [string, string]> => {
      await page.throttle(6 * MIB);
      await page.pick("#files", [path]);
      const status = JSON.stringify(`${basename(path)}: uploading`);
      await page.until(
        `document.getElementById("status").textContent === ${status} && document.getElementById("progress").value > 0`,
      );
      await page.evaluate(`document.getElementById("stop").click()`);
      await shows("problem", "AbortError");
      await page.throttle(-1);
      await page.until(`document.getElementById("stop").disabled`);
      const [only] = Object.entries(await kept_ids());
      if (only === undefined) throw new Error("The page keeps no id.");
      return only;
    };

    const stored = async (path: string) => {
      await page.evaluate(`document.getElementById("status").textContent = ""`);
      await page.pick("#files", [path]);
      await shows("status", "stored as");
      await gallery_is_complete();
    };

    /** Of a form that has not arrived: its answer from S3 is never waited for. */
    const id_of_a_form = () =>
      page.evaluate(`import("/dist/index.js").then(({ createClient, storedTokens }) => {
        const api = ${JSON.stringify(stack.url)};
        const fetch = (url, init) => url.startsWith(api) ? globalThis.fetch(url, init) : Promise.reject(new TypeError("broken"));
        const photos = createClient({ baseUrl: api, tokens: storedTokens(sessionStorage), fetch, retries: 0 });
        return new Promise((resolve) => {
          photos.upload(new File([new Uint8Array(6_000_000)], "form.jpg"), { onUploadId: resolve }).catch(() => {});
        });
      })`);

    it("begins anew where it cannot be resumed: removed, made up, or of a form", async () => {
      await page.reload();
      await sign_in_as(user);
      const path = file("anew.jpg", enlarged(sample("jpeg_60k_progressive.jpg", "anew.jpg"), size).bytes);
      const [key, id] = await stopped(path);
      expect((await user.json("/cancel_upload", { uploadId: id })).status).toBe(204);
      await stored(path);
      expect(await kept_ids()).toEqual({});
      for (const useless of ["made-up", await id_of_a_form()]) {
        await page.evaluate(`localStorage.setItem(${JSON.stringify(key)}, ${JSON.stringify(useless)})`);
        await stored(path);
        expect(await kept_ids()).toEqual({});
      }
      const names = (await user.list_all()).map(({ name }) => name);
      expect(names).toContain("anew.jpg");
    });

    it("forgets the id of what is refused, and does not go in circles", async () => {
      const path = file("notes.jpg", new Uint8Array(5 * MIB).fill(32));
      await page.pick("#files", [path]);
      await shows("problem", "upload_refused");
      await page.until(`document.getElementById("stop").disabled`);
      expect(await kept_ids()).toEqual({});
    });

    it("resumes no other user's, and leaves it to be resumed", async () => {
      const other = await new_session(stack, "other");
      const path = file("both.jpg", enlarged(sample("jpeg_60k_progressive.jpg", "both.jpg"), size - 1).bytes);
      const [key, id] = await stopped(path);
      await sign_in_as(other);
      await stored(path);
      expect(await other.list_all()).toMatchObject([{ name: "both.jpg" }]);
      expect(await kept_ids()).toEqual({ [key]: id });
      await sign_in_as(user);
      const sent_before = to(stack.s3.url, "PUT");
      const requested_before = to(`${stack.url}/request_upload`, "POST");
      await stored(path);
      expect(to(`${stack.url}/request_upload`, "POST")).toBe(requested_before);
      expect(to(stack.s3.url, "PUT")).toBeGreaterThan(sent_before);
      expect(await kept_ids()).toEqual({});
    });
  });
});
