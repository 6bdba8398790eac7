/** What a piece of code throws, to be looked at. */

/** @throws Error if nothing is thrown */
export async function caught(action: () => unknown): Promise<unknown> {
  try {
    await action();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
}
