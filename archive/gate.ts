/** Lets as much through at a time as fits, in the order of asking. */

export interface Gate {
  /** Resolves when so much more fits, or nothing else is inside. */
  enter(cost: number): Promise<void>;
  leave(cost: number): void;
}

export function open_gate(capacity: number): Gate {
  const waiting: { readonly cost: number; readonly enter: () => void }[] = [];
  let inside = 0;
  let used = 0;
  const admit = () => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      if (inside > 0 && used + first.cost > capacity) return;
      waiting.shift();
      inside += 1;
      used += first.cost;
      first.enter();
    }
  };
  return {
    enter: (cost) =>
      new Promise((enter) => {
        waiting.push({ cost, enter });
        admit();
      }),
    leave: (cost) => {
      inside -= 1;
      used -= cost;
      admit();
    },
  };
}
