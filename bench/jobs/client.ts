/** The API as an app has it that signs in, uploads, and waits: over HTTP and nothing else. */
import { open } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import * as z from "zod";
import { DEMO_USER } from "../../local/config.ts";
import { complete_upload_response } from "../../schemas/complete_upload.ts";
import { type JobResponse, job_response } from "../../schemas/job.ts";
import { login_response } from "../../schemas/login.ts";
import { type RequestUploadRequest, request_upload_response } from "../../schemas/request_upload.ts";
import { unzip_started } from "../../schemas/unzip.ts";
import { upload_parts_response } from "../../schemas/upload_parts.ts";

export interface Client {
  /** The user's id, which Cognito's tokens have as `username`. */
  readonly user: string;
  /** Asks for a form, and sends it. */
  send_photo(declared: RequestUploadRequest, bytes: Uint8Array): Promise<Upload>;
  /** Asks for parts, and sends them, several at a time. */
  send_archive(declared: RequestUploadRequest, file: string): Promise<Upload>;
  /** Returns the filename. */
  complete_photo(uploadId: string): Promise<string>;
  /** Has the parts joined, and returns the id of the job. */
  complete_archive(uploadId: string): Promise<string>;
  /** Returns the id of the job, which is the same one. */
  unzip(uploadId: string): Promise<string>;
  /** Asks again and again until the job has ended; the last answer. */
  ended_job(jobId: string, pause_ms: number, on_progress: (job: JobResponse) => void): Promise<JobResponse>;
  /** What became of every entry, by as many pages as it takes. */
  outcomes(jobId: string): Promise<JobResponse["outcomes"]>;
  download(filename: string): Promise<Uint8Array>;
}

export interface Upload {
  readonly uploadId: string;
  /** From the asking to the last byte. */
  readonly seconds: number;
}

const PARTS_AT_ONCE = 4;
/** What one answer of /upload_parts signs. */
const SIGNED_AT_ONCE = 100;

export async function sign_in(url: string): Promise<Client> {
  const login = await fetch(`${url}/login`, { method: "POST", ...json(DEMO_USER) });
  const { jwt } = await body_of(login, "/login", 200, login_response);
  const send = (path: string, body: object): Promise<Response> => {
    const { headers, ...sent } = json(body);
    return fetch(url + path, {
      method: "POST",
      redirect: "manual",
      headers: { ...headers, JWT: jwt },
      ...sent,
    });
  };
  const post = async <Schema extends z.core.$ZodType>(
    path: string,
    body: object,
    status: number,
    schema: Schema,
  ): Promise<z.output<Schema>> => body_of(await send(path, body), path, status, schema);

  const signed = (uploadId: string, sign: readonly number[]) =>
    post("/upload_parts", { uploadId, sign }, 200, upload_parts_response);
  const ask = (jobId: string, cursor?: string) =>
    post("/job", { jobId, ...(cursor !== undefined && { cursor }) }, 200, job_response);

  return {
    user: user_of(jwt),
    async send_photo(declared, bytes) {
      const begin = performance.now();
      const answer = await post("/request_upload", declared, 201, request_upload_response);
      if (answer.method !== "POST") throw new Error("a photo is to be uploaded as a form");
      const form = new FormData();
      for (const [name, value] of Object.entries(answer.fields)) form.set(name, value);
      form.set("file", new Blob([Buffer.from(bytes)]));
      await accepted(await fetch(answer.url, { method: "POST", body: form }));
      return { uploadId: answer.uploadId, seconds: since(begin) };
    },
    async send_archive(declared, file) {
      const begin = performance.now();
      const answer = await post("/request_upload", declared, 201, request_upload_response);
      if (answer.method !== "PUT") throw new Error("an archive is to be uploaded in parts");
      const { uploadId, parts, partSize } = answer;
      // Not a Blob of the file: slices of Node's are empty from 2 GiB on.
      await using handle = await open(file);
      const numbers = Array.from({ length: parts }, (_, index) => index + 1);
      for (let at = 0; at < parts; at += SIGNED_AT_ONCE) {
        const { urls } = await signed(uploadId, numbers.slice(at, at + SIGNED_AT_ONCE));
        const left = Object.entries(urls).values();
        const work = async () => {
          for (const [number, part_url] of left) {
            const start = (Number(number) - 1) * partSize;
            const body = Buffer.alloc(Math.min(partSize, declared.size - start));
            await handle.read(body, 0, body.byteLength, start);
            await accepted(await fetch(part_url, { method: "PUT", body }));
          }
        };
        await Promise.all(Array.from({ length: PARTS_AT_ONCE }, work));
      }
      return { uploadId, seconds: since(begin) };
    },
    async complete_photo(uploadId) {
      // 200 where the function behind the queue was faster.
      const answer = await send("/complete_upload", { uploadId });
      const status = answer.status === 200 ? 200 : 201;
      const photo = await body_of(answer, "/complete_upload", status, complete_upload_response);
      if (!("filename" in photo)) throw new Error("a photo is to have a filename");
      return photo.filename;
    },
    async complete_archive(uploadId) {
      const archive = await post("/complete_upload", { uploadId }, 202, complete_upload_response);
      if (!("jobId" in archive)) throw new Error("an archive is to have a job");
      return archive.jobId;
    },
    unzip: async (uploadId) => (await post("/unzip", { uploadId }, 202, unzip_started)).jobId,
    async ended_job(jobId, pause_ms, on_progress) {
      for (;;) {
        const job = await ask(jobId);
        if (job.state === "done" || job.state === "refused") return job;
        on_progress(job);
        await setTimeout(pause_ms);
      }
    },
    async outcomes(jobId) {
      const all: JobResponse["outcomes"] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await ask(jobId, cursor);
        all.push(...page.outcomes);
        cursor = page.cursor;
        if (cursor === undefined) return all;
      }
    },
    async download(filename) {
      const answer = await send("/download", { filename });
      const location = answer.headers.get("location");
      const file = location === null ? answer : await fetch(location);
      if (file.status !== 200) throw new Error(`a photo is answered with ${file.status}`);
      return new Uint8Array(await file.arrayBuffer());
    },
  };
}

const json = (body: object) => ({
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

const since = (begin: number): number => (performance.now() - begin) / 1000;

const problem = z.object({ code: z.string() });

/** @throws Error that names the status and the code, and nothing else of the answer */
async function body_of<Schema extends z.core.$ZodType>(
  answer: Response,
  path: string,
  status: number,
  schema: Schema,
): Promise<z.output<Schema>> {
  const body: unknown = await answer.json();
  if (answer.status === status) return z.parse(schema, body);
  const { data } = problem.safeParse(body);
  throw new Error(`${path} is answered with ${answer.status} ${data?.code ?? ""}, not ${status}`);
}

/** @throws Error where S3 did not take it */
async function accepted(answer: Response): Promise<void> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`S3 has answered ${answer.status} ${/<Code>(\w+)</.exec(text)?.[1] ?? ""}`);
}

const claims = z.object({ username: z.string() });

/** The signature is the stack's own concern. */
function user_of(jwt: string): string {
  const [, payload = ""] = jwt.split(".");
  return claims.parse(JSON.parse(Buffer.from(payload, "base64url").toString())).username;
}
