import { GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { parse_photo_key, photo_key } from "../../layer/photo_keys.ts";
import {
  delete_photo,
  find_photo,
  list_photos,
  type PhotoStore,
  presigned_url,
  put_photo,
} from "../../storage/photo_store.ts";
import { caught, caught_problem } from "../support/caught.ts";
import { exif_of, jpeg_with_exif } from "../support/exif.ts";
import { fixture_photo, jpeg_of } from "../support/fixture_photos.ts";
import { BUCKET, client_for, start_photo_storage } from "../support/photo_storage.ts";
import { quiet } from "../support/quiet.ts";
import {
  patience,
  type Scripted,
  type ScriptedServer,
  s3_error,
  scripted_server,
} from "../support/scripted_server.ts";

const { url, store, presigning, put, keys, close } = await start_photo_storage();

afterAll(close);

const { signal } = new AbortController();

/** A user of its own for each test. */
let users = 0;
const new_user = (): string => {
  users += 1;
  return `user-${users}`;
};

const photo = { name: "beach.jpg", bytes: jpeg_of(2_000), content_type: "image/jpeg" };

const not_found = { code: "photo_not_found", statusCode: 404 };

describe("put_photo", () => {
  it("stores the bytes, the type and the name as sent, under a key of the user", async () => {
    const user = "a/b😀";
    const name = 'C:\\fakepath\\é "1"\r\n.jpg';
    const { filename, uploaded_at } = await put_photo(store, user, { ...photo, name }, signal);
    const Key = photo_key(user, filename);
    const stored = await store.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    expect(parse_photo_key(Key)).toEqual({ user, filename, uploaded_at, name: 'é "1".jpg' });
    expect(Buffer.from((await stored.Body?.transformToByteArray()) ?? [])).toEqual(photo.bytes);
    expect(stored.ContentType).toBe("image/jpeg");
    expect(decodeURIComponent(stored.Metadata?.["original-name"] ?? "")).toBe(name);
  });

  it("stores what the photo says of itself along with it", async () => {
    const bytes = jpeg_with_exif(
      await fixture_photo("jpeg_60k_baseline.jpg"),
      exif_of({ original: "2026:07:14 19:42:08", original_offset: "-03:00", orientation: 8 }),
    );
    const user = new_user();
    const { filename } = await put_photo(store, user, { ...photo, bytes }, signal);
    const head = new HeadObjectCommand({ Bucket: BUCKET, Key: photo_key(user, filename) });
    expect((await store.s3.send(head)).Metadata).toMatchObject({
      "taken-at": "2026-07-14T19:42:08-03:00",
      width: "806",
      height: "1024",
    });
  });

  it("stores a photo whose name is empty", async () => {
    const user = new_user();
    const { filename } = await put_photo(store, user, { ...photo, name: "" }, signal);
    expect((await find_photo(store, user, filename, signal)).name).toBe("photo");
  });

  it("makes 50 photos of 50 uploads of one name at once", async () => {
    const user = new_user();
    const bytes = Array.from({ length: 50 }, (_, index) => Buffer.concat([photo.bytes, Buffer.of(index)]));
    const stored = await Promise.all(
      bytes.map((one) => put_photo(store, user, { ...photo, bytes: one }, signal)),
    );
    const { photos } = await list_photos(store, user, "", signal);
    expect(photos.map(({ filename }) => filename)).toEqual(stored.map(({ filename }) => filename).sort());
    for (const [index, { filename }] of stored.entries()) {
      const found = await find_photo(store, user, filename, signal);
      expect(Buffer.from(await found.read()).equals(bytes[index] ?? Buffer.of())).toBe(true);
    }
  });

  it("never overwrites: a key that is taken is left as it is", async () => {
    const user = new_user();
    // Whatever millisecond the upload falls in, another photo stands there.
    const now = Date.now();
    const taken = Array.from({ length: 40 }, (_, index) =>
      new Date(now + index).toISOString().replace(/[-:.]/g, ""),
    );
    await Promise.all(taken.map((time) => put(photo_key(user, `${time}_beach.jpg`), "other")));
    const { filename } = await put_photo(store, user, photo, signal);
    expect((await list_photos(store, user, "", signal)).photos).toHaveLength(41);
    expect((await find_photo(store, user, filename, signal)).size).toBe(photo.bytes.length);
  });
});

describe("find_photo", () => {
  it("gives a photo's name, size, type and ETag, and reads its bytes", async () => {
    const user = new_user();
    const { filename } = await put_photo(store, user, photo, signal);
    const found = await find_photo(store, user, filename, signal);
    const Key = photo_key(user, filename);
    const head = await store.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key }));
    expect(found).toMatchObject({ name: "beach.jpg", size: 2_000, content_type: "image/jpeg" });
    expect(found.etag).toBe(head.ETag);
    expect(Buffer.from(await found.read())).toEqual(photo.bytes);
  });

  it("lets the connection go when the bytes are not wanted", async () => {
    const user = new_user();
    const { filename } = await put_photo(store, user, { ...photo, bytes: jpeg_of(3_000_000) }, signal);
    const s3 = client_for(url, {
      maxAttempts: 1,
      requestHandler: {
        httpAgent: { maxSockets: 1 },
        connectionTimeout: 1_000,
        requestTimeout: 1_000,
        throwOnRequestTimeout: true,
      },
    });
    for (let times = 0; times < 3; times += 1) {
      (await find_photo({ s3, bucket: BUCKET }, user, filename, signal)).discard();
    }
    s3.destroy();
  });

  it("answers the same for a photo of someone else, of nobody, and for what is no filename", async () => {
    const [user, other] = [new_user(), new_user()];
    const { filename } = await put_photo(store, other, photo, signal);
    const refusals = await Promise.all(
      [
        filename,
        "20200101T000000000Z_beach.jpg",
        `../${other}/${filename}`,
        `${other}/${filename}`,
        `..%2f${other}%2f${filename}`,
        `${filename}/`,
        "",
        "beach.jpg",
      ].map((wanted) => caught_problem(() => find_photo(store, user, wanted, signal))),
    );
    for (const refusal of refusals) {
      expect(refusal).toMatchObject(not_found);
      expect(refusal.details).toEqual(refusals[0]?.details);
      expect(refusal).not.toHaveProperty("cause");
    }
  });
});

describe("delete_photo", () => {
  it("deletes that photo and no other", async () => {
    const user = new_user();
    const one = await put_photo(store, user, photo, signal);
    const other = await put_photo(store, user, photo, signal);
    await delete_photo(store, user, one.filename, signal);
    expect((await list_photos(store, user, "", signal)).photos).toMatchObject([{ filename: other.filename }]);
    expect(await caught(() => find_photo(store, user, one.filename, signal))).toMatchObject(not_found);
  });

  it("tells one of two deletions at once that there was nothing to delete", async () => {
    const user = new_user();
    const { filename } = await put_photo(store, user, photo, signal);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => delete_photo(store, user, filename, signal)),
    );
    const refusals = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refusals).toHaveLength(4);
    for (const { reason } of refusals) expect(reason).toMatchObject(not_found);
  });

  it("answers the same for a photo of someone else, of nobody, and for what is no filename", async () => {
    const [user, other] = [new_user(), new_user()];
    const { filename } = await put_photo(store, other, photo, signal);
    const wanted = [filename, "20200101T000000000Z_beach.jpg", `../${other}/${filename}`, "", "%2e%2e%2f"];
    for (const one of wanted) {
      expect(await caught(() => delete_photo(store, user, one, signal))).toMatchObject(not_found);
    }
    expect((await find_photo(store, other, filename, signal)).size).toBe(2_000);
  });
});

describe("an object that this project has not written", () => {
  it.each(["Thumbs.db", "2026/a.jpg", "20260230T101530123Z_a.jpg", " "])(
    "is nobody's photo: %j",
    async (name) => {
      const user = new_user();
      await put(`${user}/${name}`);
      expect(await caught(() => find_photo(store, user, name, signal))).toMatchObject(not_found);
      expect(await caught(() => delete_photo(store, user, name, signal))).toMatchObject(not_found);
      expect(await keys()).toContain(`${user}/${name}`);
    },
  );
});

describe("list_photos", () => {
  it("lists the photos of the user alone, oldest first, with their sizes", async () => {
    const user = new_user();
    const first = await put_photo(store, user, { ...photo, name: "z.jpg" }, signal);
    const second = await put_photo(store, user, { ...photo, name: "a.jpg", bytes: jpeg_of(70) }, signal);
    await put_photo(store, `${user}0`, photo, signal);
    await put_photo(store, `${user}/x`, photo, signal);
    expect(await list_photos(store, user, "", signal)).toEqual({
      photos: [
        { ...first, size: 2_000 },
        { ...second, size: 70 },
      ],
    });
    expect((await list_photos(store, user, first.filename, signal)).photos).toEqual([
      { ...second, size: 70 },
    ]);
  });

  it("is empty for a user without photos", async () => {
    expect(await list_photos(store, new_user(), "", signal)).toEqual({ photos: [] });
  });

  it("gives names back as they were, whatever signs they have", async () => {
    const user = new_user();
    const names = [
      "a&b<c>\"'.jpg",
      "100%+1.jpg",
      "é中😀.jpg",
      "👩‍👩‍👧.jpg",
      "a b?c#d.jpg",
      "\u00ad\u200d.jpg",
    ];
    const stored: string[] = [];
    for (const name of names)
      stored.push((await put_photo(store, user, { ...photo, name }, signal)).filename);
    const { photos } = await list_photos(store, user, "", signal);
    expect(photos.map(({ filename }) => filename)).toEqual(stored);
    expect(photos.map(({ filename }) => filename.slice(20))).toEqual(names);
  });

  it("passes over what this project has not written", async () => {
    const user = new_user();
    const { filename } = await put_photo(store, user, photo, signal);
    for (const name of ["Thumbs.db", "", "2026/a.jpg", "20260230T101530123Z_a.jpg"]) {
      await put(`${user}/${name}`);
    }
    expect((await list_photos(store, user, "", signal)).photos).toMatchObject([{ filename }]);
  });

  it("goes on after its last key", async () => {
    const user = new_user();
    const names = Array.from(
      { length: 1_005 },
      (_, index) => `20260101T000000000Z_${String(index).padStart(4, "0")}.jpg`,
    );
    for (let at = 0; at < names.length; at += 50) {
      await Promise.all(names.slice(at, at + 50).map((name) => put(photo_key(user, name))));
    }
    const first = await list_photos(store, user, "", signal);
    expect(first.photos.map(({ filename }) => filename)).toEqual(names.slice(0, 1_000));
    expect(first.next).toBe(names[999]);
    const second = await list_photos(store, user, first.next ?? "", signal);
    expect(second.photos.map(({ filename }) => filename)).toEqual(names.slice(1_000));
    expect(second).not.toHaveProperty("next");
  });
});

describe("presigned_url", () => {
  const headers = { content_type: "image/png", content_disposition: `attachment; filename="a b.png"` };

  it("is opened by any client and answers with the headers that were asked for", async () => {
    const user = "a/b@example.com";
    const { filename } = await put_photo(store, user, { ...photo, name: "é &+.jpg" }, signal);
    const answer = await fetch(await presigned_url(presigning, user, filename, headers, 60));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(answer.headers.get("content-disposition")).toBe(headers.content_disposition);
    expect(answer.headers.get("cache-control")).toBe("private, no-store");
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(photo.bytes);
  });

  it("is for that photo, those headers and reading alone", async () => {
    const user = new_user();
    const { filename } = await put_photo(store, user, photo, signal);
    const other = await put_photo(store, user, photo, signal);
    const url = await presigned_url(presigning, user, filename, headers, 60);
    expect((await fetch(url, { method: "DELETE" })).status).toBe(403);
    expect((await fetch(url.replace(filename, other.filename))).status).toBe(403);
    expect((await fetch(url.replace("image%2Fpng", "text%2Fhtml"))).status).toBe(403);
    expect((await fetch(url)).status).toBe(200);
  });

  it("expires", async () => {
    let clock = new Date();
    const storage = await start_photo_storage({ clock: () => clock });
    try {
      const { filename } = await put_photo(storage.store, "ann", photo, signal);
      const url = await presigned_url(storage.presigning, "ann", filename, headers, 300);
      clock = new Date(Date.now() + 290_000);
      expect((await fetch(url)).status).toBe(200);
      clock = new Date(Date.now() + 310_000);
      expect((await fetch(url)).status).toBe(403);
    } finally {
      await storage.close();
    }
  });

  it("asks for no checksum, which a browser would not send", async () => {
    const url = new URL(await presigned_url(presigning, "ann", "20200101T000000000Z_a.jpg", headers, 60));
    expect([...url.searchParams.keys()].filter((name) => /checksum|crc/i.test(name))).toEqual([]);
    expect(url.searchParams.get("X-Amz-SignedHeaders")).toBe("host");
    expect(url.searchParams.get("X-Amz-Expires")).toBe("60");
  });
});

describe("a storage that fails", () => {
  let server: ScriptedServer | undefined;

  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  /** A storage that gives these answers, one to each request, and the last of them from then on. */
  async function failing_store(script: readonly Scripted[], maxAttempts = 1): Promise<PhotoStore> {
    server = await scripted_server((_, earlier) => script[earlier] ?? script.at(-1) ?? "reset");
    const s3 = client_for(server.url, {
      maxAttempts,
      requestHandler: { requestTimeout: patience(script), throwOnRequestTimeout: true },
    });
    return { s3, bucket: BUCKET };
  }

  const FILENAME = "20200101T000000000Z_a.jpg";

  const operations: Readonly<Record<string, (failing: PhotoStore) => Promise<unknown>>> = {
    put_photo: (failing) => put_photo(failing, "ann", photo, signal),
    find_photo: (failing) => find_photo(failing, "ann", FILENAME, signal),
    list_photos: (failing) => list_photos(failing, "ann", "", signal),
    delete_photo: (failing) => delete_photo(failing, "ann", FILENAME, signal),
  };

  const failures: readonly [string, Scripted, string][] = [
    ["answers 500", s3_error(500, "InternalError"), "storage_unavailable"],
    ["answers 503", s3_error(503, "ServiceUnavailable"), "storage_unavailable"],
    ["asks to slow down", s3_error(503, "SlowDown"), "storage_unavailable"],
    ["answers 503 without a body", { status: 503 }, "storage_unavailable"],
    ["breaks the connection off", "reset", "storage_unavailable"],
    ["does not answer in time", "silence", "storage_unavailable"],
    ["waited too long for the request", s3_error(400, "RequestTimeout"), "storage_unavailable"],
    ["denies access", s3_error(403, "AccessDenied"), "storage_refused"],
    ["has no such bucket", s3_error(404, "NoSuchBucket"), "storage_refused"],
    ["finds the clock wrong", s3_error(403, "RequestTimeTooSkewed"), "storage_refused"],
    ["finds the request wrong", s3_error(400, "InvalidArgument"), "storage_refused"],
  ];

  const cases = Object.keys(operations).flatMap((operation) =>
    failures
      .filter(([does]) => operation !== "find_photo" || does !== "denies access")
      .map(([does, answer, code]) => ({ operation, does, answer, code })),
  );

  it.each(cases)("$operation: where S3 $does, $code", async ({ operation, answer, code }) => {
    const failing = await failing_store([answer]);
    const refusal = await caught(() => operations[operation]?.(failing));
    expect(refusal).toMatchObject({ code });
    expect(refusal).toHaveProperty("cause", expect.any(Error));
    expect(server?.requests).toHaveLength(1);
  });

  describe("that denies access to a photo", () => {
    const output = quiet();

    /** As S3 words it for a role of the same account. */
    const denial = (action: string, resource: string): Scripted =>
      s3_error(
        403,
        "AccessDenied",
        `User: arn:aws:sts::123456789012:assumed-role/r is not authorized to perform: ${action} on resource: ` +
          `&quot;${resource}&quot; because no identity-based policy allows the ${action} action`,
      );
    const unlisted = denial("s3:ListBucket", "arn:aws:s3:::yourplace");
    const forbidden = denial("s3:GetObject", "arn:aws:s3:::yourplace/ann/20200101T000000000Z_my canary.jpg");
    const find = async (answer: Scripted) =>
      caught_problem(async () => find_photo(await failing_store([answer]), "ann", FILENAME, signal));

    it("has no such photo where only the listing is denied, and says nothing of it in the log", async () => {
      expect(await find(unlisted)).toMatchObject(not_found);
      expect(output().text()).toBe("");
    });

    it.each([
      ["it denies the reading", forbidden],
      ["it does not say what it denies", s3_error(403, "AccessDenied")],
    ])("has no such photo where %s, with a warning that names none", async (_, answer) => {
      expect(await find(answer)).toMatchObject(not_found);
      expect(output().records()).toMatchObject([
        { level: "WARN", error: { name: "AccessDenied", aws_request_id: "TX234S0F24A06C7" } },
      ]);
      expect(output().text()).not.toMatch(/canary|ann|20200101/);
    });

    it("answers the same as for a photo that it says is missing", async () => {
      const missing = await find(s3_error(404, "NoSuchKey"));
      for (const answer of [unlisted, forbidden, s3_error(403, "AccessDenied")]) {
        const denied = await find(answer);
        expect(denied.details).toEqual(missing.details);
        expect(denied).not.toHaveProperty("cause");
      }
    });

    it("has none to delete where only the listing is denied", async () => {
      const deleting = async (answer: Scripted) =>
        caught_problem(async () => delete_photo(await failing_store([answer]), "ann", FILENAME, signal));
      expect(await deleting(unlisted)).toMatchObject(not_found);
      expect(await deleting(denial("s3:DeleteObject", "arn:aws:s3:::yourplace/ann/x"))).toMatchObject({
        code: "storage_refused",
      });
    });
  });

  it.each(Object.keys(operations))("%s: nobody listens there, storage_unavailable", async (operation) => {
    const failing = await failing_store([]);
    await server?.close();
    expect(await caught(() => operations[operation]?.(failing))).toMatchObject({
      code: "storage_unavailable",
    });
  });

  it("is asked again, and what then succeeds has succeeded", async () => {
    const failing = await failing_store([s3_error(503, "ServiceUnavailable"), { status: 204 }], 3);
    await delete_photo(failing, "ann", FILENAME, signal);
    expect(server?.requests).toHaveLength(2);
  });

  it("has no such photo any more where the answer to the first try of deleting it was lost", async () => {
    const failing = await failing_store(["reset", s3_error(412, "PreconditionFailed")], 3);
    expect(await caught(() => delete_photo(failing, "ann", FILENAME, signal))).toMatchObject(not_found);
    expect(server?.requests.map(({ method, headers }) => [method, headers["if-match"]])).toEqual([
      ["DELETE", "*"],
      ["DELETE", "*"],
    ]);
  });

  it("is asked to delete three times while another request changes the photo", async () => {
    const conflict = s3_error(409, "ConditionalRequestConflict");
    await delete_photo(await failing_store([conflict, conflict, { status: 204 }]), "ann", FILENAME, signal);
    expect(server?.requests).toHaveLength(3);
    await server?.close();
    const failing = await failing_store([conflict]);
    expect(await caught(() => delete_photo(failing, "ann", FILENAME, signal))).toMatchObject({
      code: "storage_unavailable",
    });
    expect(server?.requests).toHaveLength(3);
  });

  it.each([
    ["412", s3_error(412, "PreconditionFailed")],
    ["404", s3_error(404, "NoSuchKey")],
  ])("has no such photo where it answers a deletion %s at once", async (_, answer) => {
    const failing = await failing_store([answer], 3);
    expect(await caught(() => delete_photo(failing, "ann", FILENAME, signal))).toMatchObject(not_found);
  });

  it("ends with a problem where a photo is cut off while it is read", async () => {
    const headers = { "content-length": "2000", "content-type": "image/jpeg", etag: '"e"' };
    server = await scripted_server(() => ({ status: 200, headers, body: "short" }));
    const found = await find_photo({ s3: client_for(server.url), bucket: BUCKET }, "ann", FILENAME, signal);
    const reading = caught(() => found.read());
    await server.close();
    expect(await reading).toMatchObject({ code: "storage_unavailable" });
  });

  it("ends with a problem where an answer lacks what every photo has", async () => {
    const failing = await failing_store([{ status: 200, headers: { "content-length": "0" } }]);
    expect(await caught(() => find_photo(failing, "ann", FILENAME, signal))).toMatchObject({
      code: "storage_unavailable",
    });
  });

  it.each(Object.keys(operations))("%s: ends when the time is up", async (operation) => {
    const failing = await failing_store(["silence"]);
    const slow = { s3: client_for(server?.url ?? ""), bucket: BUCKET };
    const aborted = AbortSignal.timeout(50);
    const within_time: typeof operations = {
      put_photo: () => put_photo(slow, "ann", photo, aborted),
      find_photo: () => find_photo(slow, "ann", FILENAME, aborted),
      list_photos: () => list_photos(slow, "ann", "", aborted),
      delete_photo: () => delete_photo(slow, "ann", FILENAME, aborted),
    };
    expect(await caught(() => within_time[operation]?.(failing))).toMatchObject({
      code: "storage_unavailable",
    });
  });

  it("names no photo of the user in an answer", async () => {
    const failing = await failing_store([s3_error(403, "RequestTimeTooSkewed")]);
    const wanted = "20200101T000000000Z_canary.jpg";
    const refusal = await caught_problem(() => find_photo(failing, "ann", wanted, signal));
    expect(JSON.stringify(refusal.details)).not.toContain("canary");
  });
});

it("stores every key within the prefix of a user", async () => {
  const found = await keys();
  expect(found.length).toBeGreaterThan(0);
  for (const key of found) expect(key).toMatch(/^[^/]+\/(2026\/)?[^/]*$/);
});
