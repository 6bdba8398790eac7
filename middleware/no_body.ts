/** No body: whatever a client sends along is not looked at. */
import type { BodyKind } from "./pipeline.ts";

export const no_body = (): BodyKind<undefined> => ({ middleware: [], read: () => undefined });
