import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { SQSEvent } from "aws-lambda";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import {
  type EventSourceMappingSettings,
  start_event_source_mapping,
} from "../../../local/lambda/event_source_mapping.ts";
import type { Invocation } from "../../../local/lambda/function.ts";
import { type QueueSettings, Queues } from "../../../local/queue/queue.ts";
import { make_toys } from "./toy_function.ts";

const root = mkdtempSync(path.join(tmpdir(), "photo-uploader-mapping-"));
const toys = make_toys();
afterAll(async () => {
  await toys.remove();
  rmSync(root, { recursive: true });
});

const ended: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

const REGION = "eu-central-1";
let files = 0;

function open_queue(settings: Partial<QueueSettings> = {}) {
  const queues = new Queues({ file: path.join(root, `${++files}.sqlite`), region: REGION });
  const queue = queues.open({ name: "work", visibility_timeout_s: 60, max_receive_count: 3, ...settings });
  return { queues, queue };
}

type Answer = (event: SQSEvent) => Promise<Invocation>;

/** A mapping onto a function that a test plays itself; nothing has to be waited for but a retry of 10 ms. */
function start(
  answer: Answer,
  settings: Partial<EventSourceMappingSettings> = {},
  queue_settings: Partial<QueueSettings> = {},
) {
  const { queues, queue } = open_queue(queue_settings);
  const events: SQSEvent[] = [];
  const log: string[] = [];
  const mapping = start_event_source_mapping({
    queue,
    invoke: async (event) => {
      const parsed: SQSEvent = JSON.parse(JSON.stringify(event));
      events.push(parsed);
      return answer(parsed);
    },
    region: REGION,
    batch_size: 10,
    max_concurrency: 2,
    retry_s: 0.01,
    log: (line) => log.push(line),
    ...settings,
  });
  ended.push(async () => {
    await mapping.stop();
    queues.close();
  });
  const empty = () =>
    expect.poll(() => queue.counts(), { timeout: 10_000 }).toMatchObject({ visible: 0, not_visible: 0 });
  return { queue, mapping, events, log, empty };
}

const all_well: Answer = async () => ({ payload: null });
const bodies = (event: SQSEvent | undefined) => event?.Records.map(({ body }) => body);
const failures = (...ids: string[]): Invocation => ({
  payload: { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) },
});

describe("an invocation", () => {
  it("has SQS's event", async () => {
    const { queue, events, empty } = start(all_well);
    queue.send("hello");
    await empty();
    expect(events).toEqual([
      {
        Records: [
          {
            messageId: expect.stringMatching(/^[\da-f-]{36}$/),
            receiptHandle: expect.any(String),
            body: "hello",
            attributes: {
              ApproximateReceiveCount: "1",
              SentTimestamp: expect.stringMatching(/^\d{13}$/),
              SenderId: expect.any(String),
              ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
            },
            messageAttributes: {},
            md5OfBody: "5d41402abc4b2a76b9719d911017c592",
            eventSource: "aws:sqs",
            eventSourceARN: "arn:aws:sqs:eu-central-1:000000000000:work",
            awsRegion: REGION,
          },
        ],
      },
    ]);
  });

  it("has what is there, up to the size of a batch", async () => {
    const { queue, events, empty } = start(all_well, { batch_size: 2 });
    for (const body of ["a", "b", "c"]) queue.send(body);
    await empty();
    expect(events.map(bodies)).toEqual([["a", "b"], ["c"]]);
  });

  it("waits for more where there is a window, and no longer", async () => {
    const long = start(all_well, { batch_size: 2, batching_window_s: 60 });
    long.queue.send("a");
    await expect.poll(() => long.queue.counts().not_visible).toBe(1);
    expect(long.events).toEqual([]);
    long.queue.send("b");
    await long.empty();
    expect(long.events.map(bodies)).toEqual([["a", "b"]]);

    const short = start(all_well, { batch_size: 2, batching_window_s: 0.05 });
    short.queue.send("alone");
    await short.empty();
    expect(short.events.map(bodies)).toEqual([["alone"]]);
  });

  it("is one of as many at once as there may be", async () => {
    let inside = 0;
    let most = 0;
    const answer: Answer = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
      return { payload: null };
    };
    const { queue, events, empty } = start(answer, { batch_size: 1, max_concurrency: 3 });
    for (let message = 0; message < 12; message += 1) queue.send("a");
    await empty();
    expect(most).toBe(3);
    expect(events).toHaveLength(12);
  });
});

describe("messages", () => {
  it("that are named as failed come again, and the others do not", async () => {
    const answer: Answer = async ({ Records }) =>
      failures(
        ...Records.filter(
          ({ body, attributes }) => body === "twice" && attributes.ApproximateReceiveCount === "1",
        ).map(({ messageId }) => messageId),
      );
    const { queue, events, log, empty } = start(answer);
    for (const body of ["once", "twice", "also once"]) queue.send(body);
    await empty();
    expect(events.map(bodies)).toEqual([["once", "twice", "also once"], ["twice"]]);
    const [first, second] = events.map(({ Records }) => Records.find(({ body }) => body === "twice"));
    expect(second).toMatchObject({
      messageId: first?.messageId,
      attributes: {
        ApproximateReceiveCount: "2",
        ApproximateFirstReceiveTimestamp: first?.attributes.ApproximateFirstReceiveTimestamp,
      },
    });
    expect(second?.receiptHandle).not.toBe(first?.receiptHandle);
    expect(log).toEqual(["1 of 3 have failed"]);
  });

  it.each<[string, Invocation, string]>([
    [
      "throws",
      { function_error: { errorType: "TypeError", errorMessage: "of a secret" } },
      "2 of 2 have failed: TypeError",
    ],
    ["is not invoked", { refused: "TooManyRequests" }, "2 of 2 have failed: TooManyRequests"],
    ["answers nonsense", { payload: "done" }, "2 of 2 have failed"],
  ])("come again, all of a batch, when the function %s", async (_what, first, line) => {
    const answers = [first];
    const { queue, events, log, empty } = start(async () => answers.shift() ?? { payload: null });
    for (const body of ["a", "b"]) queue.send(body);
    await empty();
    expect(events.map(({ Records }) => Records.length).at(0)).toBe(2);
    const again = events.slice(1).flatMap(({ Records }) => Records);
    expect(again.map(({ body }) => body).toSorted()).toEqual(["a", "b"]);
    expect(again.map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(["2", "2"]);
    expect(log).toEqual([line]);
  });

  it("that fail for ever become dead letters, and keep nobody from the others", async () => {
    const dead: number[] = [];
    const answer: Answer = async ({ Records }) =>
      failures(...Records.filter(({ body }) => body === "poison").map(({ messageId }) => messageId));
    const { queue, events, empty } = start(answer, {}, { on_dead: (messages) => dead.push(messages) });
    for (const body of ["poison", "fine"]) queue.send(body);
    await empty();
    const tries = events.flatMap(({ Records }) => Records).filter(({ body }) => body === "poison");
    expect(tries.map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(["1", "2", "3"]);
    expect(queue.counts()).toEqual({ visible: 0, not_visible: 0, dead: 1 });
    expect(dead).toEqual([1]);
  });

  it("that were there before the mapping are taken too", async () => {
    const { queues, queue } = open_queue();
    queue.send("early");
    const seen: unknown[] = [];
    const invoke = async (event: unknown) => {
      seen.push(event);
      return { payload: null };
    };
    const mapping = start_event_source_mapping({
      queue,
      invoke,
      region: REGION,
      batch_size: 10,
      max_concurrency: 1,
      retry_s: 0.01,
    });
    await expect.poll(() => queue.next_visible()).toBeUndefined();
    await mapping.stop();
    queues.close();
    expect(seen).toHaveLength(1);
  });
});

describe("a mapping that stops", () => {
  it("takes nothing more, and waits for what is under way", async () => {
    let finish = () => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const answer: Answer = async () => {
      await held;
      return { payload: null };
    };
    const { queue, mapping, events } = start(answer, { batch_size: 1, max_concurrency: 1 });
    for (const body of ["under way", "later"]) queue.send(body);
    await expect.poll(() => events.length).toBe(1);
    let stopped = false;
    const stopping = mapping.stop().then(() => {
      stopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    finish();
    await stopping;
    expect(events.map(bodies)).toEqual([["under way"]]);
    expect(queue.counts()).toMatchObject({ visible: 1, not_visible: 0 });
  });

  it("puts back what waits for its batch to become full", async () => {
    const { queue, mapping } = start(all_well, { batching_window_s: 60 });
    queue.send("a");
    await expect.poll(() => queue.counts().not_visible).toBe(1);
    await mapping.stop();
    expect(queue.counts()).toMatchObject({ visible: 1, not_visible: 0 });
  });
});

describe("a worker that ends in the midst of a message", () => {
  const attempts = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").length : 0);

  it.each([
    ["is killed", "process.kill(process.pid, 'SIGKILL')", "Runtime.ExitError"],
    ["is out of time", "await new Promise(() => setTimeout(() => {}, 60000))", "Sandbox.Timedout"],
    ["throws", "throw new RangeError('no')", "RangeError"],
  ])("because it %s leaves it to the next one", async (what, end, error_type) => {
    const file = path.join(root, `attempts: ${what}`);
    const source = `const fs = require("node:fs"); exports.handler = async (event) => {
      fs.appendFileSync(${JSON.stringify(file)}, ".");
      if (event.Records[0].attributes.ApproximateReceiveCount === "1") { ${end}; }
      return { batchItemFailures: [] }; };`;
    const { invoke } = toys.create(what, source, { timeout_s: 1 });
    const { queue, log, empty } = start(all_well, { invoke });
    queue.send("a");
    await empty();
    expect(attempts(file)).toBe(2);
    expect(log).toEqual([`1 of 1 have failed: ${error_type}`]);
    expect(queue.counts().dead).toBe(0);
  });

  it("because it is killed from outside leaves it to the next one", async () => {
    const file = path.join(root, "attempts: from outside");
    const source = `const fs = require("node:fs"); exports.handler = async (event) => {
      fs.appendFileSync(${JSON.stringify(file)}, ".");
      if (event.Records[0].attributes.ApproximateReceiveCount === "1") await new Promise((r) => setTimeout(r, 60000));
    };`;
    const toy = toys.create("killed from outside", source);
    const { queue, empty } = start(all_well, { invoke: toy.invoke });
    queue.send("a");
    await vi.waitFor(() => expect(attempts(file)).toBe(1), { timeout: 10_000 });
    expect(await toy.kill_one()).toBe(true);
    await empty();
    expect(attempts(file)).toBe(2);
  });
});
