import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { open_gate } from "../../archive/gate.ts";

/** Asks for each of the costs at once, and says in which order they came in. */
function ask(capacity: number, costs: readonly number[]) {
  const gate = open_gate(capacity);
  const inside: number[] = [];
  const order: number[] = [];
  const entering = costs.map((cost, index) =>
    gate.enter(cost).then(() => {
      inside.push(index);
      order.push(index);
    }),
  );
  const leave = (index: number) => {
    inside.splice(inside.indexOf(index), 1);
    gate.leave(costs[index] ?? 0);
  };
  return { inside, order, leave, all: Promise.all(entering) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a gate", () => {
  it("lets in what fits, in the order of asking, and a small one does not overtake", async () => {
    const { inside, leave } = ask(10, [6, 4, 5, 1]);
    await turn();
    expect(inside).toEqual([0, 1]);
    leave(1);
    await turn();
    expect(inside).toEqual([0]);
    leave(0);
    await turn();
    expect(inside).toEqual([2, 3]);
  });

  it("lets in alone what never fits", async () => {
    const { inside, leave } = ask(10, [3, 50, 3]);
    await turn();
    expect(inside).toEqual([0]);
    leave(0);
    await turn();
    expect(inside).toEqual([1]);
    leave(1);
    await turn();
    expect(inside).toEqual([2]);
  });

  it("holds no more than fits and lets everybody in at last", async () => {
    const costs = fc.array(fc.nat({ max: 12 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(costs, fc.nat({ max: 20 }), async (asked, capacity) => {
        const { inside, order, leave, all } = ask(capacity, asked);
        for (await turn(); inside.length > 0; await turn()) {
          const used = inside.reduce((sum, index) => sum + (asked[index] ?? 0), 0);
          expect(inside.length === 1 || used <= capacity).toBe(true);
          leave(inside[Math.floor(inside.length / 2)] ?? 0);
        }
        await all;
        expect(order).toEqual([...asked.keys()]);
      }),
    );
  });
});
