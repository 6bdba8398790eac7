import {
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StoredObject } from "../../../local/s3/catalog.ts";
import { list_page } from "../../../local/s3/list_objects.ts";
import { holds } from "../../support/holds.ts";
import { BUCKET, type StrictS3, start_strict_s3 } from "./strict_s3.ts";

const by_bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function stored(key: string): StoredObject {
  return {
    key,
    version: "null",
    content: key,
    size: 0,
    etag: "",
    modified: new Date(0),
    headers: {},
    checksum: { algorithm: "CRC32", type: "FULL_OBJECT", value: "" },
  };
}

/** A catalog of nothing but keys. */
function catalog_of(keys: readonly string[]): Parameters<typeof list_page>[0] {
  const sorted = keys.toSorted(by_bytes);
  return {
    *objects_between(_bucket, from, to) {
      for (const key of sorted) {
        const bytes = Buffer.from(key);
        if (Buffer.compare(bytes, from) >= 0 && Buffer.compare(bytes, to) < 0) yield stored(key);
      }
    },
  };
}

/** The whole listing as S3's page describes it: every key rolled up on its own, then sorted. */
function model(keys: readonly string[], prefix: string, delimiter: string, after: string): string[] {
  const items = keys
    .filter((key) => key.startsWith(prefix) && by_bytes(key, after) > 0)
    .map((key) => {
      const at = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
      return at === -1 ? `key ${key}` : `group ${key.slice(0, at + delimiter.length)}`;
    });
  return [...new Set(items)].toSorted((a, b) => by_bytes(a.replace(/^\w+ /, ""), b.replace(/^\w+ /, "")));
}

const key_text = fc.string({
  unit: fc.constantFrom("a", "b", "/", "é", "\uffee", "😀"),
  minLength: 1,
  maxLength: 6,
});

describe("pages", () => {
  it("laid together are the whole listing, in order, once each, whatever their size", () => {
    holds(
      fc.property(
        fc.uniqueArray(key_text, { maxLength: 30 }),
        fc.oneof(fc.constant(""), key_text),
        fc.constantFrom("", "/", "a", "//"),
        fc.oneof(fc.constant(""), key_text),
        fc.integer({ min: 1, max: 4 }),
        (keys, prefix, delimiter, after, max_keys) => {
          const catalog = catalog_of(keys);
          const seen: string[] = [];
          let from: Buffer | undefined = after === "" ? Buffer.alloc(0) : Buffer.from(`${after}\0`);
          while (from) {
            const page = list_page(catalog, BUCKET, { prefix, delimiter, from, max_keys });
            const count = page.objects.length + page.common_prefixes.length;
            expect(count === max_keys || page.next === undefined).toBe(true);
            const items = [
              ...page.objects.map(({ key }) => `key ${key}`),
              ...page.common_prefixes.map((group) => `group ${group}`),
            ];
            seen.push(...items.toSorted((a, b) => by_bytes(a.replace(/^\w+ /, ""), b.replace(/^\w+ /, ""))));
            from = page.next;
          }
          expect(seen).toEqual(model(keys, prefix, delimiter, after));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("over HTTP", () => {
  const KEYS = ["a/1", "a/2", "a/b/3", "b", "c d+e/4", "é", "\uffee", "😀/5", "<&>\u0001"].toSorted(by_bytes);
  let s3: StrictS3;
  beforeAll(async () => {
    s3 = await start_strict_s3();
    for (const Key of KEYS) await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }));
  });
  afterAll(() => s3.close());

  const list = (input: Partial<ListObjectsV2CommandInput> = {}) =>
    s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET, EncodingType: "url", ...input }));
  const decoded = (text = ""): string => decodeURIComponent(text.replaceAll("+", "%20"));

  it("keys come in the order of their UTF-8 bytes, which is not that of JavaScript", async () => {
    const { Contents = [], KeyCount } = await list();
    expect(Contents.map(({ Key }) => decoded(Key))).toEqual(KEYS);
    expect(KEYS.toSorted()).not.toEqual(KEYS);
    expect(KeyCount).toBe(KEYS.length);
  });

  it.each([1, 2, 3, 1000])("pages of %i go on with the token", async (MaxKeys) => {
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await list({ MaxKeys, ...(token ? { ContinuationToken: token } : {}) });
      seen.push(...(page.Contents ?? []).map(({ Key }) => decoded(Key)));
      token = page.NextContinuationToken;
      expect(page.IsTruncated).toBe(token !== undefined);
    } while (token);
    expect(seen).toEqual(KEYS);
  });

  it("rolls up at a delimiter", async () => {
    const { Contents = [], CommonPrefixes = [] } = await list({ Delimiter: "/", Prefix: "a/" });
    expect(Contents.map(({ Key }) => Key)).toEqual(["a/1", "a/2"]);
    expect(CommonPrefixes).toEqual([{ Prefix: "a/b/" }]);
  });

  it("starts after a key", async () => {
    const { Contents = [], StartAfter } = await list({ StartAfter: "b" });
    expect(Contents.map(({ Key }) => decoded(Key))).toEqual(KEYS.slice(KEYS.indexOf("b") + 1));
    expect(StartAfter).toBe("b");
  });

  it("names the owner only when asked", async () => {
    expect((await list({ MaxKeys: 1 })).Contents?.[0]?.Owner).toBeUndefined();
    expect((await list({ MaxKeys: 1, FetchOwner: true })).Contents?.[0]?.Owner?.ID).toMatch(/^0{64}$/);
  });

  it("of no keys is empty and not truncated", async () => {
    expect(await list({ MaxKeys: 0 })).toMatchObject({ IsTruncated: false, KeyCount: 0 });
    expect(await list({ Prefix: "nothing" })).toMatchObject({ IsTruncated: false, KeyCount: 0 });
  });

  it.each<Record<string, string>>([
    { "list-type": "3" },
    { "list-type": "2", "max-keys": "-1" },
    { "list-type": "2", "max-keys": "many" },
    { "list-type": "2", "continuation-token": "" },
    { "list-type": "2", "continuation-token": "YQ" },
    { "list-type": "2", "encoding-type": "base64" },
    { "max-keys": "2147483648" },
  ])("%o is refused", async (query) => {
    const answer = await s3.send({ method: "GET", path: `/${BUCKET}`, query });
    expect(answer).toMatchObject({ status: 400, code: "InvalidArgument" });
  });

  it("version 1 goes on from a marker, which may be a common prefix", async () => {
    const seen: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await s3.client.send(
        new ListObjectsCommand({
          Bucket: BUCKET,
          Delimiter: "/",
          MaxKeys: 2,
          EncodingType: "url",
          ...(Marker ? { Marker } : {}),
        }),
      );
      seen.push(...(page.Contents ?? []).map(({ Key }) => decoded(Key)));
      seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => decoded(Prefix)));
      Marker = page.NextMarker && decoded(page.NextMarker);
    } while (Marker);
    expect(seen.toSorted(by_bytes)).toEqual(
      ["<&>\u0001", "a/", "b", "c d+e/", "é", "\uffee", "😀/"].toSorted(by_bytes),
    );
  });
});
