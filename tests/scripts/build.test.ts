import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { promisify } from "node:util";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { has_tail, read_details } from "../../details/reader.ts";
import { is_problem, problem } from "../../layer/errors.ts";
import { read_functions_table } from "../../local/functions_table.ts";
import { HANDLER, lambda_environment } from "../../local/lambda/environment.ts";
import { build } from "../../scripts/build.ts";
import { exif_of, jpeg_with_exif } from "../support/exif.ts";
import { FIXTURE_PHOTOS, fixture_photo, jpeg_of } from "../support/fixture_photos.ts";
import { form_event, http_event, json_event } from "../support/http_event.ts";
import { CREDENTIALS, function_environment, REGION } from "../support/photo_storage.ts";

const run = promisify(execFile);

const root = join(import.meta.dirname, "..", "..");
const functions = (await readdir(join(root, "handlers"))).map((file) => basename(file, ".ts")).sort();
const table = read_functions_table();
/** Those that read a body. */
const endpoints = functions.filter((name) => table[name]?.route?.startsWith("POST "));

const LAYER = "@photo-uploader/layer";

/** Those that write photos, and read their details first. */
const READS_DETAILS = ["admit", "complete_upload", "extract", "unzip", "upload_single_photo"];
const DETAILS_READER = "details_reader.cjs";

/**
 * Bytes: what a function may weigh, since its size is paid at every cold start. What reads details is beside the bundle, in the zip
 * that Lambda has fetched and unpacked before it starts anything; it is loaded when the first photo comes. The sidecars of Google
 * Takeout are 2 KB of the largest bundle, of /unzip, which was 448 KB before.
 */
const GATES = {
  handler: 452_000,
  authorizer: 25_000,
  zip: 150_000,
  details_reader: 100_000,
  layer_zip: 15_000,
};
const DETAILS_READER_ZIPPED = 35_000;

let work = "";
let dist = "";
let second_dist = "";

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "build-"));
  dist = join(work, "one", "dist");
  second_dist = join(work, "another", "folder", "dist");
  // What an earlier build has left there must go.
  await mkdir(join(dist, "functions"), { recursive: true });
  await writeFile(join(dist, "functions", "removed.cjs"), "");
  await Promise.all([build({ dist }), build_elsewhere(second_dist)]);
});

/** Builds in another process, from another folder and in another time zone. */
async function build_elsewhere(folder: string): Promise<void> {
  const module = JSON.stringify(join(root, "scripts", "build.ts"));
  const script = `const { build } = await import(${module}); await build({ dist: ${JSON.stringify(folder)} });`;
  await run(process.execPath, ["--input-type=module", "-e", script], {
    cwd: tmpdir(),
    env: { ...process.env, TZ: "Pacific/Kiritimati" },
  });
}

afterAll(() => rm(work, { recursive: true }));

/** Every file below a folder, with the hash of its bytes. */
async function hashes(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const hashed = files.sort().map(async (file): Promise<[string, string]> => {
    const bytes = await readFile(file);
    return [relative(folder, file), createHash("sha256").update(bytes).digest("hex")];
  });
  return Object.fromEntries(await Promise.all(hashed));
}

const files_of = (name: string): string[] => [
  ...(READS_DETAILS.includes(name) ? [DETAILS_READER] : []),
  "index.cjs",
];
const bundle_of = (name: string): Promise<Buffer> => readFile(join(dist, "functions", name, "index.cjs"));
const zip_of = (name: string): Promise<Buffer> => readFile(join(dist, `${name}.zip`));

describe("the build", () => {
  it("makes a bundle and a zip for each function, the layer and its zip, and leaves nothing else", async () => {
    const layer = `layer/nodejs/node_modules/${LAYER}`;
    expect(Object.keys(await hashes(dist)).sort()).toEqual(
      [
        ...functions.flatMap((name) => [
          `${name}.zip`,
          ...files_of(name).map((file) => `functions/${name}/${file}`),
        ]),
        "layer.zip",
        `${layer}/index.cjs`,
        `${layer}/package.json`,
      ].sort(),
    );
  });

  it("gives the same bytes in another folder, process and time zone", async () => {
    expect(await hashes(second_dist)).toEqual(await hashes(dist));
  });

  it("names no folder of the machine that it ran on", async () => {
    for (const name of functions) expect((await bundle_of(name)).includes(root)).toBe(false);
  });
});

describe("the size", () => {
  it.each(functions.filter((name) => name !== "authorizer"))(
    "of the bundle of %s is within its gate",
    async (name) => {
      expect((await bundle_of(name)).length).toBeLessThanOrEqual(GATES.handler);
    },
  );

  it("of the authorizer's bundle is within its gate", async () => {
    expect((await bundle_of("authorizer")).length).toBeLessThanOrEqual(GATES.authorizer);
  });

  it.each(functions)("of the zip of %s is within its gate", async (name) => {
    const more = READS_DETAILS.includes(name) ? DETAILS_READER_ZIPPED : 0;
    expect((await zip_of(name)).length).toBeLessThanOrEqual(GATES.zip + more);
  });

  it.each(READS_DETAILS)("of what reads details for %s is within its gate", async (name) => {
    const reader = await readFile(join(dist, "functions", name, DETAILS_READER));
    expect(reader.length).toBeLessThanOrEqual(GATES.details_reader);
  });

  it("of the layer's zip is within its gate", async () => {
    expect((await zip_of("layer")).length).toBeLessThanOrEqual(GATES.layer_zip);
  });
});

describe("the zip", () => {
  it.each(functions)(
    "of %s holds what was bundled and nothing else, where Lambda looks for it",
    async (name) => {
      const [file] = HANDLER.split(".");
      const unpacked = unzipSync(await zip_of(name));
      expect(Object.keys(unpacked)).toEqual(files_of(name));
      expect(files_of(name)).toContain(`${file}.cjs`);
      for (const [path, bytes] of Object.entries(unpacked)) {
        expect(Buffer.from(bytes).equals(await readFile(join(dist, "functions", name, path)))).toBe(true);
      }
    },
  );

  it("of the layer holds its package under nodejs/node_modules", async () => {
    const unpacked = unzipSync(await zip_of("layer"));
    const folder = `nodejs/node_modules/${LAYER}`;
    expect(Object.keys(unpacked).sort()).toEqual([`${folder}/index.cjs`, `${folder}/package.json`]);
    for (const [path, bytes] of Object.entries(unpacked)) {
      expect(Buffer.from(bytes).equals(await readFile(join(dist, "layer", path)))).toBe(true);
    }
  });

  it.each([...functions, "layer"])(
    "of %s has files that everyone may read, and no time of day",
    async (name) => {
      const zip = await zip_of(name);
      // The first record of the central directory (APPNOTE 4.3.12).
      const record = zip.subarray(zip.indexOf("PK\x01\x02", 0, "latin1"));
      expect({
        made_by: record.readUInt8(5),
        mode: record.readUInt16LE(40).toString(8),
        time: record.readUInt16LE(12),
        date: record.readUInt16LE(14),
      }).toEqual({ made_by: 3, mode: "100644", time: 0, date: 0x21 });
    },
  );
});

/** Runs a script where Lambda would run it: in the folder of the function, with the layer's way of resolution. */
async function in_lambda(name: string, script: string, more: Readonly<Record<string, string>> = {}) {
  const task_root = join(dist, "functions", name);
  const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...environment } =
    function_environment("http://127.0.0.1:1");
  return run(process.execPath, ["-e", script], {
    cwd: task_root,
    env: lambda_environment({
      name,
      region: REGION,
      credentials: CREDENTIALS,
      memory_mb: 256,
      task_root,
      layer_root: join(dist, "layer"),
      environment: { ...environment, ...more },
    }),
  });
}

/** How the layer puts the type of a problem together; the bundle of /openapi.json has examples of what comes of that. */
const MADE_BY_THE_LAYER = /urn:photo-uploader:problem:\$\{/;

describe("the layer", () => {
  it.each(functions)("is required by the bundle of %s and not part of it", async (name) => {
    const bundle = (await bundle_of(name)).toString();
    expect(bundle).toContain(`require("${LAYER}")`);
    expect(bundle).not.toMatch(MADE_BY_THE_LAYER);
  });

  it("has the problems and the keys of photos, which the bundles leave to it", async () => {
    const layer = (await readFile(join(dist, "layer/nodejs/node_modules", LAYER, "index.cjs"))).toString();
    expect(layer).toMatch(MADE_BY_THE_LAYER);
  });

  it.each(functions)("is found by %s where Lambda looks, and the function starts", async (name) => {
    const script = `
      const { handler } = require("./index.cjs");
      process.stdout.write([typeof handler, handler.length <= 2, require.resolve("${LAYER}")].join(" "));
    `;
    const found = join(dist, "layer/nodejs/node_modules", LAYER, "index.cjs");
    expect((await in_lambda(name, script)).stdout).toBe(`function true ${found}`);
  });

  it("makes problems that another copy of its class recognises", async () => {
    const script = `
      const { problem } = require("${LAYER}");
      const { name, code, details } = problem("timeout", "x");
      process.stdout.write(JSON.stringify({ name, code, details }));
    `;
    const built = problem("timeout", "x");
    const { name, code, details } = z
      .object({ name: z.string(), code: z.string(), details: z.unknown() })
      .parse(JSON.parse((await in_lambda("list", script)).stdout));
    expect({ name, code, details }).toEqual({ name: built.name, code: built.code, details: built.details });
    expect(is_problem(Object.assign(new Error("x"), { name, code, details }))).toBe(true);
  });
});

const answer = z.object({ statusCode: z.number(), body: z.string() });

/** What a built function answers to one event after the other, and all that it writes meanwhile. */
async function invoked(name: string, events: readonly object[]) {
  const script = `
    const { handler } = require("./index.cjs");
    const context = { getRemainingTimeInMillis: () => 29000 };
    (async () => {
      const answers = [];
      for (const event of JSON.parse(process.env.EVENTS)) answers.push(await handler(event, context));
      process.stdout.write(JSON.stringify(answers));
    })();
  `;
  const { stdout, stderr } = await in_lambda(name, script, { EVENTS: JSON.stringify(events) });
  const lines = stdout.split("\n");
  return { answers: z.array(answer).parse(JSON.parse(lines.at(-1) ?? "")), log: lines.slice(0, -1), stderr };
}

describe("a built function", () => {
  it.each(endpoints)("refuses what is no request: %s", async (name) => {
    const { answers } = await invoked(name, [http_event({ route: `POST /${name}`, body: "{" })]);
    const [refusal] = answers;
    expect(refusal?.statusCode).toBeGreaterThanOrEqual(400);
    expect(refusal?.statusCode).toBeLessThan(500);
    expect(JSON.parse(refusal?.body ?? "")).toMatchObject({
      status: refusal?.statusCode,
      code: expect.any(String),
    });
  });

  it("tells what is no photo, with the code that is bundled", async () => {
    const byte_order_mark = Buffer.from("efbbbf", "hex");
    const id3_tag = Buffer.from("ID3\x03\0\0\0\0\0\x04tags", "latin1");
    const zip = Buffer.from("PK\x03\x04".padEnd(80, "\0"), "latin1");
    const gzip = Buffer.from("1f8b08000000".padEnd(160, "0"), "hex");
    const files = {
      text: Buffer.from("Dear diary,"),
      zip,
      gzip,
      zip_after_byte_order_mark: Buffer.concat([byte_order_mark, zip]),
      gzip_after_byte_order_mark: Buffer.concat([byte_order_mark, gzip]),
      zip_after_id3_tag: Buffer.concat([id3_tag, zip]),
      gzip_after_id3_tag: Buffer.concat([id3_tag, gzip]),
      photo_after_id3_tag: Buffer.concat([id3_tag, jpeg_of(200)]),
    };
    const events = Object.values(files).map((bytes) => {
      const form = new FormData();
      form.set("file", new File([Uint8Array.from(bytes)], "photo.jpg"));
      return form_event(form, { route: "POST /upload_single_photo", username: "ann" });
    });
    const { answers } = await invoked("upload_single_photo", await Promise.all(events));
    const statuses = Object.keys(files).map((name, index) => [name, answers[index]?.statusCode]);
    expect(statuses).toEqual(Object.keys(files).map((name) => [name, 415]));
  });

  it("loads what reads details when a photo comes, and not before", async () => {
    const script = `
      const loaded = () => Object.keys(require.cache).some((file) => file.endsWith("/${DETAILS_READER}"));
      require("./index.cjs");
      const before = loaded();
      const { has_tail, read_details } = require("./${DETAILS_READER}");
      const { readFileSync } = require("node:fs");
      const photos = JSON.parse(process.env.PHOTOS).map(([file, type]) => {
        const bytes = readFileSync(file);
        const ends = { head: bytes.subarray(0, 65536), tail: bytes.subarray(-65536), size: bytes.length };
        return [file, has_tail(type), read_details(ends, type)];
      });
      process.stdout.write(JSON.stringify({ before, photos }));
    `;
    const photos = Object.entries(FIXTURE_PHOTOS).map(([file, type]) => [
      join(root, "tests", "fixtures", "photos", file),
      type,
    ]);
    const twice = join(work, "two exifs.jpg");
    const exif = exif_of({ original: "2026:07:14 12:30:00" });
    const jpeg = await fixture_photo("jpeg_60k_baseline.jpg");
    await writeFile(twice, jpeg_with_exif(jpeg_with_exif(jpeg, exif), exif));
    const PHOTOS = JSON.stringify([...photos, [twice, "image/jpeg"]]);
    const { stdout, stderr } = await in_lambda("unzip", script, { PHOTOS });
    // The library would warn of the photo with two times.
    expect(stderr).toBe("");
    const read = z
      .object({ before: z.boolean(), photos: z.array(z.tuple([z.string(), z.boolean(), z.unknown()])) })
      .parse(JSON.parse(stdout));
    expect(read.before).toBe(false);
    const expected = [...photos, [twice, "image/jpeg"]].map(async ([file = "", type = ""]) => {
      const bytes = await readFile(file);
      const ends = { head: bytes.subarray(0, 65_536), tail: bytes.subarray(-65_536), size: bytes.length };
      return [file, has_tail(type), JSON.parse(JSON.stringify(read_details(ends, type)))];
    });
    expect(read.photos).toEqual(await Promise.all(expected));
  });

  it("writes one line of JSON for a request, and no password", async () => {
    const headers = { jwt: "canary", authorization: "canary" };
    const route = "POST /login";
    const { log, stderr } = await invoked("login", [
      json_event('{"username": "canary", "password": "canary"', { route, headers }),
      json_event({ username: "canary", password: 7, canary: "canary" }, { route, headers }),
      http_event({ route, headers, body: "password=canary" }),
    ]);
    expect(stderr).toBe("");
    expect(log.map((line): unknown => JSON.parse(line))).toMatchObject(
      ["malformed_json", "invalid_request", "unsupported_media_type"].map((code) => ({
        message: "request",
        code,
      })),
    );
    expect(log.join("\n")).not.toContain("canary");
  });
});
