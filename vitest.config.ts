import { defineConfig } from "vitest/config";
import { CountReporter } from "./tests/support/count_reporter.ts";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    reporters: ["default", new CountReporter()],
    // Integration tests wait for processes of their own; one worker alone would leave the machine idle.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
