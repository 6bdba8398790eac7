/** What a piece of code throws, to be looked at. */
import { is_problem, type Problem } from "../../layer/errors.ts";

/** @throws Error if nothing is thrown */
export async function caught(action: () => unknown): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
}

/** @throws Error if anything but a problem is thrown, or nothing */
export async function caught_problem(action: () => unknown): Promise<Problem> {
  const error = await caught(action);
  if (is_problem(error)) return error;
  throw new Error("What was thrown is no problem.", { cause: error });
}

/** What the promise rejects with, which has to be such an error. @throws Error if it is another, or none */
export async function rejection<Expected extends Error>(
  promise: Promise<unknown>,
  kind: abstract new (...parts: never[]) => Expected,
): Promise<Expected> {
  const error = await caught(() => promise);
  if (error instanceof kind) return error;
  throw new Error(`What was thrown is no ${kind.name}.`, { cause: error });
}
