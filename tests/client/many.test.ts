/** Any number of photos goes in as few requests as the API takes, and has an outcome each. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { checksumOf, createClient, type PhotoToCheck, ProblemError } from "../../client/index.ts";
import { check_request } from "../../schemas/check.ts";
import { rejection } from "../support/caught.ts";
import { BASE, fake_server, gateway, json, no_answer, problem, signed_in_tokens } from "./fake_server.ts";

const files_of = z.object({ files: z.array(z.string()).min(1).max(1_000) });
const signed_in = signed_in_tokens();

const client_of = (server: ReturnType<typeof fake_server>) =>
  createClient({ baseUrl: BASE, tokens: signed_in, fetch: server.fetch, retries: 0 });

const names = (count: number) => Array.from({ length: count }, (_, index) => `photo-${index}`);

describe.each(["deleteMany", "restore"] as const)("%s", (method) => {
  /** Does so many a request, and the rest not. */
  const server_of = (most: number, done = "deleted") =>
    fake_server(({ body }) => {
      const { files } = files_of.parse(body);
      return json({
        outcomes: files.map((file, at) => ({ file, outcome: at < most ? done : "not_attempted" })),
      });
    });

  it("asks for a thousand at a time, and gives the outcomes in their order", async () => {
    const server = server_of(1_000);
    const outcomes = await client_of(server)[method](names(2_500));
    expect(outcomes.map(({ file }) => file)).toEqual(names(2_500));
    expect(server.asked.map(({ body }) => files_of.parse(body).files.length)).toEqual([1_000, 1_000, 500]);
  });

  it("asks again for what there was no time for", async () => {
    const server = server_of(400);
    const outcomes = await client_of(server)[method](names(1_000));
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(["deleted"]));
    expect(server.paths()).toHaveLength(3);
  });

  it("ends where nothing is done any more", async () => {
    for (const server of [server_of(0), server_of(10, "failed")]) {
      const outcomes = await client_of(server)[method](names(20));
      expect(outcomes).toHaveLength(20);
      expect(server.paths()).toHaveLength(1);
    }
  });

  it("asks for a photo once that is named twice, and gives its outcome twice", async () => {
    const server = server_of(10);
    const outcomes = await client_of(server)[method](["a", "b", "a"]);
    expect(outcomes.map(({ file }) => file)).toEqual(["a", "b", "a"]);
    expect(server.asked.map(({ body }) => body)).toEqual([{ files: ["a", "b"] }]);
  });

  it.each([
    ["storage_refused", () => problem(502, "storage_refused")],
    ["gateway_403", () => gateway(403, "Forbidden")],
    ["no_answer", no_answer],
  ])("keeps what is known when a later request fails with %s", async (code, failure) => {
    const good = server_of(1_000);
    let requests = 0;
    const server = fake_server((asked, init) => {
      if (asked.path === "/refresh") return json({ jwt: "j", refreshToken: "r", expiresIn: 3_600 });
      requests += 1;
      return requests === 1 ? good.fetch(BASE + asked.path, init) : failure();
    });
    const files = names(2_500);
    const outcomes = await client_of(server)[method](files);
    expect(outcomes).toEqual(
      files.map((file, at) =>
        at < 1_000
          ? { file, outcome: "deleted" }
          : at < 2_000
            ? { file, outcome: "failed", code }
            : { file, outcome: "not_attempted" },
      ),
    );
  });

  it("tells of those that were asked for again, and of no others, that they have failed", async () => {
    const good = server_of(2);
    const server = fake_server(({ path }, init) =>
      good.asked.length === 0 ? good.fetch(BASE + path, init) : problem(502, "storage_refused"),
    );
    expect(await client_of(server)[method](["a", "b", "c"])).toEqual([
      { file: "a", outcome: "deleted" },
      { file: "b", outcome: "deleted" },
      { file: "c", outcome: "failed", code: "storage_refused" },
    ]);
  });

  it("rejects where nothing is known, or when it is aborted", async () => {
    const refused = fake_server(() => problem(502, "storage_refused"));
    expect(await rejection(client_of(refused)[method](names(2_000)), ProblemError)).toMatchObject({
      code: "storage_refused",
    });
    expect(refused.paths()).toHaveLength(1);
    const stop = new AbortController();
    const good = server_of(1_000);
    const stopping = fake_server(({ path }, init) => {
      if (good.asked.length === 1) stop.abort(new Error("enough"));
      return good.fetch(BASE + path, init);
    });
    const stopped = client_of(stopping)[method](names(3_000), { signal: stop.signal });
    expect((await rejection(stopped, Error)).message).toBe("enough");
  });

  it("asks for nothing where there is nothing", async () => {
    const server = server_of(10);
    expect(await client_of(server)[method]([])).toEqual([]);
    expect(server.asked).toEqual([]);
  });
});

describe("check", () => {
  const server_of = () =>
    fake_server(({ body }, init) => {
      expect(String(init.body).length).toBeLessThanOrEqual(65_536);
      const { photos } = check_request.parse(body);
      return json({ photos });
    });

  it("asks for as many at a time as the API takes, whatever their names", async () => {
    const photo = fc.record({
      name: fc.oneof(fc.string({ minLength: 1, maxLength: 1_024 }), fc.constant("\u0001".repeat(1_024))),
      size: fc.nat(),
      checksum: fc.constant("0".repeat(64)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(photo, { maxLength: 600, size: "max" }), async (photos: PhotoToCheck[]) => {
        const checked = await client_of(server_of()).check(photos);
        expect(checked).toEqual(photos);
      }),
      { numRuns: 20 },
    );
  });

  it("asks once for 250 ordinary ones", async () => {
    const server = server_of();
    await client_of(server).check(names(251).map((name) => ({ name, size: 1, checksum: "0".repeat(64) })));
    expect(server.paths()).toEqual(["/check", "/check"]);
  });
});

describe("checksumOf", () => {
  it("is the SHA-256", async () => {
    // FIPS 180-2, appendix B.1
    expect(await checksumOf(new Blob(["abc"]))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });
});
