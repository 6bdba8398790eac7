import { GetObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { write_once } from "../../storage/write_once.ts";
import { caught } from "../support/caught.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { type Scripted, type ScriptedServer, s3_error, scripted_server } from "../support/scripted_server.ts";

const { store, close } = await start_photo_storage();
const output = quiet();
afterAll(close);

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

const { signal } = new AbortController();

const text_at = async (Key: string): Promise<string | undefined> =>
  (await store.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }))).Body?.transformToString();

describe("write_once", () => {
  it("keeps what the first one wrote", async () => {
    expect(await write_once(store, ".x/a", '{"a":1}', signal)).toBe(true);
    expect(await write_once(store, ".x/a", '{"a":2}', signal)).toBe(false);
    expect(await text_at(".x/a")).toBe('{"a":1}');
  });

  it("has one first among twenty at once", async () => {
    const all = Array.from({ length: 20 }, (_, index) => write_once(store, ".x/b", `${index}`, signal));
    const first = (await Promise.all(all)).flatMap((written, index) => (written ? [`${index}`] : []));
    expect(first).toEqual([await text_at(".x/b")]);
  });

  it("writes an empty object, and the SDK has nothing to say about it", async () => {
    expect(await write_once(store, ".x/c", "", signal)).toBe(true);
    expect(await text_at(".x/c")).toBe("");
    expect(output().text()).toBe("");
  });

  const with_answers = async (...script: readonly Scripted[]) => {
    server = await scripted_server((_, earlier) => script[earlier] ?? s3_error(500, "InternalError"));
    return { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
  };

  it("tries again where another is writing at this moment", async () => {
    const conflict = s3_error(409, "ConditionalRequestConflict");
    const conflicting = await with_answers(conflict, conflict, s3_error(412, "PreconditionFailed"));
    expect(await write_once(conflicting, ".x/d", "", signal)).toBe(false);
    expect(server?.requests.map(({ headers }) => headers["if-none-match"])).toEqual(["*", "*", "*"]);
  });

  it("gives up at last, and at once where S3 fails or refuses", async () => {
    const conflicts = Array(20).fill(s3_error(409, "ConditionalRequestConflict"));
    const conflicting = await with_answers(...conflicts);
    expect(await caught(() => write_once(conflicting, ".x/e", "", signal))).toMatchObject({
      code: "storage_unavailable",
    });
    await server?.close();
    const denied = await with_answers(s3_error(403, "AccessDenied"));
    expect(await caught(() => write_once(denied, ".x/f", "", signal))).toMatchObject({
      code: "storage_refused",
    });
    expect(server?.requests).toHaveLength(1);
  });
});
