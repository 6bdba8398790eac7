/** What waits in the queues of a stack. */
import { expect, vi } from "vitest";
import type { Queue } from "../../local/queue/queue.ts";
import type { TestStack } from "./stack.ts";

const waiting = (queue: Queue): number => queue.counts().visible + queue.counts().not_visible;

/** Until every message has been dealt with, those included that are sent meanwhile. */
export async function queues_are_empty({ queues }: TestStack, timeout = 20_000): Promise<void> {
  const none = Object.values(queues).map(() => 0);
  await vi.waitFor(() => expect(Object.values(queues).map(waiting)).toEqual(none), { timeout, interval: 50 });
}

/** How many messages of all queues have been given up. */
export const dead_letters = ({ queues }: TestStack): number =>
  Object.values(queues).reduce((sum, queue) => sum + queue.counts().dead, 0);
