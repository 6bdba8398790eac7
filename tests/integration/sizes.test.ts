/** Photos that are too large for an answer are fetched from S3 itself, by a URL that lasts for minutes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jpeg_of } from "../support/fixture_photos.ts";
import { read_disposition, send } from "./client.ts";
import { new_session, type Session } from "./session.ts";
import { start_test_stack, type TestStack } from "./stack.ts";
import { type Storage, stamp, storage_of } from "./storage.ts";

let stack: TestStack;
let storage: Storage;
let session: Session;
beforeAll(async () => {
  stack = await start_test_stack();
  storage = storage_of(stack);
  session = await new_session(stack, "large");
});
afterAll(async () => {
  storage.close();
  await stack.close();
});

let stored = 0;
async function seed(bytes: Buffer, name: string): Promise<string> {
  stored += 1;
  const filename = `${stamp(Date.now() - 1e7 + stored)}_${name}`;
  await storage.put(`${session.sub}/${filename}`, bytes);
  return filename;
}

async function location_of(filename: string, disposition?: string): Promise<URL> {
  const answer = await session.json("/download", { filename, ...(disposition && { disposition }) });
  expect(answer.status).toBe(303);
  expect(answer.bytes.byteLength).toBe(0);
  expect(answer.headers.get("cache-control")).toBe("private, no-store");
  return new URL(answer.headers.get("location") ?? "");
}

describe("a photo", () => {
  it.each([4_400_000, 4_499_999, 4_500_000])("of %i bytes is the answer itself", async (size) => {
    const bytes = jpeg_of(size);
    const answer = await session.download(await seed(bytes, "fits.jpg"));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-length")).toBe(String(size));
    expect(answer.bytes.equals(bytes)).toBe(true);
  });

  it.each([4_500_001, 4_800_000, 12_000_000])("of %i bytes is a 303 to a URL that gives it", async (size) => {
    const bytes = jpeg_of(size);
    const name = 'Größe "XL" \u{1f3d4}.jpg';
    const url = await location_of(await seed(bytes, name));
    const answer = await send(url.href);
    expect(answer.status).toBe(200);
    expect(answer.bytes.equals(bytes)).toBe(true);
    expect(answer.headers.get("content-type")).toBe("image/jpeg");
    expect(answer.headers.get("content-length")).toBe(String(size));
    expect(answer.headers.get("cache-control")).toContain("no-store");
    expect(read_disposition(answer.headers.get("content-disposition"))).toEqual({ type: "attachment", name });
  });

  it("is fetched in one go by a client that follows redirects", async () => {
    const bytes = jpeg_of(5_000_000);
    const filename = await seed(bytes, "followed.jpg");
    const answer = await send(`${stack.url}/download`, {
      method: "POST",
      redirect: "follow",
      headers: { JWT: session.token, "content-type": "application/json" },
      body: JSON.stringify({ filename }),
    });
    expect(answer.status).toBe(200);
    expect(answer.bytes.equals(bytes)).toBe(true);
  });

  it("is shown in place where the client asks for that", async () => {
    const url = await location_of(await seed(jpeg_of(4_600_000), "shown.jpg"), "inline");
    const header = (await send(url.href)).headers.get("content-disposition");
    expect(read_disposition(header)).toEqual({ type: "inline", name: "shown.jpg" });
  });
});

describe("the URL", () => {
  it("lasts for minutes, and says so in what is signed", async () => {
    const url = await location_of(await seed(jpeg_of(4_600_000), "x.jpg"));
    const seconds = Number(url.searchParams.get("X-Amz-Expires"));
    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(seconds).toBeLessThanOrEqual(900);
  });

  it("is refused when any part of it is changed", async () => {
    const filename = await seed(jpeg_of(4_600_000), "mine.jpg");
    const other = await seed(jpeg_of(4_600_000), "other.jpg");
    const url = await location_of(filename);
    const changed = (change: (url: URL) => void): string => {
      const copy = new URL(url);
      change(copy);
      expect(copy.href).not.toBe(url.href);
      return copy.href;
    };
    const set = (name: string, value: string) => changed((copy) => copy.searchParams.set(name, value));
    const tampered = [
      set("X-Amz-Expires", "604800"),
      set("X-Amz-Date", `${stamp(Date.now() + 60_000).slice(0, 15)}Z`),
      set("X-Amz-Signature", "0".repeat(64)),
      set("X-Amz-Credential", "someone/20260101/eu-central-1/s3/aws4_request"),
      set("response-content-type", "text/html"),
      set("response-content-disposition", "inline"),
      set("versionId", "null"),
      changed((copy) => copy.searchParams.delete("response-content-disposition")),
      changed((copy) => copy.searchParams.delete("X-Amz-Signature")),
      changed((copy) => {
        copy.search = "";
      }),
      changed((copy) => {
        copy.pathname = copy.pathname.replace("mine", "other");
      }),
      changed((copy) => {
        copy.pathname = `/yourplace/${session.sub}/${other}`;
      }),
      changed((copy) => {
        copy.pathname = "/yourplace/";
      }),
    ];
    for (const href of tampered) {
      const answer = await send(href);
      // 400 is S3's answer where a parameter of the signature is missing.
      expect([400, 403], href).toContain(answer.status);
      expect(answer.bytes.byteLength).toBeLessThan(5_000);
    }
    for (const method of ["PUT", "DELETE", "POST"]) {
      expect((await send(url.href, { method })).status).toBeGreaterThanOrEqual(400);
    }
    expect((await send(url.href)).status).toBe(200);
  });

  it("gives nothing once the photo is deleted", async () => {
    const filename = await seed(jpeg_of(4_600_000), "x.jpg");
    const url = await location_of(filename);
    expect((await session.delete(filename)).status).toBe(200);
    // Not 404: the URL has the function's permissions, and it may not list.
    expect((await send(url.href)).status).toBe(403);
  });
});
