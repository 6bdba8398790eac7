import { afterAll, describe, expect, it } from "vitest";
import { checksum_key } from "../../layer/checksum_keys.ts";
import { claim_at, s3_claims } from "../../storage/claims.ts";
import { caught } from "../support/caught.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { scripted_server } from "../support/scripted_server.ts";

const storages = {
  "may list": await start_photo_storage(),
  "may not list": await start_photo_storage({ may_list: () => false }),
};
afterAll(() => Promise.all(Object.values(storages).map(({ close }) => close())));

const { signal } = new AbortController();
const CLAIM = { filename: "20261123T101530123Z_a.jpg", original_name: "ü/a.jpg" };

describe.each(Object.entries(storages))("claims, for a function that %s,", (_, { store }) => {
  const claims = s3_claims(store, signal);

  it("are taken once, and read as they were written", async () => {
    const key = checksum_key("ann", "1".repeat(64));
    expect(await claims.read(key)).toBeUndefined();
    const taken = await Promise.all(Array.from({ length: 8 }, () => claims.write(key, CLAIM)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    const found = await claim_at(store, key, signal);
    expect(found).toMatchObject(CLAIM);
    expect(Math.abs((found?.claimed_at.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it("are replaced by one of those who have read them, and never by a claim that says the same", async () => {
    const key = checksum_key("ann", "2".repeat(64));
    await claims.write(key, CLAIM);
    const etag = (await claims.read(key))?.etag;
    const replaced = await Promise.all(Array.from({ length: 8 }, () => claims.write(key, CLAIM, etag)));
    expect(replaced.filter(Boolean)).toHaveLength(1);
    expect((await claims.read(key))?.etag).not.toBe(etag);
    expect(await claims.write(key, CLAIM, etag)).toBe(false);
  });

  it("that are gone are not replaced", async () => {
    expect(await claims.write(checksum_key("ann", "3".repeat(64)), CLAIM, '"e"')).toBe(false);
  });
});

it.each([500, 503])("claims are not taken for missing while S3 answers %i", async (status) => {
  const server = await scripted_server(() => ({ status }));
  const failing = { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
  const key = checksum_key("ann", "4".repeat(64));
  expect(await caught(() => claim_at(failing, key, signal))).toBeInstanceOf(Error);
  expect(await caught(() => s3_claims(failing, signal).write(key, CLAIM))).toBeInstanceOf(Error);
  failing.s3.destroy();
  await server.close();
});
