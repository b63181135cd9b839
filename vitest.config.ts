import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectConfiguration } from "vitest/config";
import type { BrowserConfigOptions } from "vitest/node";
import { launch, notice, withoutChromium } from "./test/chromium.js";

// A busy machine takes seconds for what takes milliseconds: a poll's own second would fail a test that is right.
const timeouts = { testTimeout: 30_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } };

// Tests run against dist, for a thread or a child process needs real .js files. Node loads them as it does for users:
// vite would put something slower in the place of every import.
const node: TestProjectConfiguration = {
  test: {
    ...timeouts,
    name: "node",
    include: ["test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.chromium.test.ts"],
    server: { deps: { external: [/\/(packages|apps)\/[^/]+\/dist\//] } },
  },
};

// Made anew for each project, for vitest writes into it.
const inChromium = (): BrowserConfigOptions => ({
  enabled: true,
  headless: true,
  screenshotFailures: false,
  provider: playwright({ launchOptions: launch }),
  instances: [{ browser: "chromium" }],
});

// What the channel and the store promise, they promise in browsers too. Tests of what only
// Node has are named *.node.test.ts, of what only a browser has *.chromium.test.ts.
const chromium: TestProjectConfiguration = {
  optimizeDeps: { include: ["react", "react/jsx-dev-runtime", "react-dom/client", "react-dom/server"] },
  test: {
    ...timeouts,
    name: "chromium",
    include: ["channel", "contract", "shawn"].map((folder) => `test/${folder}/**/*.test.{ts,tsx}`),
    exclude: ["**/*.node.test.ts"],
    browser: inChromium(),
  },
};

// The tests of the hooks once more with the older React.
const react18 = ["react", "react-dom"].map((name) => ({
  find: new RegExp(`^${name}(?=/|$)`),
  replacement: fileURLToPath(new URL(`test/react-18/node_modules/${name}`, import.meta.url)),
}));
const nodeReact18: TestProjectConfiguration = {
  resolve: { alias: react18 },
  test: {
    ...timeouts,
    name: "node react 18",
    include: ["test/shawn/react/*.node.test.ts"],
    server: { deps: { inline: [/packages\/shawn\/dist\/react/] } },
  },
};
const chromiumReact18: TestProjectConfiguration = {
  ...chromium,
  resolve: { alias: react18 },
  cacheDir: "node_modules/.vite-react-18",
  test: {
    ...chromium.test,
    name: "chromium react 18",
    include: ["test/shawn/react/*.test.tsx"],
    browser: inChromium(),
  },
};

if (withoutChromium) console.warn(notice);

export default defineConfig({
  test: {
    projects: [node, nodeReact18, ...(withoutChromium ? [] : [chromium, chromiumReact18])],
    reporters: process.env.CI ? ["dot", "./scripts/count-reporter.mjs"] : ["default", "./scripts/count-reporter.mjs"],
  },
});
