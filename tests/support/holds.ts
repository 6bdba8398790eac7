/** fast-check's `assert` for properties that are not asynchronous. */
import * as fc from "fast-check";

/** @throws Error with the smallest counterexample that was found */
export const holds: <Values>(property: fc.IProperty<Values>, options?: fc.Parameters<Values>) => void =
  fc.assert;
