import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUCKET, type StrictS3, start_strict_s3 } from "./strict_s3.ts";

const MIB = 1024 ** 2;
const FIRST = Buffer.alloc(5 * MIB, 1);
const SECOND = Buffer.alloc(5 * MIB, 2);
const LAST = Buffer.from("the last part");
const WHOLE = Buffer.concat([FIRST, SECOND, LAST]);
const CRC32_OF_WHOLE = base64_of_crc(crc32(WHOLE));

function base64_of_crc(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes.toString("base64");
}

const md5 = (bytes: Buffer): Buffer => createHash("md5").update(bytes).digest();

let s3: StrictS3;
beforeAll(async () => {
  s3 = await start_strict_s3();
});
afterAll(() => s3.close());

interface NamedPart {
  PartNumber: number;
  ETag: string;
}

/** An upload under way. */
class Parts {
  readonly key: string;
  readonly id: string;

  private constructor(key: string, id: string) {
    this.key = key;
    this.id = id;
  }

  static async create(key: string, input: Partial<CreateMultipartUploadCommandInput> = {}): Promise<Parts> {
    const { UploadId = "" } = await s3.client.send(
      new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: key, ...input }),
    );
    return new Parts(key, UploadId);
  }

  async put(PartNumber: number, Body: Buffer, algorithm?: ChecksumAlgorithm): Promise<NamedPart> {
    const { ETag = "", ...answer } = await s3.client.send(
      new UploadPartCommand({
        ...this.target(),
        PartNumber,
        Body,
        ...(algorithm ? { ChecksumAlgorithm: algorithm } : {}),
      }),
    );
    const checksums = Object.entries(answer).filter(([name]) => /^Checksum[A-Z]+\d/.test(name));
    return { PartNumber, ETag, ...Object.fromEntries(checksums) };
  }

  complete(parts: readonly NamedPart[], input: Partial<CompleteMultipartUploadCommandInput> = {}) {
    return s3.client.send(
      new CompleteMultipartUploadCommand({
        ...this.target(),
        MultipartUpload: { Parts: [...parts] },
        ...input,
      }),
    );
  }

  target(): { Bucket: string; Key: string; UploadId: string } {
    return { Bucket: BUCKET, Key: this.key, UploadId: this.id };
  }
}

async function bytes_of(key: string): Promise<Buffer> {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

describe("an upload in parts", () => {
  it("is what lib-storage makes of a stream", async () => {
    const upload = new Upload({
      client: s3.client,
      params: { Bucket: BUCKET, Key: "lib-storage", Body: Readable.from([FIRST, SECOND, LAST]) },
    });
    await upload.done();
    expect((await bytes_of("lib-storage")).equals(WHOLE)).toBe(true);
  });

  it("has the entity tag of its parts' MD5s, and ranges across their borders", async () => {
    const parts = await Parts.create("parts", { ContentType: "image/png", Metadata: { a: "b" } });
    const named = [await parts.put(1, FIRST), await parts.put(7, SECOND), await parts.put(10_000, LAST)];
    const { ETag } = await parts.complete(named);
    const tags = Buffer.concat([md5(FIRST), md5(SECOND), md5(LAST)]);
    expect(ETag).toBe(`"${md5(tags).toString("hex")}-3"`);
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: "parts" }));
    expect(head).toMatchObject({
      ETag,
      ContentLength: WHOLE.length,
      ContentType: "image/png",
      Metadata: { a: "b" },
    });
    const start = 5 * MIB - 2;
    const { Body } = await s3.client.send(
      new GetObjectCommand({ Bucket: BUCKET, Key: "parts", Range: `bytes=${start}-${10 * MIB + 2}` }),
    );
    const range = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(range.equals(WHOLE.subarray(start, 10 * MIB + 3))).toBe(true);
  });

  it("keeps the parts that are named, the last of each number, and no other files", async () => {
    const before = s3.blobs().length;
    const parts = await Parts.create("chosen");
    await parts.put(1, LAST);
    await parts.put(2, FIRST);
    const second = await parts.put(2, LAST);
    await parts.put(3, LAST);
    await parts.complete([second]);
    expect((await bytes_of("chosen")).equals(LAST)).toBe(true);
    expect(s3.blobs()).toHaveLength(before + 1);
  });

  it("is copied in parts from another object, by ranges", async () => {
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: "source", Body: WHOLE }));
    const parts = await Parts.create("copied");
    const named: NamedPart[] = [];
    for (const [index, range] of [`0-${5 * MIB - 1}`, `${5 * MIB}-${WHOLE.length - 1}`].entries()) {
      const { CopyPartResult } = await s3.client.send(
        new UploadPartCopyCommand({
          ...parts.target(),
          PartNumber: index + 1,
          CopySource: `${BUCKET}/source`,
          CopySourceRange: `bytes=${range}`,
        }),
      );
      named.push({ PartNumber: index + 1, ETag: CopyPartResult?.ETag ?? "", ...crc_of(CopyPartResult) });
    }
    await parts.complete(named);
    expect((await bytes_of("copied")).equals(WHOLE)).toBe(true);
    await expect(
      s3.client.send(
        new UploadPartCopyCommand({
          ...parts.target(),
          PartNumber: 1,
          CopySource: `${BUCKET}/source`,
          CopySourceRange: `bytes=0-${WHOLE.length}`,
        }),
      ),
    ).rejects.toHaveProperty("name", "NoSuchUpload");
  });

  function crc_of(result: { ChecksumCRC32?: string | undefined } | undefined): { ChecksumCRC32?: string } {
    return result?.ChecksumCRC32 ? { ChecksumCRC32: result.ChecksumCRC32 } : {};
  }

  it("goes with all of its files when it is aborted", async () => {
    const before = s3.blobs().length;
    const parts = await Parts.create("aborted");
    const named = [await parts.put(1, LAST), await parts.put(2, LAST)];
    expect(s3.blobs()).toHaveLength(before + 2);
    await s3.client.send(new AbortMultipartUploadCommand(parts.target()));
    expect(s3.blobs()).toHaveLength(before);
    await expect(parts.complete(named)).rejects.toHaveProperty("name", "NoSuchUpload");
    await expect(parts.put(1, LAST)).rejects.toHaveProperty("name", "NoSuchUpload");
    await expect(s3.client.send(new AbortMultipartUploadCommand(parts.target()))).rejects.toHaveProperty(
      "name",
      "NoSuchUpload",
    );
  });

  it("survives a restart", async () => {
    const parts = await Parts.create("restarted");
    const named = [await parts.put(1, FIRST)];
    await s3.restart();
    named.push(await parts.put(2, LAST));
    await parts.complete(named);
    expect((await bytes_of("restarted")).equals(Buffer.concat([FIRST, LAST]))).toBe(true);
  });
});

describe("completing is refused", () => {
  let parts: Parts;
  let small: NamedPart;
  let other: NamedPart;
  beforeAll(async () => {
    parts = await Parts.create("refused", { ChecksumAlgorithm: "CRC32" });
    small = await parts.put(1, LAST);
    other = await parts.put(2, Buffer.from("other"));
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ["with a small part before the last", () => parts.complete([small, other]), "EntityTooSmall"],
    ["out of order", () => parts.complete([other, small]), "InvalidPartOrder"],
    ["with a part twice", () => parts.complete([small, small]), "InvalidPartOrder"],
    ["with another tag", () => parts.complete([{ ...small, ETag: other.ETag }]), "InvalidPart"],
    [
      "with a part that is not there",
      async () => (await Parts.create("refused", { ChecksumAlgorithm: "CRC32" })).complete([small]),
      "InvalidPart",
    ],
    ["with another part's checksum", () => parts.complete([{ ...other, PartNumber: 1 }]), "InvalidPart"],
    ["from the second part on", () => parts.complete([other]), "InvalidPartOrder"],
    ["with no parts", () => parts.complete([]), "MalformedXML"],
    [
      "without the parts' checksums",
      () => parts.complete([{ PartNumber: 1, ETag: small.ETag }]),
      "InvalidRequest",
    ],
    ["with another size", () => parts.complete([small], { MpuObjectSize: 1 }), "InvalidRequest"],
    [
      "with another type of checksum",
      () => parts.complete([small], { ChecksumType: "FULL_OBJECT" }),
      "InvalidRequest",
    ],
    ["with another checksum", () => parts.complete([small], { ChecksumCRC32: "AAAAAA==-1" }), "BadDigest"],
    ["for another key", () => parts.complete([small], { Key: "elsewhere" }), "NoSuchUpload"],
    ["for another bucket", () => parts.complete([small], { Bucket: "no-such-bucket" }), "NoSuchBucket"],
  ])("%s", async (_, complete, name) => {
    await expect(complete()).rejects.toHaveProperty("name", name);
    await expect(bytes_of("refused")).rejects.toHaveProperty("name", "NoSuchKey");
  });
});

describe("conditions", () => {
  it("If-None-Match: * completes once, of ten at once", async () => {
    const uploads = await Promise.all(Array.from({ length: 10 }, () => Parts.create("contended")));
    const named = await Promise.all(uploads.map((upload, index) => upload.put(1, Buffer.from(`${index}`))));
    const attempts = await Promise.allSettled(
      uploads.map((upload, index) => upload.complete(named.slice(index, index + 1), { IfNoneMatch: "*" })),
    );
    const won = attempts.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
    expect(won).toHaveLength(1);
    expect((await bytes_of("contended")).toString()).toBe(String(won[0]));
    for (const attempt of attempts) {
      if (attempt.status === "rejected") expect(attempt.reason).toHaveProperty("name", "PreconditionFailed");
    }
  });
});

describe("checksums", () => {
  it.each<[ChecksumAlgorithm, "COMPOSITE" | "FULL_OBJECT"]>([
    ["CRC32", "COMPOSITE"],
    ["CRC32", "FULL_OBJECT"],
    ["CRC32C", "FULL_OBJECT"],
    ["CRC64NVME", "FULL_OBJECT"],
    ["SHA256", "COMPOSITE"],
  ])("%s, %s, is that of the object, and stored", async (algorithm, type) => {
    const parts = await Parts.create("summed", { ChecksumAlgorithm: algorithm, ChecksumType: type });
    const named = [
      await parts.put(1, FIRST, algorithm),
      await parts.put(2, SECOND, algorithm),
      await parts.put(3, LAST, algorithm),
    ];
    const completed = await parts.complete(named);
    expect(completed.ChecksumType).toBe(type);
    const head = await s3.client.send(
      new HeadObjectCommand({ Bucket: BUCKET, Key: "summed", ChecksumMode: "ENABLED" }),
    );
    expect(head[`Checksum${algorithm}`]).toBe(completed[`Checksum${algorithm}`]);
    if (type === "COMPOSITE") expect(head[`Checksum${algorithm}`]).toMatch(/-3$/);
    else {
      const put = await s3.client.send(
        new PutObjectCommand({ Bucket: BUCKET, Key: "whole", Body: WHOLE, ChecksumAlgorithm: algorithm }),
      );
      expect(head[`Checksum${algorithm}`]).toBe(put[`Checksum${algorithm}`]);
    }
  });

  it("of the whole object is verified at the end", async () => {
    const parts = await Parts.create("verified", { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" });
    const named = [await parts.put(1, FIRST), await parts.put(2, SECOND), await parts.put(3, LAST)];
    await expect(parts.complete(named, { ChecksumCRC32: "AAAAAA==" })).rejects.toHaveProperty(
      "name",
      "BadDigest",
    );
    const completed = await parts.complete(named, { ChecksumCRC32: CRC32_OF_WHOLE });
    expect(completed.ChecksumCRC32).toBe(CRC32_OF_WHOLE);
  });

  it("must be of the algorithm that the upload named", async () => {
    const parts = await Parts.create("mismatched", { ChecksumAlgorithm: "SHA256" });
    await expect(parts.put(1, LAST, "CRC32")).rejects.toThrow(
      "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: crc32",
    );
    const target = { method: "PUT", path: `/${BUCKET}/mismatched`, body: "x" };
    const query = { uploadId: parts.id, partNumber: "1" };
    expect(await s3.send({ ...target, query })).toMatchObject({ status: 400, code: "InvalidRequest" });
  });

  it.each<[ChecksumAlgorithm, "COMPOSITE" | "FULL_OBJECT"]>([
    ["SHA256", "FULL_OBJECT"],
    ["CRC64NVME", "COMPOSITE"],
  ])("%s has no type %s", async (ChecksumAlgorithm, ChecksumType) => {
    await expect(Parts.create("impossible", { ChecksumAlgorithm, ChecksumType })).rejects.toHaveProperty(
      "name",
      "InvalidRequest",
    );
  });
});

describe("part numbers", () => {
  it.each<["COMPOSITE" | "FULL_OBJECT", readonly number[]]>([
    ["COMPOSITE", [1, 3]],
    ["COMPOSITE", [2, 3]],
    ["FULL_OBJECT", [1, 3]],
    ["FULL_OBJECT", [2]],
  ])("of parts with a checksum, %s, begin at 1 without a gap: not %j", async (ChecksumType, numbers) => {
    const parts = await Parts.create("gaps", { ChecksumAlgorithm: "CRC32", ChecksumType });
    const named: NamedPart[] = [];
    for (const number of numbers) named.push(await parts.put(number, FIRST));
    const error = await parts.complete(named).catch((reason) => reason);
    expect(error).toMatchObject({ name: "InvalidPartOrder", $metadata: { httpStatusCode: 400 } });
    await expect(bytes_of("gaps")).rejects.toHaveProperty("name", "NoSuchKey");
  });

  it.each(["0", "10001", "-1", "1.5", ""])("%o is none", async (partNumber) => {
    const parts = await Parts.create("numbers");
    const answer = await s3.send({
      method: "PUT",
      path: `/${BUCKET}/numbers`,
      query: { uploadId: parts.id, partNumber },
      body: "x",
    });
    expect(answer).toMatchObject({ status: 400, code: "InvalidArgument" });
  });
});

describe("lists", () => {
  it("of uploads go by key and age, in pages, rolled up", async () => {
    const keys = ["list/a", "list/a", "list/b/1", "list/b/2", "list/c"];
    const ids: string[] = [];
    for (const key of keys) ids.push((await Parts.create(key)).id);
    const seen: string[] = [];
    let page: Awaited<ReturnType<typeof list>> | undefined;
    const list = (input: object) =>
      s3.client.send(
        new ListMultipartUploadsCommand({ Bucket: BUCKET, Prefix: "list/", MaxUploads: 1, ...input }),
      );
    do {
      page = await list({
        Delimiter: "/",
        ...(page ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : {}),
      });
      seen.push(...(page.Uploads ?? []).map(({ Key = "" }) => Key));
      seen.push(...(page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix));
    } while (page.IsTruncated);
    expect(seen).toEqual(["list/a", "list/a", "list/b/", "list/c"]);
    const all = await list({ MaxUploads: 1000 });
    expect(all.Uploads?.map(({ UploadId }) => UploadId).toSorted()).toEqual(ids.toSorted());
  });

  it("of parts go by number, in pages", async () => {
    const parts = await Parts.create("listed", { ChecksumAlgorithm: "CRC32" });
    for (const number of [3, 1, 2]) await parts.put(number, LAST);
    const first = await s3.client.send(new ListPartsCommand({ ...parts.target(), MaxParts: 2 }));
    expect(first).toMatchObject({ IsTruncated: true, ChecksumAlgorithm: "CRC32", ChecksumType: "COMPOSITE" });
    expect(first.Parts).toMatchObject([
      { PartNumber: 1, Size: LAST.length, ETag: `"${md5(LAST).toString("hex")}"` },
      { PartNumber: 2 },
    ]);
    const second = await s3.client.send(
      new ListPartsCommand({ ...parts.target(), PartNumberMarker: first.NextPartNumberMarker }),
    );
    expect(second.Parts?.map(({ PartNumber }) => PartNumber)).toEqual([3]);
    expect(second.IsTruncated).toBe(false);
  });
});
