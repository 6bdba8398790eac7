/** `npm run bench:cold`: every built function starts in AWS's own runtime client, round after round, beside bare Node. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { circumstances, load } from "../lambda/machine.ts";
import { NoRuntimeClient, runtime_client } from "../lambda/runtime_client.ts";
import type { Usage } from "../lambda/sandbox.ts";
import { type Candidate, type Candidates, make_candidates } from "./candidates.ts";
import { over_budget, type Starts, starts_table } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "25" },
    "bootstrap-flags": { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

try {
  await run();
} catch (error) {
  if (!(error instanceof NoRuntimeClient)) throw error;
  say(error.message);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  const client = await runtime_client(say);
  const candidates = await make_candidates(client, options["bootstrap-flags"]);
  try {
    const load_before = load();
    const rounds = await measure(candidates);
    await tell(candidates, rounds, load_before);
  } finally {
    await candidates.remove();
  }
}

/** Each round begins with another candidate, so that nobody always runs after the same one. */
async function measure({ all }: Candidates): Promise<ReadonlyMap<Candidate, readonly Usage[]>> {
  const measured = new Map(all.map((candidate): [Candidate, Usage[]] => [candidate, []]));
  const rounds = Number(options.rounds);
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    const first = round % all.length;
    for (const candidate of [...all.slice(first), ...all.slice(0, first)]) {
      measured.get(candidate)?.push(await candidate.start());
    }
  }
  return measured;
}

async function tell(
  candidates: Candidates,
  measured: ReadonlyMap<Candidate, readonly Usage[]>,
  load_before: number,
): Promise<void> {
  const starts_of = ({ name, budget }: Candidate, rounds: readonly Usage[]): Starts => ({
    name,
    rounds,
    ...(budget !== undefined && { budget }),
  });
  const of = (candidate: Candidate) => starts_of(candidate, measured.get(candidate) ?? []);
  const all = candidates.all.map(of);
  const bare_node = of(candidates.bare_node);
  const slow = over_budget(all, bare_node);
  const report = [
    "# Results of the cold start bench",
    "Written by the bench itself; what is measured, and how to repeat it, is in [README.md](README.md#cold-starts).",
    [
      circumstances({ command: "npm run bench:cold --", load_before, load_after: load() }),
      `- ${options.rounds} rounds, each of one start of each; medians`,
      ...(options["bootstrap-flags"] ? ["- Node with the flags of Lambda's start script"] : []),
    ].join("\n"),
    starts_table(all, { bare_node, client_s3_only: of(candidates.client_s3_only) }),
    slow.length === 0 ? "Every function is within its budget." : `Over budget: ${slow.join(", ")}.`,
  ].join("\n\n");
  process.stdout.write(`${report}\n`);
  if (options.write) await writeFile(join(import.meta.dirname, "..", "COLD.md"), `${report}\n`);
  if (slow.length > 0) process.exitCode = 1;
}
