/** Takes every function through every branch that calls AWS, and gives back the calls that it really made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { unzip_response } from "../../schemas/unzip.ts";
import { build_zip, type EntryParts } from "../archive/zip_builder.ts";
import { file_form, read, send } from "../integration/client.ts";
import { add_user, DEMO_USER, login, new_session, type Session } from "../integration/session.ts";
import { type FunctionCall, start_test_stack, type TestStack } from "../integration/stack.ts";
import { jpeg_of } from "../support/fixture_photos.ts";

export interface Recording {
  readonly calls: readonly FunctionCall[];
  /** By function, the operations that its bundle has a command for. */
  readonly bundled: Readonly<Record<string, readonly string[]>>;
}

export async function record_calls(): Promise<Recording> {
  const stack = await start_test_stack();
  try {
    const session = await new_session(stack, "recorded");
    await sign_in_in_every_way(stack);
    await upload(session);
    await unzip(session);
    await list(session);
    await download(session);
    await remove(session);
    const functions = Object.keys(stack.functions);
    const bundled = functions.map((name) => [name, bundled_operations(stack.dist_dir, name)] as const);
    return { calls: [...stack.calls], bundled: Object.fromEntries(bundled) };
  } finally {
    await stack.close();
  }
}

/** A command is a class that the SDK derives with its operation's name, which no minifier changes. */
function bundled_operations(dist_dir: string, name: string): string[] {
  const bundle = readFileSync(join(dist_dir, "functions", name, "index.cjs"), "utf8");
  return [...bundle.matchAll(/\bextends [\w$]+\([\w$]+,[\w$]+,"(\w+)",[\w$]+\)/g)].map(
    ([, operation = ""]) => operation,
  );
}

async function sign_in_in_every_way(stack: TestStack): Promise<void> {
  expect((await login(stack, DEMO_USER)).status).toBe(200);
  expect((await login(stack, { ...DEMO_USER, password: "Wr0ng-password!" })).status).toBe(401);
  const invited = { username: "invited@example.com", password: "Passw0rd!-first" };
  await add_user(stack, invited, { temporary: true });
  expect((await login(stack, { ...invited, newPassword: "Passw0rd!-second" })).status).toBe(200);
}

/** Names that a pattern of a policy could trip over, and the longest that there is. */
const NAMES = [
  "beach.jpg",
  'Größe "XL" {a}, b? 100%.jpg',
  "日本 \u{1f5fb}.jpg",
  ".hidden",
  `${"x".repeat(251)}.jpg`,
];

async function upload(session: Session): Promise<void> {
  for (const name of NAMES) await session.upload(jpeg_of(3_000), name);
  await session.upload(jpeg_of(4_400_000), "large.jpg");
}

/** What deflates to about a sixtieth, so that a request can hold more of it than is written at once. */
function large_photo(): Buffer {
  const bytes = jpeg_of(12_000_000).fill(0, 100);
  for (let at = 128, seed = 1; at < bytes.length; at += 64) {
    seed = (seed * 48_271) % 2_147_483_647;
    bytes.writeUInt8(seed & 0xff, at);
  }
  return bytes;
}

async function unzip(session: Session): Promise<void> {
  const photo = large_photo();
  const entries: EntryParts[] = [
    { name: "small.jpg", data: jpeg_of(3_000) },
    { name: "notes.txt", data: Buffer.from("no photo") },
    { name: "in parts.jpg", data: photo },
    // Found out at its last byte, when parts of it have been written.
    { name: "damaged.jpg", data: photo, central: { crc32: 1 }, local: { crc32: 1 } },
  ];
  const form = file_form("archive", build_zip({ entries }), "photos.zip", "application/zip");
  const { uploaded, skipped, failed } = read(await session.post("/unzip", form), 200, unzip_response);
  expect([uploaded, skipped, failed].map((outcomes) => outcomes.map(({ name }) => name))).toEqual([
    ["small.jpg", "in parts.jpg"],
    ["notes.txt"],
    ["damaged.jpg"],
  ]);
}

async function list(session: Session): Promise<void> {
  expect((await session.list()).photos.length).toBeGreaterThan(NAMES.length);
  expect((await session.list_all(2)).length).toBeGreaterThan(NAMES.length);
}

const MISSING = "20010203T040506789Z_missing.jpg";

async function download(session: Session): Promise<void> {
  const { photos } = await session.list();
  for (const { filename, size } of photos) {
    const answer = await session.download(filename);
    if (size <= 4_500_000) expect(answer.status).toBe(200);
    else expect((await send(answer.headers.get("location") ?? "")).bytes.byteLength).toBe(size);
  }
  expect((await session.download(MISSING)).status).toBe(404);
}

async function remove(session: Session): Promise<void> {
  for (const { filename } of (await session.list()).photos) {
    expect((await session.delete(filename)).status).toBe(200);
  }
  expect((await session.delete(MISSING)).status).toBe(404);
}
