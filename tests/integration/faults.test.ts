/** S3 and Cognito fail in every way: refused, denied, throttled, cut off, silent. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sha256_of } from "../../layer/sha256.ts";
import { build_zip } from "../archive/zip_builder.ts";
import { jpeg_of } from "../support/fixture_photos.ts";
import { type Answer, file_form, read_problem } from "./client.ts";
import {
  always,
  cognito_fault,
  type Fault,
  type FaultProxy,
  first,
  type ProxiedRequest,
  s3_fault,
} from "./fault_proxy.ts";
import { type FaultyStack, start_faulty_stack } from "./faulty_stack.ts";
import { DEMO_USER, login, new_session, type Session } from "./session.ts";
import { begin_silence, type Silence } from "./silence.ts";
import { crashes, type TestStack, written_by } from "./stack.ts";
import { type Storage, storage_of } from "./storage.ts";

let silence: Silence;
let faulty: FaultyStack;
let stack: TestStack;
let s3: FaultProxy;
let cognito: FaultProxy;
let storage: Storage;
let session: Session;

beforeAll(async () => {
  silence = await begin_silence();
  faulty = await start_faulty_stack();
  ({ stack, s3, cognito } = faulty);
  storage = storage_of(stack);
  session = await new_session(stack, "unlucky");
});
afterAll(async () => {
  storage.close();
  await faulty.close();
  await silence.faulty.close();
});
afterEach(() => {
  s3.reset();
  cognito.reset();
});

/** Nothing is stored yet, so that what is left behind is seen. */
async function begin(): Promise<void> {
  await storage.clear(session.sub);
  await storage.clear(`.checksums/${session.sub}`);
}

const is_put = ({ method }: ProxiedRequest) => method === "PUT";
/** Not of a claim. */
const is_photo = (request: ProxiedRequest) => is_put(request) && !request.url.includes("/.checksums/");
const is_any = () => true;

const PHOTO = jpeg_of(60_000);
const upload = (): Promise<Answer> => session.post("/upload_single_photo", file_form("file", PHOTO));

const unzip = (...entries: { name: string; data: Buffer }[]): Promise<Answer> =>
  session.post("/unzip", file_form("archive", build_zip({ entries }), "photos.zip"));

const KNOWN = { name: "a.jpg", size: PHOTO.byteLength, checksum: sha256_of(PHOTO) };

/** Each request that needs S3, with what the log calls it. */
const requests: readonly (readonly [source: string, ask: () => Promise<Answer>])[] = [
  ["upload_single_photo", upload],
  ["unzip", () => unzip({ name: "a.jpg", data: PHOTO }, { name: "b.jpg", data: PHOTO })],
  ["check", () => session.json("/check", { photos: [KNOWN] })],
  ["list", () => session.json("/list")],
  ["download", () => session.download("20260101T000000000Z_photo.jpg")],
  ["delete", () => session.delete("20260101T000000000Z_photo.jpg")],
];

async function expect_nothing_left(): Promise<void> {
  expect(await storage.keys(session.sub)).toEqual([]);
  expect(await storage.unfinished()).toEqual([]);
}

function expect_unavailable(answer: Answer, code = "storage_unavailable"): void {
  read_problem(answer, 503, code);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
}

/** The log names the cause; that the answer does not is for `read_problem` to see. */
async function expect_logged(source: string, cause: string, work: () => Promise<void>): Promise<void> {
  const before = written_by(stack, source).length;
  await work();
  expect(written_by(stack, source).slice(before)).toContain(cause);
}

describe("S3 that is down", () => {
  it.each(requests)("is a 503 of %s with Retry-After, and nothing is left", async (source, ask) => {
    await begin();
    await s3.stop();
    try {
      await expect_logged(source, "ECONNREFUSED", async () => expect_unavailable(await ask()));
    } finally {
      await s3.start();
    }
    await expect_nothing_left();
  });

  it("is forgotten once it is back", async () => {
    await begin();
    expect((await upload()).status).toBe(201);
  });
});

describe.each<readonly [string, Fault, string]>([
  ["503 SlowDown", s3_fault(503, "SlowDown"), "SlowDown"],
  ["500 InternalError", s3_fault(500, "InternalError"), "InternalError"],
  [
    "a 502 of something in between",
    { status: 502, headers: { "content-type": "text/html" }, body: "<html>Bad Gateway" },
    '"aws_status":502',
  ],
])("S3 that answers %s", (_about, fault, cause) => {
  it.each(cause === "SlowDown" ? requests : requests.slice(0, 2))(
    "always is a 503 of %s with Retry-After, and nothing is left",
    async (source, ask) => {
      await begin();
      s3.script = always(is_any, fault);
      await expect_logged(source, cause, async () => expect_unavailable(await ask()));
      await expect_nothing_left();
      expect(s3.requests.length).toBeGreaterThan(1);
    },
  );

  it("once is made good by another try", async () => {
    await begin();
    s3.script = first(1, is_any, fault);
    expect((await upload()).status).toBe(201);
    expect(await storage.keys(session.sub)).toHaveLength(1);
  });
});

describe("S3 that denies access", () => {
  it.each(requests)("is what no try of %s can mend, and is logged", async (source, ask) => {
    await begin();
    s3.script = always(is_any, s3_fault(403, "AccessDenied"));
    await expect_logged(source, "AccessDenied", async () => {
      const answer = await ask();
      // S3 denies a photo that is missing, too, where the function may not list.
      if (source === "download") read_problem(answer, 404, "photo_not_found");
      else if (source === "check") expect(JSON.parse(answer.bytes.toString())).toEqual({ photos: [KNOWN] });
      else read_problem(answer, 502, "storage_refused");
      expect(answer.headers.get("retry-after")).toBeNull();
    });
    await expect_nothing_left();
  });

  it.each(requests.slice(2))(
    "is not taken for a photo that is missing when the bucket is: %s",
    async (_source, ask) => {
      await begin();
      s3.script = always(is_any, s3_fault(404, "NoSuchBucket"));
      read_problem(await ask(), 502, "storage_refused");
    },
  );
});

describe("a connection that is cut", () => {
  it("in the middle of a PUT, once, is made good by another try", async () => {
    await begin();
    s3.script = first(1, is_put, "cut_request");
    expect((await upload()).status).toBe(201);
    const [{ filename } = { filename: "" }, ...more] = (await session.list()).photos;
    expect(more).toEqual([]);
    expect((await session.download(filename)).bytes.equals(PHOTO)).toBe(true);
  });

  it("in the middle of each PUT is a 503, and nothing is left", async () => {
    await begin();
    s3.script = always(is_put, "cut_request");
    await expect_logged("upload_single_photo", "ECONNRESET", async () => expect_unavailable(await upload()));
    await expect_nothing_left();
  });

  it("in the middle of a photo's bytes is a 503 without any of them", async () => {
    await begin();
    const { filename } = await session.upload(PHOTO);
    s3.script = always(({ method }) => method === "GET", "cut_answer");
    const before = written_by(stack, "download").length;
    const answer = await session.download(filename);
    expect_unavailable(answer);
    expect(written_by(stack, "download").slice(before)).toMatch(/aborted|ECONNRESET|terminated|Premature/i);
    s3.reset();
    expect((await session.download(filename)).bytes.equals(PHOTO)).toBe(true);
  });

  it("in the middle of a listing, once, is a 503 or made good, never a part of the list", async () => {
    await begin();
    await session.upload(PHOTO);
    s3.script = first(1, ({ method }) => method === "GET", "cut_answer");
    const answer = await session.json("/list");
    if (answer.status !== 200) expect_unavailable(answer);
    s3.reset();
    expect((await session.list()).photos).toHaveLength(1);
  });

  it("where the answer to a PUT should be leaves a whole photo, and the answer names it", async () => {
    await begin();
    s3.script = first(1, is_put, "lose_answer");
    const answer = await upload();
    expect(answer.status).toBe(201);
    const { photos } = await session.list();
    const { filename } = JSON.parse(answer.bytes.toString());
    expect(photos.map((photo) => photo.filename)).toContain(filename);
    for (const photo of photos)
      expect((await session.download(photo.filename)).bytes.equals(PHOTO)).toBe(true);
  });

  it("where the answer to a DELETE should be: the photo is gone, and the answer says so in one of two ways", async () => {
    await begin();
    const { filename } = await session.upload(PHOTO);
    s3.script = first(1, ({ method }) => method === "DELETE", "lose_answer");
    const answer = await session.delete(filename);
    // The repeated request cannot be told from one for a photo that was never there.
    if (answer.status !== 200) read_problem(answer, 404, "photo_not_found");
    await expect_nothing_left();
  });
});

describe("a key that is taken", () => {
  it("by another photo of the same name in the same millisecond: the next one is taken, and both are whole", async () => {
    await begin();
    const other = jpeg_of(500);
    let taken = 0;
    s3.script = async (request) => {
      if (!is_photo(request) || taken === 3) return undefined;
      taken += 1;
      await storage.put(
        decodeURIComponent(request.url.split("?")[0] ?? "").replace("/yourplace/", ""),
        other,
      );
      return undefined;
    };
    expect((await upload()).status).toBe(201);
    const { photos } = await session.list();
    const sizes = photos.map(({ size }) => size);
    expect(sizes).toEqual([PHOTO.byteLength, 500, 500, 500]);
    for (const { filename, size } of photos) {
      expect((await session.download(filename)).bytes.equals(jpeg_of(size))).toBe(true);
    }
  });

  it("for as long as someone else writes it is tried again", async () => {
    await begin();
    s3.script = first(2, is_put, s3_fault(409, "ConditionalRequestConflict"));
    expect((await upload()).status).toBe(201);
    expect(await storage.keys(session.sub)).toHaveLength(1);
  });
});

describe("an archive, while S3 fails", () => {
  const entries = Array.from({ length: 9 }, (_, at) => ({ name: `${at}.jpg`, data: jpeg_of(2_000 + at) }));

  it("in the middle has an outcome for each entry, and what is said to be stored is", async () => {
    await begin();
    let puts = 0;
    s3.script = (request) => {
      if (!is_photo(request)) return undefined;
      puts += 1;
      return puts > 3 ? s3_fault(503, "SlowDown") : undefined;
    };
    const answer = await unzip(...entries);
    expect(answer.status).toBe(200);
    const { uploaded, skipped, failed } = JSON.parse(answer.bytes.toString());
    expect(uploaded).toHaveLength(3);
    expect(skipped).toEqual([]);
    expect(failed).toHaveLength(6);
    for (const { reason } of failed)
      expect(["storage_unavailable", "aborted", "not_attempted"]).toContain(reason);
    s3.reset();
    const stored = (await session.list()).photos.map(({ filename }) => filename);
    expect(stored.toSorted()).toEqual(
      uploaded.map(({ filename }: { filename: string }) => filename).toSorted(),
    );
    expect(await storage.unfinished()).toEqual([]);
  });

  it("for a moment is stored whole", async () => {
    await begin();
    s3.script = first(2, is_put, s3_fault(503, "SlowDown"));
    const { uploaded } = JSON.parse((await unzip(...entries)).bytes.toString());
    expect(uploaded).toHaveLength(9);
    expect(await storage.keys(session.sub)).toHaveLength(9);
  });

  // Of three parts, and yet small enough to send.
  const large = Buffer.alloc(12_000_000);
  for (let at = 0, seed = 1; at < large.byteLength; at += 64) {
    seed = (seed * 48_271) % 2_147_483_647;
    large.writeUInt8(seed & 0xff, at);
  }
  jpeg_of(20).copy(large);
  const is_part = ({ method, url }: ProxiedRequest) => method === "PUT" && url.includes("partNumber=2");

  it("at one part of a large photo, each time, is a 503, and no part is left", async () => {
    await begin();
    s3.script = always(is_part, s3_fault(503, "SlowDown"));
    const answer = await unzip({ name: "large.jpg", data: large });
    expect_unavailable(answer);
    expect(s3.requests.some(is_part)).toBe(true);
    expect(s3.requests.some(({ method, url }) => method === "DELETE" && url.includes("uploadId"))).toBe(true);
    s3.reset();
    await expect_nothing_left();
  });

  it("with the connection cut within a part, once, is stored whole", async () => {
    await begin();
    s3.script = first(1, is_part, "cut_request");
    const { uploaded } = JSON.parse((await unzip({ name: "large.jpg", data: large })).bytes.toString());
    expect(uploaded).toMatchObject([{ size: large.byteLength }]);
    expect(await storage.unfinished()).toEqual([]);
  });

  it("as the parts are put together is a 503, and no part is left", async () => {
    await begin();
    const is_completion = ({ method, url }: ProxiedRequest) => method === "POST" && url.includes("uploadId");
    s3.script = always(is_completion, s3_fault(500, "InternalError"));
    expect_unavailable(await unzip({ name: "large.jpg", data: large }));
    s3.reset();
    await expect_nothing_left();
  });
});

describe("Cognito", () => {
  const sign_in = () => login(stack, DEMO_USER);

  it.each<readonly [string, Fault]>([
    ["TooManyRequestsException", cognito_fault(400, "TooManyRequestsException")],
    ["LimitExceededException", cognito_fault(400, "LimitExceededException")],
    ["ThrottlingException", cognito_fault(400, "ThrottlingException")],
    ["InternalErrorException", cognito_fault(500, "InternalErrorException")],
    ["ServiceUnavailable", cognito_fault(503, "ServiceUnavailable")],
  ])("that answers %s is a 503 with Retry-After", async (cause, fault) => {
    cognito.script = always(is_any, fault);
    await expect_logged("login", cause, async () =>
      expect_unavailable(await sign_in(), "identity_unavailable"),
    );
  });

  it("that throttles once is made good by another try", async () => {
    cognito.script = first(1, is_any, cognito_fault(400, "TooManyRequestsException"));
    expect((await sign_in()).status).toBe(200);
    expect(cognito.requests).toHaveLength(2);
  });

  it("that is down is a 503 with Retry-After", async () => {
    await cognito.stop();
    try {
      await expect_logged("login", "ECONNREFUSED", async () =>
        expect_unavailable(await sign_in(), "identity_unavailable"),
      );
    } finally {
      await cognito.start();
    }
    expect((await sign_in()).status).toBe(200);
  });

  it("whose connection is cut in its answer is a 503", async () => {
    cognito.script = always(is_any, "cut_answer");
    expect_unavailable(await sign_in(), "identity_unavailable");
  });

  it.each<readonly [string, Fault]>([
    ["that denies access", cognito_fault(400, "AccessDeniedException")],
    ["that knows no such client", cognito_fault(400, "ResourceNotFoundException")],
    ["whose client allows no passwords", cognito_fault(400, "InvalidParameterException")],
    [
      "whose answer is no token",
      { status: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body: "{}" },
    ],
  ])("%s is a 502, and not the user's fault", async (_about, fault) => {
    cognito.script = always(is_any, fault);
    const answer = await sign_in();
    read_problem(answer, 502, "identity_refused");
    expect(answer.headers.get("retry-after")).toBeNull();
  });

  it("that asks for what is not supported is a 403 that says so", async () => {
    cognito.script = always(is_any, {
      status: 200,
      headers: { "content-type": "application/x-amz-json-1.1" },
      body: JSON.stringify({ ChallengeName: "SMS_MFA", Session: "s", ChallengeParameters: {} }),
    });
    read_problem(await sign_in(), 403, "challenge_not_supported");
  });
});

describe("silence", () => {
  it("once is made good by another try", async () => {
    expect((await silence.patient_upload).status).toBe(201);
    expect((await silence.patient.list()).photos).toHaveLength(1);
  });

  it.each(["login", "upload_single_photo", "unzip", "list", "download", "delete"])(
    "is a 503 of %s, before the gateway's own time is up",
    async (source) => {
      const answer = await silence.waiting_answers[source];
      if (answer === undefined) throw new Error(`Nothing was asked of ${source}.`);
      expect_unavailable(answer, source === "login" ? "identity_unavailable" : "storage_unavailable");
      expect(written_by(silence.faulty.stack, source)).toContain("TimeoutError");
    },
  );

  it("leaves nothing behind, and the functions work on", async () => {
    await Promise.all(Object.values(silence.waiting_answers));
    const { faulty, waiting, waiting_photo } = silence;
    faulty.s3.reset();
    expect((await waiting.list()).photos.map(({ filename }) => filename)).toEqual([waiting_photo]);
    expect((await waiting.download(waiting_photo)).status).toBe(200);
    const own = storage_of(faulty.stack);
    expect(await own.unfinished()).toEqual([]);
    own.close();
  });
});

it("no fault has ended a sandbox", () => {
  expect(crashes(stack)).toEqual([]);
  expect(crashes(silence.faulty.stack)).toEqual([]);
});
