import { expect, it } from "vitest";
import { billed_requests, costs, gb_seconds } from "../../../bench/jobs/costs.ts";
import { no_tally, type Tally } from "../../../bench/jobs/tally.ts";
import { read_functions_table } from "../../../local/functions_table.ts";

const invocation = { pid: 1, init_seconds: 0.5, seconds: 1.5, cpu_seconds: 1, peak_rss: 1e8 };

const tally: Tally = {
  ...no_tally(),
  calls: {
    client: { UploadPart: 10 },
    extract: { PutObject: 90, GetObject: 7, HeadObject: 3 },
    admit: { DeleteObject: 1 },
  },
  invocations: { extract: [invocation, invocation], job: [{ ...invocation, init_seconds: 0 }] },
  messages: 2,
};

const table = read_functions_table();

it("a start is billed, by the memory of the function", () => {
  expect(gb_seconds(2_048, [invocation, invocation])).toBe(8);
});

it("requests are billed as writes, as reads, or not at all", () => {
  expect(billed_requests(tally)).toEqual({ writes: 100, reads: 10 });
  expect(() => billed_requests({ calls: { x: { RestoreObject: 1 } } })).toThrow(/RestoreObject/);
});

it("the arithmetic that is shown gives the dollars", () => {
  for (const { arithmetic, dollars } of costs(tally, table, 1e9)) {
    const [over = "", below = "1"] = arithmetic.replaceAll(",", "").split(" / ");
    const shown = over.split(" × ").reduce((product, factor) => product * Number.parseFloat(factor), 1);
    expect(shown / Number(below)).toBeCloseTo(dollars, 5);
    expect(dollars).toBeGreaterThan(0);
  }
});

it("only what has a route goes through the HTTP API", () => {
  const api = costs(tally, table, 1e9).find(({ what }) => what === "HTTP API");
  expect(api?.arithmetic).toBe("1 × 1.2 / 1,000,000");
});
