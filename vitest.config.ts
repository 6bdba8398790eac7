import { defineConfig } from "vitest/config";
import { CountReporter } from "./tests/support/count_reporter.ts";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    reporters: ["default", new CountReporter()],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
