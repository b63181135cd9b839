import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, withoutChromium } from "../chromium.js";
import { root } from "./harness.js";

let server: ViteDevServer;
let browser: Browser;

beforeAll(async () => {
  if (withoutChromium) return;
  const folder = join(root, "examples/27-page-that-remembers");
  server = await createServer({ root: folder, logLevel: "silent", server: { port: 0 } });
  await server.listen();
  browser = await chromium.launch(launch);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const shows = (page: Page, text: string) =>
  expect.poll(() => page.locator("output").textContent(), { timeout: 20_000 }).toContain(text);

test.skipIf(withoutChromium)("a page's store survives reloads, and a second page is told that it is open", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(server.resolvedUrls?.local[0] ?? "");
  await shows(page, "0 cups, kept");
  for (let round = 1; round <= 3; round++) {
    await page.locator("button").click();
    await page.locator("button").click();
    await shows(page, `${2 * round} cups, kept`);
    await page.reload();
    await shows(page, `${2 * round} cups, kept`);
  }
  const second = await context.newPage();
  await second.goto(server.resolvedUrls?.local[0] ?? "");
  await shows(second, "mansion yogurt is open in another page");
  await page.close();
  await second.reload();
  await shows(second, "6 cups, kept");
  expect(errors).toEqual([]);
});
