/** What would be published: its files, its size, its types for those who use it, and the README's example as it is copied. */
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { build_client, type ClientSize } from "../../client/build.ts";
import { API_TYPES, api_types } from "../../client/write_api_types.ts";
import { whole_holiday_entries, zip_entries } from "../../local/demo/holiday_archive.ts";
import { sample } from "../../local/demo/photos.ts";
import { DEMO_USER } from "../integration/session.ts";
import { start_test_stack, type TestStack } from "../integration/stack.ts";

const CLIENT = join(import.meta.dirname, "..", "..", "client");
const TSC = join(import.meta.dirname, "..", "..", "node_modules", ".bin", "tsc");
const readme = readFileSync(join(CLIENT, "README.md"), "utf8");
const run = promisify(execFile);

const folder = mkdtempSync(join(tmpdir(), "photo-uploader-package-"));
/** Where an app has it. */
const installed = join(folder, "node_modules", "@photo-uploader", "client");
let size: ClientSize;

beforeAll(async () => {
  mkdirSync(installed, { recursive: true });
  for (const file of ["package.json", "README.md", "example"])
    cpSync(join(CLIENT, file), join(installed, file), { recursive: true });
  size = await build_client({ dist: join(installed, "dist") });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the package", () => {
  it("has the built module, its types, the example, and nothing else", async () => {
    const packed = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: installed });
    const tarball = z.object({ files: z.array(z.object({ path: z.string() })) });
    const parsed = z
      .union([z.array(tarball), z.record(z.string(), tarball)])
      .parse(JSON.parse(packed.stdout));
    const paths = Object.values(parsed).flatMap(({ files }) => files.map(({ path }) => path));
    const others = paths.filter((path) => !/^dist\/\w+\.d\.ts$/.test(path));
    expect(others.toSorted()).toEqual([
      "README.md",
      "dist/index.js",
      "example/gallery.html",
      "example/gallery.js",
      "package.json",
    ]);
    expect(paths).toEqual(expect.arrayContaining(["dist/index.d.ts", "dist/api_types.d.ts"]));
  });

  it("can be published by a scope's owner, and its README links to nothing that a reader of it has not", () => {
    const { name, publishConfig } = z
      .object({ name: z.string(), publishConfig: z.object({ access: z.string() }) })
      .parse(JSON.parse(readFileSync(join(CLIENT, "package.json"), "utf8")));
    // npm keeps a scoped package private unless told, and refuses where that is not paid for.
    expect([name, publishConfig.access]).toEqual(["@photo-uploader/client", "public"]);
    const links = Array.from(readme.matchAll(/\]\(([^)]*)\)/g), ([, target = ""]) => target);
    expect(links.filter((target) => !/^(https:|#)/.test(target))).toEqual([]);
  });

  it("depends on nothing, and imports nothing", () => {
    expect(JSON.parse(readFileSync(join(CLIENT, "package.json"), "utf8"))).not.toHaveProperty("dependencies");
    const module = readFileSync(join(installed, "dist", "index.js"), "utf8");
    expect(module).not.toMatch(/^import\b|\bimport\(|\brequire\(/m);
  });

  it("is small", () => {
    process.stdout.write(`the client: ${size.minified} bytes minified, ${size.gzipped} by gzip\n`);
    // Some 700 bytes are for keeping users apart, and the outcomes of many photos where a request fails.
    expect(size.minified).toBeLessThanOrEqual(18_000);
    expect(size.gzipped).toBeLessThanOrEqual(7_200);
  });

  it("has the types that openapi.json has now (npm run types -w client)", async () => {
    expect(readFileSync(API_TYPES, "utf8")).toBe(await api_types());
  });
});

describe("its types", () => {
  const source = `
    import { checksumOf, createClient, ProblemError, storedTokens, type Photo, type UploadedPhoto } from "@photo-uploader/client";
    export async function use(file: Blob, signal: AbortSignal | undefined): Promise<number> {
      const photos = createClient({ baseUrl: new URL("https://photos.example.com"), tokens: undefined });
      await photos.signIn({ username: "a", password: "b" }, { signal });
      const stored: UploadedPhoto = await photos.upload(file, { signal, onProgress: ({ done, total }) => done / total });
      for await (const entry of photos.unzip(file)) {
        if (entry.outcome === "uploaded") entry.filename.length;
        else entry.reason.length;
        // @ts-expect-error Only a photo has one.
        entry.filename;
      }
      for await (const photo of photos.list({ pageSize: 2 })) ((listed: Photo) => listed.uploadedAt)(photo);
      const { response, size } = await photos.download(stored.filename, { disposition: "inline" });
      const body: ReadableStream<Uint8Array> | null = response.body;
      const { url, missing }: { url: string; missing: readonly string[] } = await photos.exportPhotos({ all: true });
      for (const { file, outcome } of await photos.deleteMany([stored.filename, ...missing])) if (outcome === "deleted") file.length;
      const [checked] = await photos.check([{ name: url, size: file.size, checksum: await checksumOf(file) }]);
      if (checked?.duplicate) await photos.restore([checked.filename ?? ""], { signal });
      // @ts-expect-error An archive is of some photos, or of all.
      await photos.exportPhotos({ filename: stored.filename });
      // @ts-expect-error There is no such field.
      await photos.signIn({ user: "a", password: "b" });
      // @ts-expect-error There is no such disposition.
      await photos.download(stored.filename, { disposition: "upside-down" });
      return body === null ? (size ?? 0) : new ProblemError({ status: 1, code: "", title: "", detail: "" }).status;
    }
    export const kept = (storage: Parameters<typeof storedTokens>[0]) => storedTokens(storage);
  `;

  it.each([
    [
      "a page, bundled",
      { lib: ["es2022", "dom", "dom.iterable"], types: [], module: "esnext", moduleResolution: "bundler" },
    ],
    ["Node", { lib: ["es2022"], types: ["node"], module: "nodenext", moduleResolution: "nodenext" }],
  ])("hold in %s, and refuse what is wrong", async (name, options) => {
    const project = join(folder, name.replace(/\W/g, "_"));
    mkdirSync(project);
    writeFileSync(join(project, "app.mts"), source);
    const typeRoots = [join(import.meta.dirname, "..", "..", "node_modules", "@types")];
    const compilerOptions = {
      ...options,
      typeRoots,
      target: "es2022",
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
    };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["app.mts"] }));
    const { stdout } = await run(TSC, ["--project", project]).catch((error: { stdout: string }) => error);
    expect(stdout).toBe("");
  });
});

describe("the README's example", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await start_test_stack();
  });
  afterAll(() => stack.close());

  it("does what it says", async () => {
    const [, example = ""] = /```js\n(import [\s\S]*?)```/.exec(readme) ?? [];
    const settled = example
      .replace("http://127.0.0.1:3000", stack.url)
      .replace('"…"', `"${DEMO_USER.password}"`);
    expect(settled).toContain(`username: "${DEMO_USER.username}"`);
    const { bytes } = sample("jpeg_60k_baseline.jpg", "beach.jpg");
    const entries = whole_holiday_entries();
    writeFileSync(join(folder, "beach.jpg"), bytes);
    writeFileSync(join(folder, "holiday.zip"), zip_entries(entries, { deflate: false }));
    writeFileSync(join(folder, "app.mjs"), settled);
    const { stdout, stderr } = await run(process.execPath, ["app.mjs"], { cwd: folder });
    expect(stderr).toBe("");
    const lines = stdout.trim().split("\n");
    expect(lines).toContain(`uploading ${bytes.byteLength} of ${bytes.byteLength}`);
    for (const { path, expected } of entries) expect(lines).toContain(`${path} ${expected.outcome}`);
    expect(lines.slice(-2)).toEqual(["beach.jpg image/jpeg", "404 photo_not_found"]);
    expect(readFileSync(join(folder, "copy of beach.jpg")).equals(bytes)).toBe(true);
  });
});
