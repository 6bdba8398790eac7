/** Versions as S3 has them: https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUCKET, type StrictS3, start_strict_s3 } from "./strict_s3.ts";

let s3: StrictS3;
let now = new Date();
beforeAll(async () => {
  s3 = await start_strict_s3({
    old_versions: [
      { prefix: "", days: 30 },
      { prefix: ".", days: 1 },
    ],
    clock: () => now,
  });
});
afterAll(() => s3.close());

const put = async (Key: string, Body: string, IfNoneMatch?: "*") =>
  (
    await s3.client.send(
      new PutObjectCommand({
        Bucket: BUCKET,
        Key,
        Body,
        IfNoneMatch,
        Metadata: { of: Body },
        ContentType: "a/b",
      }),
    )
  ).VersionId ?? "";
const remove = (Key: string, VersionId?: string, IfMatch?: string) =>
  s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key, VersionId, IfMatch }));
const text = async (Key: string, VersionId?: string) => {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key, VersionId }));
  return Body?.transformToString();
};
const restore = (Key: string, VersionId: string) =>
  s3.client.send(
    new CopyObjectCommand({
      Bucket: BUCKET,
      Key,
      CopySource: `${BUCKET}/${encodeURIComponent(Key)}?versionId=${VersionId}`,
      IfNoneMatch: "*",
    }),
  );
const keys = async (Prefix: string) =>
  ((await s3.client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix }))).Contents ?? []).map(
    ({ Key }) => Key,
  );

/** What a key's versions are, newest first: the id, or `-` before that of a delete marker, and `*` behind the latest. */
async function versions(Prefix: string, MaxKeys?: number): Promise<string[]> {
  const seen: string[] = [];
  let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (let pages = 0; pages < 1_000; pages += 1) {
    const answer = await s3.send({
      method: "GET",
      path: `/${BUCKET}`,
      signed_at: now,
      query: {
        versions: "",
        prefix: Prefix,
        ...(MaxKeys && { "max-keys": String(MaxKeys) }),
        ...(marker.KeyMarker && { "key-marker": marker.KeyMarker }),
        ...(marker.VersionIdMarker && { "version-id-marker": marker.VersionIdMarker }),
      },
    });
    const elements = [
      ...answer.text.matchAll(
        /<(Version|DeleteMarker)><Key>(.*?)<\/Key><VersionId>(.*?)<\/VersionId><IsLatest>(.*?)</g,
      ),
    ];
    expect(answer.status).toBe(200);
    if (MaxKeys) expect(elements.length).toBeLessThanOrEqual(MaxKeys);
    for (const [, element, key, id, latest] of elements) {
      seen.push(`${key} ${element === "Version" ? "" : "-"}${id}${latest === "true" ? "*" : ""}`);
    }
    if (!answer.text.includes("<IsTruncated>true")) return seen;
    marker = {
      KeyMarker: /<NextKeyMarker>(.*?)</.exec(answer.text)?.[1],
      VersionIdMarker: /<NextVersionIdMarker>(.*?)</.exec(answer.text)?.[1],
    };
  }
  throw new Error("The listing does not end.");
}

describe("a bucket", () => {
  it("says whether it keeps versions, and keeps them once it is told to", async () => {
    const of = async (Bucket: string) =>
      (await s3.client.send(new GetBucketVersioningCommand({ Bucket }))).Status;
    expect(await of(BUCKET)).toBe("Enabled");
    const other = await start_strict_s3();
    const command = new GetBucketVersioningCommand({ Bucket: BUCKET });
    const configured = (Status: "Enabled" | "Suspended") =>
      new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status } });
    expect((await other.client.send(command)).Status).toBeUndefined();
    const put = (Body: string) => other.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: "a", Body }));
    expect((await put("1")).VersionId).toBeUndefined();
    await other.client.send(configured("Enabled"));
    expect((await other.client.send(command)).Status).toBe("Enabled");
    expect((await put("2")).VersionId).toMatch(/^[\w-]{32}$/);
    const first = await other.client.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: "a", VersionId: "null" }),
    );
    expect(await first.Body?.transformToString()).toBe("1");
    expect(first.VersionId).toBe("null");
    await expect(other.client.send(configured("Suspended"))).rejects.toHaveProperty("name", "NotImplemented");
    await other.close();
  });

  it("cannot be deleted while there are versions in it", async () => {
    const other = await start_strict_s3({ old_versions: [] });
    await other.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: "a", Body: "1" }));
    await other.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "a" }));
    await expect(other.client.send(new DeleteBucketCommand({ Bucket: BUCKET }))).rejects.toHaveProperty(
      "name",
      "BucketNotEmpty",
    );
    await other.close();
  });
});

describe("an object", () => {
  it("that is written anew keeps what it was, with its headers", async () => {
    const [one, two] = [await put("twice", "one"), await put("twice", "two")];
    expect([await text("twice"), await text("twice", one), await text("twice", two)]).toEqual([
      "two",
      "one",
      "two",
    ]);
    const head = await s3.client.send(
      new HeadObjectCommand({ Bucket: BUCKET, Key: "twice", VersionId: one }),
    );
    expect(head).toMatchObject({ Metadata: { of: "one" }, ContentType: "a/b", VersionId: one });
    expect(await versions("twice")).toEqual([`twice ${two}*`, `twice ${one}`]);
  });

  it("that is deleted is behind a delete marker, and not listed", async () => {
    const one = await put("gone", "one");
    const { DeleteMarker, VersionId: marker = "" } = await remove("gone");
    expect(DeleteMarker).toBe(true);
    expect(await keys("gone")).toEqual([]);
    expect(await versions("gone")).toEqual([`gone -${marker}*`, `gone ${one}`]);
    for (const method of ["GET", "HEAD"]) {
      const answer = await s3.send({ method, path: `/${BUCKET}/gone`, signed_at: now });
      expect(answer.status).toBe(404);
      expect(answer.headers).toMatchObject({ "x-amz-delete-marker": "true", "x-amz-version-id": marker });
      const of_marker = await s3.send({ method, path: `/${BUCKET}/gone`, query: { versionId: marker } });
      expect(of_marker.status).toBe(405);
      expect(of_marker.headers).toMatchObject({ "x-amz-delete-marker": "true", allow: "DELETE" });
    }
    expect(await text("gone", one)).toBe("one");
  });

  it("that is not there gets a delete marker, unless the deletion asks for it to be there", async () => {
    await expect(remove("never", undefined, "*")).rejects.toHaveProperty("name", "NoSuchKey");
    expect(await versions("never")).toEqual([]);
    const { VersionId } = await remove("never");
    expect(await versions("never")).toEqual([`never -${VersionId}*`]);
    // Behind a delete marker there is nothing to match, either.
    await expect(remove("never", undefined, "*")).rejects.toHaveProperty("name", "NoSuchKey");
  });

  it("is absent to a conditional write where it is deleted", async () => {
    const one = await put("again", "one", "*");
    await expect(put("again", "two", "*")).rejects.toHaveProperty("name", "PreconditionFailed");
    await remove("again");
    const two = await put("again", "two", "*");
    await expect(put("again", "three", "*")).rejects.toHaveProperty("name", "PreconditionFailed");
    expect((await versions("again")).map((version) => version.replace(/-.*/, "-"))).toEqual(
      [`again ${two}*`, "again -", `again ${one}`].map((version) => version.replace(/-.*/, "-")),
    );
  });

  it("is brought back by a copy of an old version, once, as it was", async () => {
    const one = await put("back/é 1", "one");
    await remove("back/é 1");
    const copied = await restore("back/é 1", one);
    expect(copied.CopySourceVersionId).toBe(one);
    expect(copied.VersionId).not.toBe(one);
    const back = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: "back/é 1" }));
    expect(back).toMatchObject({ Metadata: { of: "one" }, ContentType: "a/b", VersionId: copied.VersionId });
    expect(await back.Body?.transformToString()).toBe("one");
    await expect(restore("back/é 1", one)).rejects.toHaveProperty("name", "PreconditionFailed");
  });

  it("is brought back by deleting its delete marker", async () => {
    const one = await put("unmarked", "one");
    const { VersionId: marker } = await remove("unmarked");
    expect(await remove("unmarked", marker)).toMatchObject({ DeleteMarker: true, VersionId: marker });
    expect(await text("unmarked")).toBe("one");
    expect(await versions("unmarked")).toEqual([`unmarked ${one}*`]);
  });

  it("is gone for good when its versions are deleted, and the one behind it is current then", async () => {
    const before = s3.blobs().length;
    const [one, two] = [await put("for good", "one"), await put("for good", "two")];
    await remove("for good", two);
    expect(await text("for good")).toBe("one");
    expect(await versions("for good")).toEqual([`for good ${one}*`]);
    await remove("for good", one);
    await expect(text("for good")).rejects.toHaveProperty("name", "NoSuchKey");
    expect(await versions("for good")).toEqual([]);
    expect(s3.blobs()).toHaveLength(before);
    // Again it is a success, as of any version that is not there.
    await remove("for good", one);
  });

  it("cannot be copied from a delete marker, nor from what is not there", async () => {
    const one = await put("marked", "one");
    const { VersionId: marker = "" } = await remove("marked");
    const copy = (CopySource: string) =>
      s3.client.send(
        new CopyObjectCommand({ Bucket: BUCKET, Key: "copy", CopySource: `${BUCKET}/${CopySource}` }),
      );
    await expect(copy(`marked?versionId=${marker}`)).rejects.toHaveProperty("name", "InvalidRequest");
    await expect(copy("marked")).rejects.toHaveProperty("name", "NoSuchKey");
    await expect(copy(`other?versionId=${one}`)).rejects.toHaveProperty("name", "NoSuchVersion");
    await expect(text("other", one)).rejects.toHaveProperty("name", "NoSuchVersion");
    await expect(text("marked", "1")).rejects.toHaveProperty("name", "InvalidArgument");
  });

  it("that was joined of parts, or is one of many that are deleted, has versions too", async () => {
    const upload = { Bucket: BUCKET, Key: "parts" };
    const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand(upload));
    const part = { ...upload, UploadId, PartNumber: 1 };
    const { ETag } = await s3.client.send(new UploadPartCommand({ ...part, Body: "joined" }));
    const MultipartUpload = { Parts: [{ ETag, PartNumber: 1 }] };
    const { VersionId } = await s3.client.send(
      new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }),
    );
    const { Deleted = [] } = await s3.client.send(
      new DeleteObjectsCommand({
        Bucket: BUCKET,
        Delete: { Objects: [{ Key: "parts" }, { Key: "parts/none" }] },
      }),
    );
    expect(Deleted).toMatchObject([
      { Key: "parts", DeleteMarker: true },
      { Key: "parts/none", DeleteMarker: true },
    ]);
    expect(await text("parts", VersionId)).toBe("joined");
  });
});

describe("a listing of versions", () => {
  it("is by key, and of each key the newest first, in pages of any size", async () => {
    const expected: string[] = [];
    for (const key of ["list/a", "list/a!", "list/b", "list/\u{1f4f7}", "list/\uffe0"]) {
      const of_key: string[] = [];
      for (let at = 0; at < 3; at += 1) {
        of_key.unshift(await put(key, String(at)));
        if (at > 0 && key !== "list/b") of_key.unshift(`-${(await remove(key)).VersionId}`);
      }
      expected.push(...of_key.map((id, at) => `${key} ${id}${at === 0 ? "*" : ""}`));
    }
    const by_bytes = expected.toSorted((a, b) =>
      Buffer.compare(Buffer.from(a.split(" ")[0] ?? ""), Buffer.from(b.split(" ")[0] ?? "")),
    );
    expect(await versions("list/")).toEqual(by_bytes);
    for (const size of [1, 2, 3, 5, 100]) expect(await versions("list/", size)).toEqual(by_bytes);
    const behind = await s3.client.send(
      new ListObjectVersionsCommand({
        Bucket: BUCKET,
        Prefix: "list/",
        KeyMarker: "list/a!",
        EncodingType: "url",
      }),
    );
    expect([...new Set((behind.Versions ?? []).map(({ Key = "" }) => decodeURIComponent(Key)))]).toEqual([
      "list/b",
      "list/\uffe0",
      "list/\u{1f4f7}",
    ]);
  });

  it("is what a model says, whatever is written, deleted and deleted for good", async () => {
    const step = fc.record({
      key: fc.constantFrom("x", "y"),
      act: fc.constantFrom("put", "put", "delete", "delete version"),
      at: fc.nat(5),
    });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        runs += 1;
        const model = new Map<string, { id: string; body: string | undefined }[]>();
        for (const [index, { key, act, at }] of steps.entries()) {
          const name = `model/${runs}/${key}`;
          const of_key = model.get(name) ?? [];
          model.set(name, of_key);
          if (act === "put") of_key.unshift({ id: await put(name, `${index}`), body: `${index}` });
          else if (act === "delete")
            of_key.unshift({ id: (await remove(name)).VersionId ?? "", body: undefined });
          else {
            const [removed] = of_key.splice(at % Math.max(1, of_key.length), 1);
            if (removed) await remove(name, removed.id);
          }
        }
        const expected = [...model]
          .sort()
          .flatMap(([name, of_key]) =>
            of_key.map(
              ({ id, body }, at) => `${name} ${body === undefined ? "-" : ""}${id}${at === 0 ? "*" : ""}`,
            ),
          );
        expect(await versions(`model/${runs}/`)).toEqual(expected);
        const current = [...model]
          .filter(([, of_key]) => of_key[0]?.body !== undefined)
          .map(([name]) => name);
        expect(await keys(`model/${runs}/`)).toEqual(current.sort());
        for (const name of current) expect(await text(name)).toBe(model.get(name)?.[0]?.body);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a restart", () => {
  it("forgets versions that are old enough, with their bytes, and markers with nothing behind them", async () => {
    await s3.restart();
    const [kept, old] = [await put("expiry/kept", "kept"), await put("expiry/old", "old")];
    await remove("expiry/old");
    const dotted = await put(".expiry/old", "old");
    await remove(".expiry/old");
    const blobs = s3.blobs().length;
    now = new Date(now.getTime() + 2 * 86_400_000);
    await s3.restart();
    expect(await versions(".expiry/")).toEqual([]);
    expect(s3.blobs().length).toBeLessThan(blobs);
    await expect(text(".expiry/old", dotted)).rejects.toHaveProperty("name", "NoSuchVersion");
    expect(await text("expiry/old", old)).toBe("old");
    await remove("expiry/kept");
    now = new Date(now.getTime() + 29 * 86_400_000);
    await s3.restart();
    expect(await versions("expiry/old")).toEqual([]);
    expect(await text("expiry/kept", kept)).toBe("kept");
    expect(await versions("expiry/kept")).toHaveLength(2);
  });

  it("takes a folder of before there were versions, and keeps what is in it", async () => {
    const old = await start_strict_s3({ old_versions: [] });
    await old.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: "a", Body: "old" }));
    // As the tables were.
    await old.with_server_stopped(() => {
      const database = new DatabaseSync(join(old.data_dir, "catalog.sqlite"));
      database.exec("UPDATE objects SET version = 'null'");
      database.exec("ALTER TABLE objects DROP COLUMN version");
      database.exec("ALTER TABLE buckets DROP COLUMN versioned");
      database.exec("DROP TABLE old_versions");
      database.close();
    });
    await old.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: "a" }));
    const command = new GetObjectCommand({ Bucket: BUCKET, Key: "a", VersionId: "null" });
    expect(await (await old.client.send(command)).Body?.transformToString()).toBe("old");
    await old.close();
  });
});
