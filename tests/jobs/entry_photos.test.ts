import { afterAll, describe, expect, it } from "vitest";
import { bytes_source, extract, open_archive } from "../../archive/index.ts";
import { entry_sink, stored_before } from "../../jobs/entry_photos.ts";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import { new_upload_id, upload_time } from "../../layer/upload_keys.ts";
import { caught_problem } from "../support/caught.ts";
import { mixed_entries, zip_of } from "../support/job_archive.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { scripted_server } from "../support/scripted_server.ts";

const storages = {
  "may list": await start_photo_storage(),
  "may not list": await start_photo_storage({ may_list: () => false }),
};
afterAll(() => Promise.all(Object.values(storages).map(({ close }) => close())));

const { signal } = new AbortController();
const known = mixed_entries(12);
const archive = await open_archive(bytes_source(zip_of(known)));
const new_job = () => ({ user: "ann", id: new_upload_id() });

describe("the photos of entries", () => {
  it.each(Object.entries(storages))(
    "are found where they are, by a function that %s",
    async (_, { store }) => {
      const job = new_job();
      const entries = archive.entries.slice(0, 6);
      const sink = entry_sink(store, job, archive.entries);
      expect(await stored_before(store, job, 12, archive.entries, signal)).toEqual(new Map());
      const outcomes = await extract(archive, sink, { entries });
      const photos = outcomes.flatMap((one) => (one.outcome === "stored" ? [one] : []));
      expect(photos).toHaveLength(4);
      const found = await stored_before(store, job, 12, archive.entries, signal);
      expect([...found.entries()]).toEqual(
        photos.map(({ entry, value: { filename, size } }) => [
          entry,
          { name: entry.path, outcome: "uploaded", filename, size, contentType: "image/jpeg" },
        ]),
      );
      // Once more, and for another job of the same archive.
      const again = await extract(archive, sink, { entries });
      expect(again).toMatchObject(outcomes.map(({ outcome }) => ({ outcome })));
      expect(await stored_before(store, new_job(), 12, archive.entries, signal)).toEqual(new Map());
    },
  );

  it("have times that no two entries share, whichever turn they take", async () => {
    const { store, put } = storages["may list"];
    const job = new_job();
    const [first, second] = archive.entries;
    if (first === undefined || second === undefined) throw new Error("The archive has no entries.");
    for (let turn = 0; turn < 3; turn += 1) {
      const time = new Date(upload_time(job.id) - 12 - 12 * turn);
      await put(photo_key("ann", photo_filename(time, first.path)), "another photo");
    }
    const [outcome] = await extract(archive, entry_sink(store, job, archive.entries), { entries: [first] });
    expect(outcome).toMatchObject({
      outcome: "stored",
      value: { filename: photo_filename(new Date(upload_time(job.id) - 12 * 4), first.path) },
    });
  });

  it.each([500, 503])("are not taken for missing while S3 answers %i", async (status) => {
    const server = await scripted_server(() => ({ status }));
    const failing = { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
    const looking = () => stored_before(failing, new_job(), 12, archive.entries, signal);
    expect((await caught_problem(looking)).code).toBe("storage_unavailable");
    failing.s3.destroy();
    await server.close();
  });

  it("are written under no second key where S3 does not say whose the first is", async () => {
    const job = new_job();
    const server = await scripted_server(({ method }) => ({ status: method === "PUT" ? 412 : 403 }));
    const failing = { s3: client_for(server.url, { maxAttempts: 1 }), bucket: BUCKET };
    const outcomes = await extract(archive, entry_sink(failing, job, archive.entries), {
      entries: archive.entries.slice(0, 1),
    });
    expect(outcomes).toMatchObject([{ outcome: "failed", fatal: true }]);
    expect(new Set(server.requests.map(({ url }) => url.split("?")[0])).size).toBe(1);
    failing.s3.destroy();
    await server.close();
  });
});
