import { expect, it, vi } from "vitest";
import { metered, REPORT } from "../../../bench/jobs/meter.ts";

/** What the handler answers, and the reports that were written. */
async function reports_of(handler: () => unknown, times: number): Promise<unknown[]> {
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    const invoke = metered(handler);
    for (let time = 0; time < times; time += 1) await Promise.resolve(invoke({}, {})).catch(() => {});
    return written.mock.calls
      .map(([text]) => String(text))
      .filter((text) => text.startsWith(REPORT))
      .map((text) => JSON.parse(text.slice(REPORT.length)));
  } finally {
    written.mockRestore();
  }
}

it("answers as the handler does, and its error is the handler's", async () => {
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await expect(metered((event, context) => [event, context])(1, 2)).resolves.toEqual([1, 2]);
  await expect(metered(() => Promise.reject(new Error("so")))(1, 2)).rejects.toThrow("so");
  written.mockRestore();
});

it("reports every invocation, and the start with the first one only", async () => {
  const process_memory = process.memoryUsage().rss / 2;
  const [first, second, ...more] = await reports_of(() => "answer", 2);
  expect(more).toEqual([]);
  expect(first).toMatchObject({ pid: process.pid });
  expect(Reflect.get(Object(first), "init_seconds")).toBeGreaterThan(0);
  expect(Reflect.get(Object(second), "init_seconds")).toBe(0);
  expect(Reflect.get(Object(second), "peak_rss")).toBeGreaterThan(process_memory);
});

it("reports one that fails", async () => {
  const thrown = () => {
    throw new Error("so");
  };
  expect(await reports_of(thrown, 1)).toHaveLength(1);
});
