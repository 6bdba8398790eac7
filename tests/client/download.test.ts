/** What S3 refuses is S3's refusal, whether the redirect to it was followed here or by the browser. */
import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { ConnectionError, createClient, type Fetch, ProblemError } from "../../client/index.ts";
import { rejection } from "../support/caught.ts";
import {
  BASE,
  type FakeServer,
  fake_server,
  gateway,
  json,
  problem,
  signed_in_tokens,
} from "./fake_server.ts";

const client_of = ({ fetch }: { fetch: Fetch }, baseUrl = BASE) =>
  createClient({ baseUrl, tokens: signed_in_tokens(), fetch, retries: 1 });

const DENIED = "<Error><Code>AccessDenied</Code></Error>";

/** What a page is given of a redirect: nothing, or where it led to (Fetch, sections 2.2.6 and 4.4). */
const as_page = (answer: Response, more: { type?: Response["type"]; redirected?: boolean }): Response => {
  for (const [name, value] of Object.entries(more)) Object.defineProperty(answer, name, { value });
  return answer;
};

/** A page's fetch, whose redirects lead to what S3 says. */
const in_page = (from_s3: () => Response): FakeServer =>
  fake_server(({ path }, { redirect }) => {
    if (path === "/refresh") return json({ jwt: "j2", refreshToken: "r", expiresIn: 3_600 });
    return redirect === "manual"
      ? as_page(new Response(null), { type: "opaqueredirect" })
      : as_page(from_s3(), { redirected: true });
  });

const in_node = (from_s3: () => Response): FakeServer =>
  fake_server(({ path }) =>
    path === "/download"
      ? new Response(null, { status: 303, headers: { location: "https://s3/photo" } })
      : from_s3(),
  );

describe.each([
  ["in a page", in_page, ["/download", "/download"]],
  ["in Node", in_node, ["/download", "https://s3/photo"]],
])("a photo at S3, %s", (_, server_of, paths) => {
  it.each([403, 404])("that is refused with a %i has failed, and costs no refresh", async (status) => {
    const server = server_of(() => new Response(DENIED, { status }));
    expect(await rejection(client_of(server).download("photo"), ProblemError)).toMatchObject({
      status,
      code: "download_failed",
    });
    expect(server.paths()).toEqual(paths);
  });

  it("comes as it is", async () => {
    const server = server_of(() => new Response("bytes"));
    const { response } = await client_of(server).download("photo");
    expect(await response.text()).toBe("bytes");
  });
});

describe("a download", () => {
  it("that the gateway refuses is asked for again with another token", async () => {
    const server = fake_server(({ path, token }) => {
      if (path === "/refresh") return json({ jwt: "j2", refreshToken: "r", expiresIn: 3_600 });
      return token === "j2" ? new Response("bytes") : gateway(403, "Forbidden");
    });
    const { response } = await client_of(server).download("photo");
    expect(await response.text()).toBe("bytes");
  });

  it("that a function refuses has the function's problem", async () => {
    const server = fake_server(() => problem(404, "photo_not_found"));
    expect(await rejection(client_of(server).download("photo"), ProblemError)).toMatchObject({
      code: "photo_not_found",
    });
  });
});

describe("a connection that breaks within a body", () => {
  /** Half of what it announces. */
  async function breaking<Result>(status: number, work: (url: string) => Promise<Result>): Promise<Result> {
    const server = createServer((_, response) => {
      response.writeHead(status, { "content-type": "application/json", "content-length": "100" });
      response.write('{"photos":', () => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = z.object({ port: z.number() }).parse(server.address());
    try {
      return await work(`http://127.0.0.1:${port}`);
    } finally {
      server.close();
    }
  }

  it.each([200, 404])("is told as one, of a %i", async (status) => {
    await breaking(status, (url) => rejection(client_of({ fetch }, url).listPage(), ConnectionError));
  });

  it("is the reader's, where the bytes are a photo's", async () => {
    await breaking(200, async (url) => {
      const { response } = await client_of({ fetch }, url).download("photo");
      await rejection(response.arrayBuffer(), TypeError);
    });
  });
});
