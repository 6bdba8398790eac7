import { describe, expect, it } from "vitest";
import { progress_on } from "../../../local/demo/progress.ts";
import { CONTROL_CHARACTER, make_output } from "./written.ts";

describe("progress without a terminal", () => {
  it("is a line for each quarter that is passed, and no control character", () => {
    const written = make_output();
    const progress = progress_on(written.output)("photo.jpg", 1_000_000);
    for (const bytes of [100_000, 250_000, 260_000, 800_000, 1_000_000]) progress.done(bytes);
    progress.stop();
    expect(written.lines().map((line) => line.trim().split(/\s{2,}/))).toEqual([
      ["photo.jpg", "25 %", "250.0 kB of 1.0 MB"],
      ["photo.jpg", "75 %", "800.0 kB of 1.0 MB"],
      ["photo.jpg", "100 %", "1.0 MB of 1.0 MB"],
    ]);
    expect(written.text()).not.toMatch(CONTROL_CHARACTER);
  });

  it("tells what is known besides", () => {
    const written = make_output();
    progress_on(written.output)("Holiday.zip", 1_000_000).done(500_000, "3 of 7 entries");
    expect(written.text()).toMatch(/Holiday\.zip +50 % {2}500\.0 kB of 1\.0 MB, 3 of 7 entries\n$/);
  });
});

describe("progress in a terminal", () => {
  it("is a bar that ends where the upload ended", () => {
    const written = make_output({ terminal: true });
    const output = Object.assign(written.output, { columns: 100 });
    const progress = progress_on(output)("photo.jpg", 200_000);
    progress.done(100_000);
    progress.stop();
    const last_frame = written.text().split("photo.jpg").at(-1);
    expect(last_frame).toContain(`${"█".repeat(12)}${"░".repeat(12)} 50 %  100.0 kB of 200.0 kB`);
  });
});
