/** What a start may take, in times of bare Node's in the same run: of time, and of processor time. */

/** Those of functions that know S3, of which every other one is. */
const WITH_S3 = 4.8;

const BUDGETS: ReadonlyMap<string, number> = new Map([
  ["authorizer", 2.5],
  ["login", 3.8],
]);

export const budget_of = (function_name: string): number => BUDGETS.get(function_name) ?? WITH_S3;
