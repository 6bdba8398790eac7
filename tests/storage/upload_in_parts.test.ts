import { afterEach, describe, expect, it } from "vitest";
import {
  abort_parts,
  arrived_parts,
  begin_parts,
  join_parts,
  PART_BYTES,
  type PartedUpload,
  part_count,
  part_url,
} from "../../storage/upload_in_parts.ts";
import { caught, caught_problem } from "../support/caught.ts";
import { BUCKET, client_for } from "../support/photo_storage.ts";
import { type Scripted, type ScriptedServer, s3_error, scripted_server } from "../support/scripted_server.ts";

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

const { signal } = new AbortController();

/** A client whose requests are answered so, one after the other. */
async function answered(script: readonly Scripted[], maxAttempts = 1) {
  server = await scripted_server((_, earlier) => script[earlier] ?? s3_error(500, "InternalError"));
  const s3 = client_for(server.url, { maxAttempts });
  return { s3, patient_s3: s3, bucket: BUCKET };
}

const upload = (parts = 2): PartedUpload => ({
  user: "ann",
  id: "0".repeat(26),
  size: parts * PART_BYTES,
  multipart: "upload-1",
});

const xml = (body: string): Scripted => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});

const list_of = (...numbers: readonly number[]): Scripted =>
  xml(
    `<ListPartsResult>${numbers
      .map(
        (number) =>
          `<Part><PartNumber>${number}</PartNumber><ETag>"e${number}"</ETag><Size>${PART_BYTES}</Size></Part>`,
      )
      .join("")}</ListPartsResult>`,
  );

const JOINED = xml("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>");

describe("the number of parts", () => {
  it.each([
    [1, 1],
    [PART_BYTES, 1],
    [PART_BYTES + 1, 2],
    // One ListParts names a thousand.
    [5 * 1024 ** 3, 640],
  ])("of %d bytes is %d", (size, parts) => {
    expect(part_count(size)).toBe(parts);
  });
});

describe("join_parts", () => {
  it("joins what has arrived, by number and ETag, to exactly the declared size", async () => {
    await join_parts(await answered([list_of(1, 2), JOINED]), { ...upload(), crc32: "cbf43926" }, signal);
    const [, complete] = server?.requests ?? [];
    expect(complete?.body).toMatch(/<ETag>(&quot;|")e1(&quot;|")<\/ETag><PartNumber>1<.*e2/);
    expect(complete?.headers).toMatchObject({
      "x-amz-mp-object-size": String(2 * PART_BYTES),
      "x-amz-checksum-crc32": "y/Q5Jg==",
      "x-amz-checksum-type": "FULL_OBJECT",
    });
  });

  it("is content where they have been joined before, or by another meanwhile", async () => {
    await join_parts(await answered([s3_error(404, "NoSuchUpload")]), upload(), signal);
    expect(server?.requests).toHaveLength(1);
    await server?.close();
    await join_parts(await answered([list_of(1, 2), s3_error(404, "NoSuchUpload")]), upload(), signal);
  });

  it("is content where the answer was lost, and the SDK asks again", async () => {
    const lost = await answered([list_of(1, 2), "reset", s3_error(404, "NoSuchUpload")], 2);
    await join_parts(lost, upload(), signal);
    expect(server?.requests).toHaveLength(3);
  });

  it.each([
    [[], 3, "Of 3 parts 3 have not arrived: 1 to 3."],
    [[2], 3, "Of 3 parts 2 have not arrived: 1, 3."],
    [[1, 2, 6], 8, "Of 8 parts 5 have not arrived: 3 to 5, 7 to 8."],
    [
      Array.from({ length: 50 }, (_, index) => 2 * index + 1),
      100,
      "Of 100 parts 50 have not arrived: 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, ….",
    ],
  ])("with the parts %j of %d says which are missing", async (arrived, parts, detail) => {
    const refusal = await caught_problem(async () =>
      join_parts(await answered([list_of(...arrived)]), upload(parts), signal),
    );
    expect(refusal).toMatchObject({ code: "upload_incomplete", statusCode: 409 });
    expect(refusal.details.detail.startsWith(detail)).toBe(true);
  });

  it("takes a part of another size for one that has not arrived", async () => {
    const short = { ...upload(), size: 2 * PART_BYTES - 1 };
    const refusal = await caught_problem(async () =>
      join_parts(await answered([list_of(1, 2)]), short, signal),
    );
    expect(refusal.details.detail).toContain("Of 2 parts 1 have not arrived: 2.");
  });

  it.each([
    [s3_error(400, "BadDigest"), { code: "upload_refused", details: { reason: "checksum_mismatch" } }],
    [s3_error(400, "InvalidPart"), { code: "upload_incomplete" }],
    [s3_error(503, "SlowDown"), { code: "storage_unavailable" }],
    [s3_error(403, "AccessDenied"), { code: "storage_refused" }],
    // S3 may find out after it has begun to answer.
    [xml("<Error><Code>InternalError</Code><Message>x</Message></Error>"), { code: "storage_unavailable" }],
  ] as const)("%#: is refused as S3 refuses", async (answer, problem) => {
    const refusing = await answered([list_of(1, 2), answer]);
    expect(await caught(() => join_parts(refusing, upload(), signal))).toMatchObject(problem);
  });
});

describe("when S3 fails", () => {
  it("nothing is taken for begun, listed or ended", async () => {
    const declaration = { name: "a", kind: "photo", size: 5, content_type: "image/png" } as const;
    for (const [answer, code] of [
      [s3_error(500, "InternalError"), "storage_unavailable"],
      [s3_error(403, "AccessDenied"), "storage_refused"],
    ] as const) {
      const failing = await answered([answer, answer, answer]);
      for (const action of [
        () => begin_parts(failing, upload(), declaration, signal),
        () => arrived_parts(failing, upload(), signal),
        () => abort_parts(failing, upload(), signal),
      ]) {
        expect(await caught(action)).toMatchObject({ code });
      }
      await server?.close();
    }
    const without_id = await answered([xml("<InitiateMultipartUploadResult/>")]);
    expect(await caught(() => begin_parts(without_id, upload(), declaration, signal))).toMatchObject({
      code: "storage_unavailable",
    });
  });

  it("an upload that is not there has no parts, and is ended", async () => {
    const gone = await answered([s3_error(404, "NoSuchUpload"), s3_error(404, "NoSuchUpload")]);
    expect(await arrived_parts(gone, upload(), signal)).toBeUndefined();
    await abort_parts(gone, upload(), signal);
  });
});

it("the URL of a part has its length signed, and no checksum", async () => {
  const s3 = client_for("http://127.0.0.1:1", { requestChecksumCalculation: "WHEN_REQUIRED" });
  const url = new URL(await part_url({ s3, bucket: BUCKET }, upload(), 2, 3_600));
  expect(url.searchParams.get("X-Amz-SignedHeaders")).toBe("content-length;host");
  expect(url.searchParams.get("partNumber")).toBe("2");
  expect(url.searchParams.get("X-Amz-Expires")).toBe("3600");
  expect([...url.searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);
});
