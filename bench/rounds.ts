/** Round after round of the same measurements, side by side, so that what else the machine does hits all of them. */

export interface Series<M> {
  readonly name: string;
  readonly measure: () => Promise<M>;
  readonly rounds: M[];
  /** Why there are no more rounds. */
  failure?: string;
}

/** What is measured over one archive. */
export interface Course<M> {
  readonly name: string;
  readonly series: readonly Series<M>[];
  /** Before each round. */
  readonly prepare: () => Promise<void>;
}

/** A round of a course begins only while there is time, so that all its series have the same number of rounds. */
export async function measure_rounds<M>(
  courses: readonly Course<M>[],
  { rounds, minutes }: { readonly rounds: number; readonly minutes: number },
  progress: (line: string) => void,
): Promise<void> {
  const deadline = Date.now() + minutes * 60_000;
  for (let round = 0; round < rounds; round += 1) {
    for (const course of courses) {
      if (Date.now() >= deadline) return;
      progress(`round ${round + 1} of ${rounds}: ${course.name}`);
      await course.prepare();
      await measure_round(course.series, round);
    }
  }
}

/** Each round begins with another series, so that nobody always runs after the same one. */
async function measure_round<M>(series: readonly Series<M>[], round: number): Promise<void> {
  const first = round % series.length;
  for (const one of [...series.slice(first), ...series.slice(0, first)]) {
    if (one.failure !== undefined) continue;
    try {
      one.rounds.push(await one.measure());
    } catch (error) {
      one.failure = error instanceof Error ? error.message : String(error);
    }
  }
}
