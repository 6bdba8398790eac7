import { createServer, type RequestListener } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { send_bytes, send_upload } from "../../../local/demo/multipart_upload.ts";

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0)) close();
});

/** The URL of a server that answers in this way. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  opened.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return `http://127.0.0.1:${address.port}`;
}

/** Answers with what a form parser of another make finds in the form. */
const echo_form: RequestListener = async (request, response) => {
  const { "content-type": type = "", "content-length": length, jwt } = request.headers;
  const bytes = await buffer(request);
  const form = await new Response(bytes, { headers: { "content-type": type } }).formData();
  const [field, file] = [...form].at(-1) ?? [];
  const content = file instanceof File ? Buffer.from(await file.arrayBuffer()).toString("base64") : "";
  const name = file instanceof File ? file.name : "";
  const texts = [...form].slice(0, -1);
  const whole = Number(length) === bytes.byteLength;
  response.end(JSON.stringify({ field, name, content, jwt, whole, texts }));
};

const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7) % 256));

describe("send_upload", () => {
  it("sends the file in its field, byte for byte, with its length and the headers given", async () => {
    const url = await serve(echo_form);
    const file = { name: 'Ünï "quoted".jpg', bytes };
    const answer = await send_upload({ url, field: "archive", file, headers: { JWT: "token" } });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.bytes.toString())).toEqual({
      field: "archive",
      name: 'Ünï "quoted".jpg',
      content: bytes.toString("base64"),
      jwt: "token",
      whole: true,
      texts: [],
    });
  });

  it("sends the fields before the file, as they are and in their order", async () => {
    const url = await serve(echo_form);
    const fields = { key: "incoming/a/1", "Content-Type": "image/jpeg", name: "Ünï ☕" };
    const answer = await send_upload({
      url,
      fields,
      field: "file",
      file: { name: "a.jpg", bytes },
      headers: {},
    });
    expect(JSON.parse(answer.bytes.toString())).toMatchObject({
      texts: Object.entries(fields),
      field: "file",
      content: bytes.toString("base64"),
      whole: true,
    });
  });

  it("counts the bytes of the file, as they go, to the last", async () => {
    const url = await serve(echo_form);
    const counts: number[] = [];
    const on_sent = (sent: number) => counts.push(sent);
    await send_upload({ url, field: "file", file: { name: "a.jpg", bytes }, headers: {}, on_sent });
    expect(counts).toEqual([65_536, 131_072, 196_608, 200_000]);
  });

  it("counts nothing that the connection has not taken", async () => {
    const counts: number[] = [];
    const large = Buffer.alloc(64 * 1024 * 1024);
    const url = await serve((request, response) => {
      // Reads nothing, so that no more than what buffers hold can go.
      request.pause();
      setTimeout(() => response.writeHead(200).end(), 200);
    });
    const file = { name: "a.jpg", bytes: large };
    await send_upload({ url, field: "file", file, headers: {}, on_sent: (sent) => counts.push(sent) });
    expect(counts.at(-1) ?? 0).toBeLessThan(large.byteLength);
  });

  it("gives an answer that comes before all has been sent", async () => {
    const url = await serve((request, response) => {
      response.writeHead(413, { "x-why": "too large" }).end("no");
      request.resume();
    });
    const file = { name: "a.jpg", bytes: Buffer.alloc(20_000_000) };
    const answer = await send_upload({ url, field: "file", file, headers: {} });
    expect({ ...answer, headers: answer.headers.get("x-why"), bytes: answer.bytes.toString() }).toEqual({
      status: 413,
      headers: "too large",
      bytes: "no",
    });
  });

  it("rejects when nobody answers", async () => {
    const url = await serve((request) => request.destroy());
    const file = { name: "a.jpg", bytes };
    await expect(send_upload({ url, field: "file", file, headers: {} })).rejects.toThrow(
      /hang up|ECONNRESET|EPIPE/,
    );
  });
});

describe("send_bytes", () => {
  it("puts the bytes as they are, with their length and nothing of a form, and counts them", async () => {
    const url = await serve(async (request, response) => {
      const { "content-length": length, "content-type": type } = request.headers;
      const content = (await buffer(request)).toString("base64");
      response.end(JSON.stringify({ method: request.method, length, type, content }));
    });
    const counts: number[] = [];
    const answer = await send_bytes(url, bytes, (sent) => counts.push(sent));
    expect(JSON.parse(answer.bytes.toString())).toEqual({
      method: "PUT",
      length: "200000",
      content: bytes.toString("base64"),
    });
    expect(counts.at(-1)).toBe(200_000);
  });
});
