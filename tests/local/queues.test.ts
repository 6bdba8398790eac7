import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { BUCKET, CREDENTIALS, REGION, read_config } from "../../local/config.ts";
import type { Queue } from "../../local/queue/queue.ts";
import { type Stack, type StackSettings, start_stack } from "../../local/stack.ts";

const root = mkdtempSync(path.join(tmpdir(), "photo-uploader-queues-"));
const stacks: Stack[] = [];
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.close();
});
afterAll(() => rmSync(root, { recursive: true }));

const TOY = { memory_mb: 128, timeout_s: 10, environment: [], permissions: {} };
const table_file = path.join(root, "table.json");
writeFileSync(
  table_file,
  JSON.stringify({
    functions: {
      authorizer: TOY,
      admit: { ...TOY, queue: "admissions" },
      extract: { ...TOY, queue: "extractions" },
    },
  }),
);

/**
 * What a toy does with a message is in the object's key: `hang` waits for long, `fail` throws, `slow` takes its time.
 * Each begin and each end is a line of the file `seen`.
 */
const toy = (seen: string) => `
  const fs = require("node:fs");
  const note = (line) => fs.appendFileSync(${JSON.stringify(seen)}, JSON.stringify(line) + "\\n");
  exports.handler = async ({ Records }) => {
    for (const { body, attributes, eventSourceARN } of Records) {
      const event = JSON.parse(body);
      const key = event.Records?.[0].s3.object.key ?? event.Event;
      const line = { key, name: process.env.AWS_LAMBDA_FUNCTION_NAME, queue: eventSourceARN, received: attributes.ApproximateReceiveCount };
      note({ ...line, at: "begin" });
      const first = attributes.ApproximateReceiveCount === "1";
      if (key.includes("fail")) throw new Error("no");
      if (key.includes("hang") && first) await new Promise((resolve) => setTimeout(resolve, 60_000));
      if (key.includes("slow")) await new Promise((resolve) => setTimeout(resolve, 300));
      note({ ...line, at: "end" });
    }
  };`;

const seen_line = z.object({
  key: z.string(),
  name: z.string(),
  queue: z.string(),
  received: z.string(),
  at: z.enum(["begin", "end"]),
});

let folders = 0;

/** A folder for one stack after the other, with functions that note what they see. */
function new_place() {
  const dir = path.join(root, String(++folders));
  const seen = path.join(dir, "seen");
  for (const name of ["authorizer", "admit", "extract"]) {
    mkdirSync(path.join(dir, "dist", "functions", name), { recursive: true });
    writeFileSync(path.join(dir, "dist", "functions", name, "index.cjs"), toy(seen));
  }
  mkdirSync(path.join(dir, "dist", "layer", "nodejs"), { recursive: true });
  appendFileSync(seen, "");
  const lines = () =>
    readFileSync(seen, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => seen_line.parse(JSON.parse(line)));
  return { dir, dist_dir: path.join(dir, "dist"), data_dir: path.join(dir, "data"), lines };
}
type Place = ReturnType<typeof new_place>;

async function start(
  place: Place,
  settings: Partial<StackSettings> = {},
  environment: Record<string, string> = {},
) {
  const log: string[] = [];
  const ports = { PORT: "0", S3_PORT: "0", COGNITO_PORT: "0" };
  const config = read_config({ ...ports, DATA_DIR: place.data_dir, QUEUE_RETRY_S: "0", ...environment });
  const on_log = (line: string, source: string) => log.push(`${source}: ${line}`);
  const stack = await start_stack({ config, on_log, table_file, dist_dir: place.dist_dir, ...settings });
  stacks.push(stack);
  const client = new S3Client({ endpoint: stack.s3.url, region: REGION, credentials: CREDENTIALS });
  const put = async (Key: string) => {
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "a" }));
  };
  return { stack, log, put };
}

async function empty({ queues }: Stack): Promise<void> {
  const waiting = (queue: Queue) => queue.counts().visible + queue.counts().not_visible;
  await expect.poll(() => Object.values(queues).map(waiting), { timeout: 15_000 }).toEqual([0, 0]);
}

const of_key = (place: Place, key: string) => place.lines().filter((line) => line.key === key);

describe("an object", () => {
  it("invokes the function of the queue that its prefix leads to, and no other object does", async () => {
    const place = new_place();
    const { stack, put } = await start(place);
    for (const key of [".quarantine/ann/a b", ".tasks/ann/1/plan", "ann/photo.jpg", ".outcomes/ann/1"]) {
      await put(key);
    }
    await empty(stack);
    const ends = place.lines().filter(({ at }) => at === "end");
    expect(ends.map(({ key, name, queue }) => `${key} ${name} ${queue}`).toSorted()).toEqual([
      ".quarantine/ann/a+b admit arn:aws:sqs:eu-central-1:000000000000:admissions",
      ".tasks/ann/1/plan extract arn:aws:sqs:eu-central-1:000000000000:extractions",
      "s3:TestEvent admit arn:aws:sqs:eu-central-1:000000000000:admissions",
      "s3:TestEvent extract arn:aws:sqs:eu-central-1:000000000000:extractions",
    ]);
  });

  it("does so twice with QUEUE_CHAOS", async () => {
    const place = new_place();
    const { stack, put } = await start(place, {}, { QUEUE_CHAOS: "on" });
    for (const key of [".tasks/a", ".tasks/b"]) await put(key);
    await empty(stack);
    const tasks = place.lines().filter(({ key, at }) => key.startsWith(".tasks/") && at === "end");
    expect(tasks.map(({ key, received }) => `${key} ${received}`).toSorted()).toEqual([
      ".tasks/a 1",
      ".tasks/a 1",
      ".tasks/b 1",
      ".tasks/b 1",
    ]);
  });
});

describe("a worker that is killed", () => {
  it("leaves its message to the next one", async () => {
    const place = new_place();
    const { stack, put, log } = await start(place);
    await empty(stack);
    await put(".tasks/hang");
    await expect.poll(() => of_key(place, ".tasks/hang"), { timeout: 10_000 }).toHaveLength(1);
    expect(await stack.functions.extract?.kill_one()).toBe(true);
    await empty(stack);
    expect(of_key(place, ".tasks/hang").map(({ at, received }) => `${at} ${received}`)).toEqual([
      "begin 1",
      "begin 2",
      "end 2",
    ]);
    expect(log).toContain("extractions: 1 of 1 have failed: Runtime.ExitError");
  });
});

describe("a message that fails for ever", () => {
  it("is given up aloud, and tried again by a start that says so", async () => {
    const place = new_place();
    const first = await start(place);
    await first.put(".tasks/fail");
    await empty(first.stack);
    expect(of_key(place, ".tasks/fail").map(({ received }) => received)).toEqual(["1", "2", "3", "4", "5"]);
    expect(first.stack.queues.extractions?.dead_letters()).toMatchObject([{ received: 5 }]);
    expect(first.log.filter((line) => line.includes("dead letter"))).toEqual([
      "extractions: 1 dead letter more, after 5 receives; npm start -- --redrive tries again",
    ]);
    await first.stack.close();

    const second = await start(place);
    await empty(second.stack);
    expect(second.stack.queues.extractions?.counts().dead).toBe(1);
    await second.stack.close();
    expect(of_key(place, ".tasks/fail")).toHaveLength(5);

    const third = await start(place, { redrive: true });
    await empty(third.stack);
    expect(of_key(place, ".tasks/fail")).toHaveLength(10);
  });
});

describe("a stack that is closed", () => {
  it("lets what is under way end", async () => {
    const place = new_place();
    const { stack, put } = await start(place);
    await put(".tasks/slow");
    await expect.poll(() => of_key(place, ".tasks/slow"), { timeout: 10_000 }).toHaveLength(1);
    await stack.close();
    const again = await start(place);
    await empty(again.stack);
    expect(of_key(place, ".tasks/slow").map(({ at, received }) => `${at} ${received}`)).toEqual([
      "begin 1",
      "end 1",
    ]);
  });

  it("does not wait for ever; what it has stopped is done after the next start", async () => {
    const place = new_place();
    const { stack, put } = await start(place);
    await put(".tasks/hang");
    await expect.poll(() => of_key(place, ".tasks/hang"), { timeout: 10_000 }).toHaveLength(1);
    await stack.close();
    const again = await start(place);
    await empty(again.stack);
    expect(of_key(place, ".tasks/hang").map(({ at, received }) => `${at} ${received}`)).toEqual([
      "begin 1",
      "begin 2",
      "end 2",
    ]);
    expect(place.lines().filter(({ key, at }) => key === "s3:TestEvent" && at === "end")).toHaveLength(2);
  });

  it("has forgotten everything after a reset", async () => {
    const place = new_place();
    const first = await start(place);
    await first.put(".tasks/fail");
    await empty(first.stack);
    await first.stack.close();
    const second = await start(place, { reset: true });
    await empty(second.stack);
    expect(second.stack.queues.extractions?.counts().dead).toBe(0);
    expect(existsSync(path.join(place.data_dir, "queues", "messages.sqlite"))).toBe(true);
  });
});
