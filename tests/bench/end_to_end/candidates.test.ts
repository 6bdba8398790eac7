import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { afterAll, beforeAll, expect, it } from "vitest";
import { create_zip } from "../../../bench/archive/zip_writer.ts";
import { BUCKET, CREDENTIALS, REGION } from "../../../bench/end_to_end/account.ts";
import { type BenchS3, start_bench_s3 } from "../../../bench/end_to_end/bench_s3.ts";
import { candidates } from "../../../bench/end_to_end/candidates.ts";
import { check_objects, content_hashes, remove_objects } from "../../../bench/end_to_end/stored_objects.ts";
import { jpeg_of } from "../../support/fixture_photos.ts";

const photos = [jpeg_of(100_000), jpeg_of(3_000), jpeg_of(9_000_000)];

let folder: string;
let server: BenchS3;
let s3: S3Client;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bench-"));
  server = await start_bench_s3(join(folder, "data"), 0);
  s3 = new S3Client({ endpoint: server.url, region: REGION, credentials: CREDENTIALS });
  const zip = await create_zip(join(folder, "photos.zip"));
  for (const [i, photo] of photos.entries()) await zip.deflated(`${i}.jpg`, photo);
  await zip.end();
  const params = { Bucket: BUCKET, Key: "photos.zip", Body: await readFile(join(folder, "photos.zip")) };
  await new Upload({ client: s3, params }).done();
});

afterAll(async () => {
  s3.destroy();
  await server.stop();
  await rm(folder, { recursive: true });
});

// Without boto3 the one that needs it is not among them.
it("every candidate makes the same objects of an archive, and its requests are counted", async () => {
  const measured = await candidates(1, join(folder, "bundles"));
  expect(measured.length).toBeGreaterThanOrEqual(2);
  for (const { name, upload } of measured) {
    await server.figures();
    const { seconds, cpu_seconds, peak_rss } = await upload(server.url, "photos.zip", "out");
    const { requests } = await server.figures();
    await check_objects(s3, BUCKET, "out", content_hashes(photos));
    await remove_objects(s3, BUCKET, "out");
    expect({ name, write: requests.write, part: requests.part }).toEqual({ name, write: 2, part: 2 });
    expect(requests.read).toBeGreaterThan(0);
    for (const figure of [seconds, cpu_seconds, peak_rss]) expect(figure).toBeGreaterThan(0);
  }
}, 120_000);
