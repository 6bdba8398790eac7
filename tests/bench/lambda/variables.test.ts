import { describe, expect, it } from "vitest";
import { variables_of } from "../../../bench/lambda/variables.ts";
import { read_functions_table } from "../../../local/functions_table.ts";

describe("variables_of", () => {
  it.each(Object.entries(read_functions_table()))("has all that %s wants", (_name, { environment }) => {
    expect(Object.keys(variables_of(environment))).toEqual([...environment]);
  });

  it("says what it has no value for", () => {
    expect(() => variables_of(["UNHEARD_OF"])).toThrow("UNHEARD_OF");
  });
});
