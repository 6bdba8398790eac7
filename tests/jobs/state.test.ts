import { afterAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { read_state, replace_state, settle_state } from "../../jobs/state.ts";
import { caught, caught_problem } from "../support/caught.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { s3_error, scripted_server } from "../support/scripted_server.ts";

const storages = [await start_photo_storage(), await start_photo_storage({ may_list: () => false })] as const;
const [{ store, put }] = storages;
afterAll(() => Promise.all(storages.map(({ close }) => close())));

const { signal } = new AbortController();
const schema = z.object({ number: z.number() });

describe("a state", () => {
  it.each(storages)("is undefined where there is none, whether or not S3 says so", async (storage) => {
    expect(await read_state(storage.store, ".x/none", schema, signal)).toBeUndefined();
  });

  it("is that of the first who settles it", async () => {
    expect(await settle_state(store, ".x/a", schema, { number: 1 }, signal)).toEqual({ number: 1 });
    expect(await settle_state(store, ".x/a", schema, { number: 2 }, signal)).toEqual({ number: 1 });
    expect(await read_state(store, ".x/a", schema, signal)).toEqual({ number: 1 });
  });

  it("is one, however many settle it at the same time", async () => {
    const settled = await Promise.all(
      Array.from({ length: 20 }, (_, number) => settle_state(store, ".x/b", schema, { number }, signal)),
    );
    expect(new Set(settled.map(({ number }) => number)).size).toBe(1);
  });

  it("can be replaced, if it is of that kind", async () => {
    await replace_state(store, ".x/c", { number: 1 }, signal);
    await replace_state(store, ".x/c", { number: 2 }, signal);
    expect(await read_state(store, ".x/c", schema, signal)).toEqual({ number: 2 });
  });

  it("is an error where it is something else", async () => {
    for (const text of ["", "{", '{"number":"1"}']) {
      await put(".x/d", text === "" ? " " : text);
      expect(await caught(() => read_state(store, ".x/d", schema, signal))).toBeInstanceOf(Error);
    }
  });

  it.each([
    [503, "SlowDown", "storage_unavailable"],
    [403, "SignatureDoesNotMatch", "storage_refused"],
  ])("is not taken for missing where S3 answers %i %s", async (status, error, code) => {
    const server = await scripted_server(() => s3_error(status, error));
    const failing = { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
    const problems = [
      await caught_problem(() => read_state(failing, ".x/a", schema, signal)),
      await caught_problem(() => settle_state(failing, ".x/a", schema, { number: 1 }, signal)),
      await caught_problem(() => replace_state(failing, ".x/a", {}, signal)),
    ];
    expect(problems.map((problem) => problem.code)).toEqual([code, code, code]);
    failing.s3.destroy();
    await server.close();
  });
});
