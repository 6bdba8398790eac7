import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, describe, expect, it } from "vitest";
import { photo_filename, photo_key } from "../../layer/photo_keys.ts";
import {
  outcome_key,
  plan_task_key,
  quarantine_key,
  type UploadKey,
  upload_time,
} from "../../layer/upload_keys.ts";
import { type Admitted, admit, type UploadStore } from "../../storage/admission.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { caught } from "../support/caught.ts";
import { exif_of, jpeg_with_exif } from "../support/exif.ts";
import { fixture_photo, jpeg_of, tiny_png } from "../support/fixture_photos.ts";
import { large_heic } from "../support/heif.ts";
import { type Interruption, interrupted, watched } from "../support/interrupted.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { quarantined } from "../support/quarantined.ts";
import { quiet } from "../support/quiet.ts";
import { patience, type Scripted, s3_error, scripted_server } from "../support/scripted_server.ts";

/** Moved on by the tests, since the time at which a file arrives must not matter; by more S3 takes no signature. */
let seconds = 0;
const time_passes = (): void => {
  seconds = (seconds + 7) % 600;
};
const { store, put, keys, close } = await start_photo_storage({
  may_list: () => false,
  clock: () => new Date(Date.now() + seconds * 1_000),
});

quiet();
afterAll(close);

const { signal } = new AbortController();
const with_client = (s3: S3Client, finds_duplicates = false): UploadStore => ({
  s3,
  patient_s3: s3,
  bucket: BUCKET,
  finds_duplicates,
});
const undisturbed = with_client(store.s3);

let users = 0;
const new_user = (): string => {
  users += 1;
  return `user-${users}`;
};

const keys_of = async ({ user, id }: UploadKey): Promise<string[]> =>
  (await keys()).filter((key) => key.startsWith(`${user}/`) || key.includes(id));

const bytes_at = async (Key: string): Promise<Buffer> => {
  const { Body } = await store.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};

const photo = jpeg_of(3_000);
const zip = build_zip({ entries: [{ name: "a.jpg", data: photo }] });
const filename_of = ({ id }: UploadKey, later = 0): string =>
  photo_filename(new Date(upload_time(id) + later), "beach.jpg");

const FILES = {
  photo: { bytes: photo, kind: "photo" },
  text: { bytes: Buffer.from("Dear diary, this is no photo."), kind: "photo" },
  archive: { bytes: zip, kind: "archive" },
} as const;

/** What there is when an upload of this kind has been dealt with: no more, and no fewer. */
const left_of = (upload: UploadKey, kind: keyof typeof FILES): string[] =>
  ({
    photo: [outcome_key(upload), photo_key(upload.user, filename_of(upload))],
    text: [outcome_key(upload)],
    archive: [outcome_key(upload), plan_task_key(upload), quarantine_key(upload)],
  })[kind].toSorted();

const KINDS = ["photo", "text", "archive"] as const;

/** How many requests an undisturbed admission makes. */
async function requests_of(kind: keyof typeof FILES, finds_duplicates = false): Promise<number> {
  const upload = await quarantined(store, FILES[kind].bytes, { user: new_user(), kind: FILES[kind].kind });
  let requests = 0;
  const counting = watched(store.s3, (_, send) => {
    requests += 1;
    return send();
  });
  await admit(with_client(counting, finds_duplicates), upload, signal);
  return requests;
}

describe("an admission that ends in the midst of it", () => {
  const finding = { "": false, ", of which it is looked for duplicates,": true };
  const cases = [
    ...KINDS.map((kind) => [kind, ""] as const),
    ["photo", ", of which it is looked for duplicates,"],
  ] as const;
  it.each(cases)(
    "of a %s%s leaves nothing that the next one does not bring to its end, once",
    async (kind, how) => {
      const finds = finding[how];
      const ending_store = with_client(store.s3, finds);
      const requests = await requests_of(kind, finds);
      expect(requests).toBeGreaterThan(3);
      // That S3 has not carried out the request is what the request before it has left.
      const interruptions: Interruption[] = Array.from({ length: requests }, (_, index) => ({
        at: index + 1,
        carried_out: true,
      }));
      for (const first of interruptions) {
        for (const second of [undefined, ...interruptions]) {
          const { bytes, kind: declared } = FILES[kind];
          const upload = await quarantined(store, bytes, { user: new_user(), kind: declared });
          for (const interruption of [first, second]) {
            if (interruption === undefined) continue;
            await admit(with_client(interrupted(store.s3, interruption), finds), upload, signal).catch(
              () => {},
            );
            time_passes();
          }
          const admitted = await admit(ending_store, upload, signal);
          const about = JSON.stringify([first, second]);
          expect(admitted?.outcome, about).not.toHaveProperty("duplicate");
          expect(await keys_of(upload), about).toEqual(left_of(upload, kind));
          expect(await admit(ending_store, upload, signal), about).toEqual({ ...admitted, first: false });
          expect(await keys_of(upload), about).toEqual(left_of(upload, kind));
        }
      }
    },
  );

  it("makes one photo where its client sends the form once more, since it got no answer", async () => {
    const requests = await requests_of("photo");
    for (let at = 1; at <= requests; at += 1) {
      const upload = await quarantined(store, photo, { user: new_user() });
      await admit(with_client(interrupted(store.s3, { at, carried_out: true })), upload, signal).catch(
        () => {},
      );
      time_passes();
      await quarantined(store, photo, upload);
      await admit(undisturbed, upload, signal);
      expect(await keys_of(upload), `after ${at} requests`).toEqual(left_of(upload, "photo"));
    }
  });
});

describe("admissions of one upload at the same time", () => {
  it.each(KINDS)("of a %s have one outcome, which one of them is the first to bring about", async (kind) => {
    const { bytes, kind: declared } = FILES[kind];
    const upload = await quarantined(store, bytes, { user: new_user(), kind: declared });
    const admitted = await Promise.all(Array.from({ length: 12 }, () => admit(undisturbed, upload, signal)));
    expect(new Set(admitted.map((one) => JSON.stringify(one?.outcome))).size).toBe(1);
    expect(admitted.filter((one) => one?.first)).toHaveLength(1);
    expect(await keys_of(upload)).toEqual(left_of(upload, kind));
  });

  it("have one outcome wherever some of them end", async () => {
    const requests = await requests_of("photo");
    for (let round = 0; round < 20; round += 1) {
      const upload = await quarantined(store, photo, { user: new_user() });
      const ending = Array.from({ length: 6 }, (_, index) => ({
        at: 1 + ((round * 7 + index * 3) % requests),
        carried_out: (round + index) % 2 === 0,
      }));
      const all = ending.map((interruption) =>
        admit(with_client(interrupted(store.s3, interruption)), upload, signal).catch(() => undefined),
      );
      await Promise.all([...all, admit(undisturbed, upload, signal)]);
      expect(await keys_of(upload)).toEqual(left_of(upload, "photo"));
    }
  });
});

/** Does something else each time before the file is copied. */
const before_copy = (action: () => Promise<unknown>): S3Client =>
  watched(store.s3, async (command, send) => {
    if (command instanceof CopyObjectCommand) await action();
    return send();
  });

describe("a file that changes while it is admitted", () => {
  it("is looked at anew, so that what is published is what was judged", async () => {
    const png = Buffer.concat([tiny_png(), Buffer.alloc(3_000)]).subarray(0, 3_000);
    const upload = await quarantined(store, photo, { user: new_user() });
    let replaced = false;
    const replacing = before_copy(async () => {
      if (!replaced) await quarantined(store, png, upload);
      replaced = true;
    });
    const admitted = await admit(with_client(replacing), upload, signal);
    expect(admitted?.outcome).toMatchObject({ outcome: "photo", content_type: "image/png" });
    const key = photo_key(upload.user, filename_of(upload));
    expect(await bytes_at(key)).toEqual(png);
    expect(await keys_of(upload)).toEqual(left_of(upload, "photo"));
  });

  it("is not published in place of a photo, and a text least of all", async () => {
    const upload = await quarantined(store, photo, { user: new_user() });
    const text = Buffer.alloc(3_000, "no photo");
    const replacing = before_copy(() => quarantined(store, text, upload));
    const admitted = await admit(with_client(replacing), upload, signal);
    expect(admitted?.outcome).toEqual({ outcome: "refused", reason: "not_an_image" });
    expect(await keys_of(upload)).toEqual(left_of(upload, "text"));
  });

  it("has the type of what was published, where an admission ended before that was recorded", async () => {
    const upload = await quarantined(store, photo, { user: new_user() });
    const ending = interrupted(store.s3, { at: 3, carried_out: true });
    await admit(with_client(ending), upload, signal).catch(() => {});
    expect(await keys_of(upload)).toHaveLength(2);
    const png = Buffer.concat([tiny_png(), Buffer.alloc(3_000)]).subarray(0, 3_000);
    await quarantined(store, png, upload);
    const admitted = await admit(undisturbed, upload, signal);
    expect(admitted?.outcome).toMatchObject({ size: 3_000, content_type: "image/jpeg" });
    expect(await bytes_at(photo_key(upload.user, filename_of(upload)))).toEqual(photo);
  });

  it("is given up where it changes all the time", async () => {
    const upload = await quarantined(store, photo, { user: new_user() });
    let times = 0;
    const replacing = before_copy(async () => {
      times += 1;
      await quarantined(store, Buffer.from(photo).fill(times, 2_000), upload);
    });
    const failure = await caught(() => admit(with_client(replacing), upload, signal));
    expect(failure).toMatchObject({ code: "storage_unavailable" });
    expect(await keys_of(upload)).toEqual([quarantine_key(upload)]);
  });

  it("and is cancelled is gone", async () => {
    const upload = await quarantined(store, photo, { user: new_user() });
    const cancelling = before_copy(() =>
      store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: quarantine_key(upload) })),
    );
    expect(await admit(with_client(cancelling), upload, signal)).toBeUndefined();
    expect(await keys_of(upload)).toEqual([]);
  });

  it("has gone because another admission has ended, whose outcome it has", async () => {
    const upload = await quarantined(store, photo, { user: new_user() });
    let other: Admitted | undefined;
    const overtaken = watched(store.s3, async (command, send) => {
      const looks = command instanceof GetObjectCommand && command.input.Key === quarantine_key(upload);
      if (looks) other = await admit(undisturbed, upload, signal);
      return send();
    });
    const admitted = await admit(with_client(overtaken), upload, signal);
    expect(other?.first).toBe(true);
    expect(admitted).toEqual({ outcome: other?.outcome, first: false });
  });

  it("because another admission ends meanwhile has that one's outcome", async () => {
    const upload = await quarantined(store, photo, { user: new_user() });
    let other: Admitted | undefined;
    const overtaken = before_copy(async () => {
      other ??= await admit(undisturbed, upload, signal);
    });
    const admitted = await admit(with_client(overtaken), upload, signal);
    expect(admitted).toEqual({ outcome: other?.outcome, first: false });
    expect(await keys_of(upload)).toEqual(left_of(upload, "photo"));
  });
});

it("a photo that its user has deleted does not come back with a message that does", async () => {
  const upload = await quarantined(store, photo, { user: new_user() });
  // All but the removal of the file.
  const ending = interrupted(store.s3, { at: (await requests_of("photo")) - 1, carried_out: true });
  await admit(with_client(ending), upload, signal).catch(() => {});
  const Key = photo_key(upload.user, filename_of(upload));
  expect(await keys_of(upload)).toEqual([outcome_key(upload), quarantine_key(upload), Key].toSorted());
  await store.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
  expect(await admit(undisturbed, upload, signal)).toMatchObject({
    outcome: { outcome: "photo" },
    first: false,
  });
  expect(await keys_of(upload)).toEqual([outcome_key(upload)]);
});

describe("the key of a photo", () => {
  it("is that of the next millisecond where another photo has the first ones, which stay as they are", async () => {
    const upload = await quarantined(store, photo, { user: new_user() });
    const taken = [0, 1, 2].map((later) => photo_key(upload.user, filename_of(upload, later)));
    for (const key of taken) await put(key, "another's");
    const admitted = await admit(undisturbed, upload, signal);
    expect(admitted?.outcome).toMatchObject({ filename: filename_of(upload, 3) });
    for (const key of taken) expect((await bytes_at(key)).toString()).toBe("another's");
  });

  it("is found again by an admission after one that had ended there", async () => {
    const upload = await quarantined(store, photo, { user: new_user() });
    await put(photo_key(upload.user, filename_of(upload)), "another's");
    // Two questions, the copy that is refused, the look at the key, the copy to the next one.
    const ending = interrupted(store.s3, { at: 5, carried_out: true });
    await admit(with_client(ending), upload, signal).catch(() => {});
    const admitted = await admit(undisturbed, upload, signal);
    expect(admitted?.outcome).toMatchObject({ filename: filename_of(upload, 1) });
    expect((await keys_of(upload)).filter((key) => key.startsWith(upload.user))).toHaveLength(2);
  });

  it("holds what S3 has copied, with type and name", async () => {
    const name = `${"é".repeat(300)} 100%+é?.jpg`;
    const upload = await quarantined(store, photo, { user: "a/b😀%", name });
    const admitted = await admit(undisturbed, upload, signal);
    if (admitted?.outcome.outcome !== "photo") throw new Error("This is no photo.");
    const Key = photo_key(upload.user, admitted.outcome.filename);
    const head = await store.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key }));
    expect(head).toMatchObject({ ContentType: "image/jpeg", ContentLength: 3_000 });
    expect(name.endsWith(decodeURIComponent(head.Metadata?.["original-name"] ?? "?"))).toBe(true);
    expect(await bytes_at(Key)).toEqual(photo);
  });
});

describe("when S3 fails", () => {
  const failing = async (script: readonly Scripted[], maxAttempts = 1) => {
    const server = await scripted_server((_, earlier) => script[earlier] ?? s3_error(500, "InternalError"));
    const s3 = client_for(server.url, {
      maxAttempts,
      requestHandler: { requestTimeout: patience(script), throwOnRequestTimeout: true },
    });
    const upload = { user: "ann", id: "0".repeat(26) };
    try {
      return await caught(() => admit(with_client(s3), upload, signal));
    } finally {
      await server.close();
    }
  };

  it.each([
    ["an error of its own", s3_error(503, "SlowDown"), "storage_unavailable"],
    ["nothing", "silence", "storage_unavailable"],
    ["a broken connection", "reset", "storage_unavailable"],
    ["another denial than that of listing", denial("s3:GetObject"), "storage_refused"],
    ["a bucket that is missing", s3_error(404, "NoSuchBucket"), "storage_refused"],
  ] as const)("with %s, nothing is taken for missing", async (_, answer, code) => {
    expect(await failing([answer])).toMatchObject({ code });
    expect(await failing([s3_error(404, "NoSuchKey"), answer])).toMatchObject({ code });
  });
});

function denial(action: string): Scripted {
  return s3_error(
    403,
    "AccessDenied",
    `User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: ${action} on resource: x`,
  );
}

describe("an admission of a photo that its user has", () => {
  const finding = with_client(store.s3, true);

  it("says which one that is, and leaves neither a second photo nor the file", async () => {
    const user = new_user();
    const [first, second] = [
      await quarantined(store, photo, { user }),
      await quarantined(store, photo, { user }),
    ];
    const known = await admit(finding, first, signal);
    expect(known).toMatchObject({ first: true, outcome: { filename: filename_of(first) } });
    const outcome = { ...known?.outcome, duplicate: true };
    expect(await admit(finding, second, signal)).toEqual({ outcome, first: true });
    // Now from the record.
    expect(await admit(finding, second, signal)).toEqual({ outcome, first: false });
    expect(await keys_of(second)).toEqual([outcome_key(second), photo_key(user, filename_of(first))]);
  });

  it("begins anew where the file is replaced while it is read", async () => {
    const user = new_user();
    const upload = await quarantined(store, photo, { user });
    let replaced = false;
    const replacing = watched(store.s3, async (command, send) => {
      if (command instanceof GetObjectCommand && command.input.IfMatch !== undefined && !replaced) {
        replaced = true;
        await quarantined(store, jpeg_of(3_000, 7), upload);
      }
      return send();
    });
    expect(await admit(with_client(replacing, true), upload, signal)).toMatchObject({ first: true });
    expect(await bytes_at(photo_key(user, filename_of(upload)))).toEqual(jpeg_of(3_000, 7));
  });

  it("is not looked for, and costs no more requests, unless that is wanted", async () => {
    expect((await requests_of("photo", true)) - (await requests_of("photo"))).toBe(2);
  });
});

describe("what a photo says of itself", () => {
  const exif = exif_of({ original: "2026:07:14 19:42:08", original_offset: "+02:00" });

  it.each([
    ["and the file is read as a whole", true],
    ["and of the file both ends are read", false],
  ] as const)("is in its metadata, %s", async (_, finds_duplicates) => {
    const upload = await quarantined(store, large_heic(300_000, exif), { user: new_user() });
    const ranges: (string | undefined)[] = [];
    const s3 = watched(store.s3, (command, send) => {
      if (command instanceof GetObjectCommand && command.input.Key === quarantine_key(upload)) {
        ranges.push(command.input.Range);
      }
      return send();
    });
    await admit(with_client(s3, finds_duplicates), upload, signal);
    expect(ranges).toEqual(["bytes=0-65535", finds_duplicates ? undefined : "bytes=-65536"]);
    const Key = photo_key(upload.user, filename_of(upload));
    const { Metadata } = await store.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key }));
    expect(Metadata).toMatchObject({
      "taken-at": "2026-07-14T19:42:08+02:00",
      width: "3024",
      height: "4032",
    });
  });

  it("costs no request of a JPEG", async () => {
    const jpeg = jpeg_with_exif(await fixture_photo("jpeg_60k_baseline.jpg"), exif);
    const upload = await quarantined(store, Buffer.concat([jpeg, Buffer.alloc(100_000)]), {
      user: new_user(),
    });
    let reads = 0;
    const s3 = watched(store.s3, (command, send) => {
      if (command instanceof GetObjectCommand && command.input.Key === quarantine_key(upload)) reads += 1;
      return send();
    });
    await admit(with_client(s3), upload, signal);
    expect(reads).toBe(1);
    const Key = photo_key(upload.user, filename_of(upload));
    const { Metadata } = await store.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key }));
    expect(Metadata).toMatchObject({ "taken-at": "2026-07-14T19:42:08+02:00", width: "1024", height: "806" });
  });
});
