/** Shows how much of an upload or an extraction is done, while the client tells of it. */
import type { UnzipProgress } from "../../../client/index.ts";
import type { ShownProgress } from "../progress.ts";
import type { SignedInStage } from "./stage.ts";

/** @param work is given what the client calls with its progress; each phase but the reading has a bar of its own */
export async function with_progress<Result>(
  { progress }: SignedInStage,
  label: string,
  work: (on_progress: (event: UnzipProgress) => void) => Promise<Result>,
): Promise<Result> {
  const bars = new Map<string, ShownProgress>();
  try {
    return await work((event) => {
      // What an archive comes to is known once its directory has been read.
      if (event.phase === "checking" || event.total === 0) return;
      const bar = bars.get(event.phase) ?? progress(label, event.total);
      bars.set(event.phase, bar);
      bar.done(event.done, "entries" in event ? entries_text(event.entries) : undefined);
      if (event.done === event.total) bar.stop();
    });
  } finally {
    for (const bar of bars.values()) bar.stop();
  }
}

const entries_text = ({ done, total }: { done: number; total: number }): string =>
  `${done} of ${total} entries`;
