import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import { launch, notice, withoutChromium } from "./test/chromium.js";

const timeouts = { testTimeout: 30_000, hookTimeout: 60_000 };

// Tests run against dist, for a thread or a child process needs real .js files. Node loads them as it does for users:
// vite would put something slower in the place of every import.
const node: TestProjectConfiguration = {
  test: {
    ...timeouts,
    name: "node",
    include: ["test/**/*.test.ts"],
    server: { deps: { external: [/\/(packages|apps)\/[^/]+\/dist\//] } },
  },
};

// What the channel and the store promise, they promise in browsers too. Tests of what only Node has are named *.node.test.ts.
const chromium: TestProjectConfiguration = {
  test: {
    ...timeouts,
    name: "chromium",
    include: ["channel", "contract/channel", "shawn"].map((folder) => `test/${folder}/**/*.test.ts`),
    exclude: ["**/*.node.test.ts"],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: launch }),
      instances: [{ browser: "chromium" }],
    },
  },
};

if (withoutChromium) console.warn(notice);

export default defineConfig({
  test: {
    projects: withoutChromium ? [node] : [node, chromium],
    reporters: process.env.CI ? ["dot", "./scripts/count-reporter.mjs"] : ["default", "./scripts/count-reporter.mjs"],
  },
});
