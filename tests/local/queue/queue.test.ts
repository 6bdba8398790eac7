import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type Chaos, type QueueSettings, Queues } from "../../../local/queue/queue.ts";

const PROJECT = path.join(import.meta.dirname, "..", "..", "..");
const root = mkdtempSync(path.join(tmpdir(), "photo-uploader-queue-"));
afterAll(() => rmSync(root, { recursive: true }));

const opened: Queues[] = [];
afterEach(() => {
  for (const queues of opened.splice(0)) queues.close();
});

let files = 0;
const new_file = () => path.join(root, `${++files}.sqlite`);

/** A queue whose time stands still until it is told to go on. */
function open({
  file = new_file(),
  chaos,
  ...settings
}: Partial<QueueSettings> & { file?: string; chaos?: Chaos } = {}) {
  const clock = { now: 1_000_000 };
  const queues = new Queues({
    file,
    region: "eu-central-1",
    now: () => clock.now,
    ...(chaos && { chaos }),
  });
  opened.push(queues);
  const dead: number[] = [];
  const open_queue = (name: string) =>
    queues.open({
      name,
      visibility_timeout_s: 30,
      max_receive_count: 3,
      on_dead: (messages) => dead.push(messages),
      ...settings,
    });
  const close = () => {
    opened.splice(opened.indexOf(queues), 1);
    queues.close();
  };
  const wait = (seconds: number) => {
    clock.now += seconds * 1000;
  };
  return { queue: open_queue("arrivals"), open_queue, dead, clock, wait, close };
}

const bodies = (messages: readonly { body: string }[]) => messages.map(({ body }) => body);

describe("a message", () => {
  it("is received with what SQS says of it, and no more once it is deleted", () => {
    const { queue, clock } = open();
    queue.send("hello");
    const [message] = queue.receive(10);
    expect(message).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      receipt: expect.stringMatching(/^[\da-f-]{36}$/),
      body: "hello",
      sent: clock.now,
      received: 1,
      first_received: clock.now,
    });
    expect(queue.delete(message?.receipt ?? "")).toBe(true);
    expect(queue.counts()).toEqual({ visible: 0, not_visible: 0, dead: 0 });
    expect(queue.next_visible()).toBeUndefined();
  });

  it("is hidden while somebody is at it, and comes again after its visibility time", () => {
    const { queue, clock, wait } = open();
    queue.send("hello");
    const [first] = queue.receive(10);
    expect(queue.receive(10)).toEqual([]);
    expect(queue.next_visible()).toBe(clock.now + 30_000);
    wait(29.999);
    expect(queue.receive(10)).toEqual([]);
    wait(0.001);
    const [second] = queue.receive(10);
    expect(second).toMatchObject({ id: first?.id, received: 2, first_received: first?.first_received });
    expect(second?.receipt).not.toBe(first?.receipt);
  });

  it("comes again sooner or later when its visibility is changed", () => {
    const { queue, wait } = open();
    queue.send("hello");
    expect(queue.change_visibility(queue.receive(1)[0]?.receipt ?? "", 0)).toBe(true);
    const [again] = queue.receive(1);
    expect(again).toMatchObject({ received: 2 });
    expect(queue.change_visibility(again?.receipt ?? "", 0.07)).toBe(true);
    wait(0.069);
    expect(queue.receive(1)).toEqual([]);
    wait(0.001);
    expect(queue.receive(1)).toHaveLength(1);
  });

  it("is no longer in the hands of whoever received it before", () => {
    const { queue, wait } = open();
    queue.send("hello");
    const stale = queue.receive(1)[0]?.receipt ?? "";
    wait(30);
    const fresh = queue.receive(1)[0]?.receipt ?? "";
    expect(queue.delete(stale)).toBe(false);
    expect(queue.change_visibility(stale, 0)).toBe(false);
    expect(queue.counts()).toMatchObject({ not_visible: 1 });
    expect(queue.delete(fresh)).toBe(true);
  });

  it("becomes a dead letter when it would be received more often than it may", () => {
    const { queue, dead, wait } = open({ max_receive_count: 2 });
    queue.send("poison");
    for (const received of [1, 2]) {
      expect(queue.receive(10)).toMatchObject([{ received }]);
      expect(queue.counts()).toEqual({ visible: 0, not_visible: 1, dead: 0 });
      wait(30);
    }
    expect(queue.receive(10)).toEqual([]);
    expect(dead).toEqual([1]);
    expect(queue.counts()).toEqual({ visible: 0, not_visible: 0, dead: 1 });
    expect(queue.dead_letters()).toMatchObject([{ body: "poison", received: 2 }]);
  });

  it("that is deleted at its last receive does not", () => {
    const { queue, dead, wait } = open({ max_receive_count: 1 });
    queue.send("just in time");
    queue.delete(queue.receive(1)[0]?.receipt ?? "");
    wait(30);
    expect(queue.receive(1)).toEqual([]);
    expect(dead).toEqual([]);
  });

  it("that was dead can be sent anew, with nothing counted", () => {
    const { queue, wait } = open({ max_receive_count: 1 });
    for (const body of ["a", "b"]) queue.send(body);
    queue.receive(10);
    wait(30);
    queue.receive(10);
    expect(bodies(queue.dead_letters())).toEqual(["a", "b"]);
    expect(queue.redrive()).toBe(2);
    expect(queue.dead_letters()).toEqual([]);
    expect(queue.receive(10)).toMatchObject([
      { body: "a", received: 1 },
      { body: "b", received: 1 },
    ]);
  });
});

describe("a queue", () => {
  it("gives as many as are asked for, the oldest first", () => {
    const { queue } = open();
    for (const body of ["a", "b", "c"]) queue.send(body);
    expect(bodies(queue.receive(2))).toEqual(["a", "b"]);
    expect(queue.counts()).toEqual({ visible: 1, not_visible: 2, dead: 0 });
    expect(bodies(queue.receive(2))).toEqual(["c"]);
  });

  it("has nothing to do with another in the same file", () => {
    const { queue, open_queue } = open();
    const other = open_queue("others");
    queue.send("a");
    expect(other.receive(10)).toEqual([]);
    const [message] = queue.receive(10);
    expect(other.delete(message?.receipt ?? "")).toBe(false);
    expect(other.counts()).toEqual({ visible: 0, not_visible: 0, dead: 0 });
  });

  it("calls who watches it after something is sent, not while it is", async () => {
    const { queue } = open();
    const seen: number[] = [];
    const stop = queue.watch(() => seen.push(queue.counts().visible));
    queue.send("a");
    expect(seen).toEqual([]);
    await Promise.resolve();
    expect(seen).toEqual([1]);
    stop();
    queue.send("b");
    await Promise.resolve();
    expect(seen).toEqual([1]);
  });

  it("that is opened again has its messages, receive counts and dead letters, and hides none", () => {
    const file = new_file();
    const first = open({ file, max_receive_count: 2 });
    first.queue.send("dead");
    for (let receive = 0; receive < 3; receive += 1) {
      first.queue.receive(1);
      first.wait(30);
    }
    expect(first.dead).toEqual([1]);
    first.queue.send("tried");
    expect(bodies(first.queue.receive(1))).toEqual(["tried"]);
    first.queue.send("new");
    first.close();

    const { queue } = open({ file, max_receive_count: 2 });
    expect(bodies(queue.dead_letters())).toEqual(["dead"]);
    expect(queue.receive(10)).toMatchObject([
      { body: "tried", received: 2 },
      { body: "new", received: 1 },
    ]);
  });
});

describe("a process that is killed", () => {
  it("leaves every message, also what it was at, as SQS would", async () => {
    const file = new_file();
    const source = `
      import { Queues } from ${JSON.stringify(path.join(PROJECT, "local", "queue", "queue.ts"))};
      const queues = new Queues({ file: ${JSON.stringify(file)}, region: "eu-central-1" });
      const queue = queues.open({ name: "arrivals", visibility_timeout_s: 3600, max_receive_count: 3 });
      for (const body of ["done", "under way", "waiting"]) queue.send(body);
      queue.delete(queue.receive(1)[0].receipt);
      queue.receive(1);
      process.kill(process.pid, "SIGKILL");`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", source], { stdio: "ignore" });
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);

    const queues = new Queues({ file, region: "eu-central-1" });
    opened.push(queues);
    const queue = queues.open({ name: "arrivals", visibility_timeout_s: 3600, max_receive_count: 3 });
    const left = queue.receive(10).map(({ body, received }) => [body, received]);
    expect(left.toSorted()).toEqual([
      ["under way", 2],
      ["waiting", 1],
    ]);
  });
});

describe("chaos", () => {
  it("delivers each message twice, one copy soon and one late, each with a count of its own", () => {
    const { queue, wait } = open({ chaos: { soon_ms: 100, late_ms: 2_000, random: () => 0.5 } });
    queue.send("twice");
    expect(queue.receive(10)).toEqual([]);
    wait(0.05);
    const [soon] = queue.receive(10);
    queue.delete(soon?.receipt ?? "");
    wait(0.95);
    const late = queue.receive(10);
    expect(late).toMatchObject([{ id: soon?.id, body: "twice", received: 1 }]);
    queue.delete(late[0]?.receipt ?? "");
    expect(queue.counts()).toEqual({ visible: 0, not_visible: 0, dead: 0 });
  });

  it("keeps no order and loses nothing, whatever comes", () => {
    const seeds = fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
    let reordered = 0;
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), seeds, (messages, numbers) => {
        const random = () => numbers.next().value;
        const { queue, wait, close } = open({ chaos: { soon_ms: 100, late_ms: 2_000, random } });
        const sent = Array.from({ length: messages }, (_, at) => String(at));
        for (const body of sent) queue.send(body);
        wait(2);
        const received = bodies(queue.receive(1_000));
        close();
        expect(received.toSorted()).toEqual([...sent, ...sent].toSorted());
        if (received.join() !== [...sent, ...sent].join()) reordered += 1;
      }),
      { numRuns: 20 },
    );
    expect(reordered).toBeGreaterThan(0);
  });
});
