import { defineConfig } from "vitest/config";

// Tests run against dist: a thread or a child process needs real .js files.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: process.env.CI ? ["dot", "./scripts/count-reporter.mjs"] : ["default", "./scripts/count-reporter.mjs"],
  },
});
