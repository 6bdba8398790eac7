import { afterAll, afterEach, describe, expect, it } from "vitest";
import { new_upload_id, quarantine_key } from "../../layer/upload_keys.ts";
import { SNIFFED_BYTES } from "../../storage/image_type.ts";
import { discard_file, has_crc32, quarantined_file } from "../../storage/quarantine.ts";
import { caught } from "../support/caught.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";
import { type Scripted, type ScriptedServer, s3_error, scripted_server } from "../support/scripted_server.ts";

const { store, put, keys, close } = await start_photo_storage({ may_list: () => false });
afterAll(close);

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

const { signal } = new AbortController();

describe("a file in the quarantine", () => {
  it("is looked at from its beginning, with its size and what was declared of it", async () => {
    const bytes = jpeg_of(SNIFFED_BYTES + 5_000);
    const name = "é 100% \u{1f600}.jpg";
    const upload = await quarantined(store, bytes, { name, size: 7, kind: "archive" });
    const file = await quarantined_file(store, upload, signal);
    expect(file).toMatchObject({ size: bytes.byteLength, declared: { name, kind: "archive", size: 7 } });
    expect(bytes.subarray(0, SNIFFED_BYTES).equals(file?.head ?? Buffer.of())).toBe(true);
    expect(file?.etag).toMatch(/^"[0-9a-f]{32}"$/);
  });

  it("is looked at as a whole where it is small", async () => {
    const upload = await quarantined(store, jpeg_of(40));
    const file = await quarantined_file(store, upload, signal);
    expect([file?.size, file?.head.byteLength]).toEqual([40, 40]);
  });

  it("is not declared where someone else has put it there", async () => {
    const upload = { user: "ann", id: new_upload_id() };
    await put(quarantine_key(upload));
    expect(await quarantined_file(store, upload, signal)).toMatchObject({ size: 1, declared: undefined });
  });

  it("is not there, or gone; to discard it then is all right", async () => {
    const upload = await quarantined(store, jpeg_of(40));
    for (let time = 0; time < 2; time += 1) {
      await discard_file(store, upload, signal);
      expect(await quarantined_file(store, upload, signal)).toBeUndefined();
    }
    expect(await keys()).not.toContain(quarantine_key(upload));
  });

  const with_answer = async (answer: Scripted) => {
    server = await scripted_server(() => answer);
    return { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
  };
  const upload = { user: "ann", id: "0".repeat(26) };

  it("is only discarded if it is there, which leaves no marker of a deletion", async () => {
    await discard_file(await with_answer({ status: 204 }), upload, signal);
    expect(server?.requests.map(({ headers }) => headers["if-match"])).toEqual(["*"]);
  });

  it.each([
    ["fails", s3_error(500, "InternalError"), "storage_unavailable"],
    ["breaks off", "reset", "storage_unavailable"],
    ["denies it", s3_error(403, "SignatureDoesNotMatch"), "storage_refused"],
  ] as const)("is not taken for gone where S3 %s", async (_, answer, code) => {
    for (const action of [quarantined_file, discard_file]) {
      const failing = await with_answer(answer);
      expect(await caught(() => action(failing, upload, signal))).toMatchObject({ code });
      await server?.close();
    }
  });

  it("has no checksum to compare where it has gone or is another, and is not condemned where S3 fails", async () => {
    const stored = await quarantined(store, jpeg_of(40), { crc32: "00000000" });
    expect(await has_crc32(store, stored, '"another"', "00000000", signal)).toBeUndefined();
    expect(await has_crc32(store, upload, '"e"', "00000000", signal)).toBeUndefined();
    const failing = await with_answer({ status: 500 });
    expect(await caught(() => has_crc32(failing, upload, '"e"', "00000000", signal))).toMatchObject({
      code: "storage_unavailable",
    });
  });

  it("is not believed where the answer lacks what it has to have", async () => {
    const failing = await with_answer({ status: 200, headers: { etag: '"e"' }, body: "x" });
    expect(await caught(() => quarantined_file(failing, upload, signal))).toMatchObject({
      code: "storage_unavailable",
    });
  });
});
