import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { photo_metadata } from "../../layer/photo_metadata.ts";
import { details_of } from "../../storage/listed_details.ts";
import { caught_problem } from "../support/caught.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import { s3_error, scripted_server } from "../support/scripted_server.ts";

const { store, close } = await start_photo_storage({ may_list: () => false });
afterAll(close);
const output = quiet();
const { signal } = new AbortController();

const filename = (index: number): string => photo_filename(new Date(1_790_000_000_000 + index), "a.jpg");

describe("details_of", () => {
  it("gives what is in the metadata of each photo, and nothing of one that has gone", async () => {
    const facts = Array.from({ length: 120 }, (_, index) => ({
      taken_at: "2026-07-14T12:30:00",
      width: index + 1,
      height: 3_024,
    }));
    await Promise.all(
      facts.map((fact, index) =>
        store.s3.send(
          new PutObjectCommand({
            Bucket: BUCKET,
            Key: photo_key("ann", filename(index)),
            Body: "1",
            Metadata: photo_metadata("a.jpg", fact),
          }),
        ),
      ),
    );
    const gone = filename(500);
    const asked = [...facts.map((_, index) => filename(index)), gone];
    const details = await details_of(store, "ann", asked, signal);
    for (const [index, fact] of facts.entries()) expect(details.get(filename(index))).toMatchObject(fact);
    expect(details.has(gone)).toBe(false);
    expect(details.size).toBe(120);
    expect(output().records()).toMatchObject([{ level: "WARN", denied: 1 }]);
  });

  it("asks no more where one cannot be asked", async () => {
    let asked = 0;
    const server = await scripted_server(() => {
      asked += 1;
      return asked === 60 ? s3_error(500, "InternalError") : s3_error(404, "NotFound");
    });
    const other = { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
    const filenames = Array.from({ length: 400 }, (_, index) => filename(index));
    await caught_problem(() => details_of(other, "ann", filenames, signal));
    // What was on its way still arrives.
    for (let before = 0; before !== asked; await new Promise((resolve) => setTimeout(resolve, 100))) {
      before = asked;
    }
    expect(asked).toBeLessThan(200);
    other.s3.destroy();
    await server.close();
  });

  it("asks nothing of an empty page, and logs nothing of photos that are there", async () => {
    expect((await details_of(store, "ann", [], signal)).size).toBe(0);
    expect((await details_of(store, "ann", [filename(0), filename(1)], signal)).size).toBe(2);
    expect(output().text()).toBe("");
  });

  it("takes 404 for a photo that has gone, without a word", async () => {
    const server = await scripted_server(() => s3_error(404, "NotFound"));
    const other = { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
    expect((await details_of(other, "ann", [filename(1)], signal)).size).toBe(0);
    expect(output().text()).toBe("");
    other.s3.destroy();
    await server.close();
  });

  it("is a problem where S3 fails", async () => {
    const server = await scripted_server(() => s3_error(500, "InternalError"));
    const failing = { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
    const problem = await caught_problem(() => details_of(failing, "ann", [filename(1)], signal));
    expect(problem.code).toBe("storage_unavailable");
    failing.s3.destroy();
    await server.close();
  });
});
