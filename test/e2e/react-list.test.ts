import { join } from "node:path";
import { type Browser, chromium } from "playwright";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, withoutChromium } from "../chromium.js";
import { root } from "./harness.js";

let server: ViteDevServer;
let browser: Browser;

beforeAll(async () => {
  if (withoutChromium) return;
  server = await createServer({ root: join(root, "examples/15-react-list"), logLevel: "silent", server: { port: 0 } });
  await server.listen();
  browser = await chromium.launch(launch);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

test.skipIf(withoutChromium)("the React example shows 10,000 rows; a click and a cocoon change them", async () => {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(server.resolvedUrls?.local[0] ?? "");
  await page.locator("li:nth-child(10000)").waitFor({ state: "attached" });
  const votes = async () => Number.parseInt((await page.locator("output").textContent()) ?? "", 10);
  // By roles is what people do, but Chromium takes seconds to tell the roles of 10,000 rows.
  const doors = page.locator("header button");
  await page.locator("li:first-child button").dispatchEvent("click");
  expect(await page.locator("li:first-child button").textContent()).toBe("1");
  expect(await votes()).toBe(1);
  await doors.dispatchEvent("click");
  await expect.poll(votes, { timeout: 20_000 }).toBeGreaterThan(10);
  await doors.dispatchEvent("click");
  await expect.poll(() => doors.textContent()).toBe("Let them in");
  const shown = await page.locator("li button").allTextContents();
  expect(shown.reduce((sum, text) => sum + Number(text), 0)).toBe(await votes());
  expect(errors).toEqual([]);
});
