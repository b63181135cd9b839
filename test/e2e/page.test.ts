import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, withoutChromium } from "../chromium.js";
import { type Server, startServer } from "./harness.js";

describe.skipIf(withoutChromium)("the page", () => {
  let server: Server;
  let context: BrowserContext;
  let page: Page;
  let profile: string;
  const errors: string[] = [];

  beforeAll(async () => {
    server = await startServer();
    profile = mkdtempSync(join(tmpdir(), "neil-chromium-"));
    context = await chromium.launchPersistentContext(profile, launch);
    page = await context.newPage();
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(server.page);
    await page.getByText("Nothing is running.").waitFor();
  });
  afterAll(async () => {
    await context?.close();
    await server?.end();
    rmSync(profile, { recursive: true, force: true });
  });

  test("what the command line starts and stops is on the open page at once, without a reload", async () => {
    await page.evaluate(() => Object.assign(globalThis, { loadedOnce: true }));
    const started = page.locator("#task").getByText("acme/site/header").waitFor({ timeout: 10_000 });
    await server.neil("start", "acme/site/header", "fix", "the", "menu");
    const answeredAt = Date.now();
    await started;
    console.log(`the page showed it ${Date.now() - answeredAt} ms after the answer`);
    expect(await page.locator("#note").textContent()).toBe("fix the menu");
    await server.neil("stop", "done");
    await page.getByText("Nothing is running.").waitFor();
    expect(await page.evaluate(() => "loadedOnce" in globalThis)).toBe(true);
  });

  test("what the page starts and stops is on the command line", async () => {
    await page.getByLabel("Task", { exact: true }).fill("home/garden/roses");
    await page.getByRole("button", { name: "Start" }).click();
    await page.locator("#task").getByText("home/garden/roses").waitFor();
    expect(await server.json("status")).toMatchObject({ running: { handle: "home/garden/roses" } });
    // By keyboard alone: the focus goes to the form that has come, and Enter submits it.
    await page.keyboard.type("watered");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing is running.").waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("handle");
    expect(await server.json("status")).toMatchObject({ running: null, last: { note: "watered" } });
  });

  test("a refusal is told on the page and changes nothing", async () => {
    await page.getByLabel("Task", { exact: true }).fill("acme/site/header");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("alert").getByText("completed").waitFor();
    // What was typed is still there to be mended.
    expect(await page.getByLabel("Task", { exact: true }).inputValue()).toBe("acme/site/header");
    await page.getByLabel("Task", { exact: true }).fill("no-handle");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("alert").getByText("client/project/task").waitFor();
    expect((await server.neil("status")).exit).toBe(1);
  });

  test("two pages show the same, and a page that was away catches up", async () => {
    const other = await context.newPage();
    await other.goto(server.page);
    await server.neil("start", "acme/site/footer");
    await other.locator("#task").getByText("acme/site/footer").waitFor();
    await page.locator("#task").getByText("acme/site/footer").waitFor();
    await other.close();
    await server.neil("stop");
    await page.reload();
    await page.getByText("Nothing is running.").waitFor();
    await page.getByRole("cell", { name: "acme/site" }).waitFor();
  });

  test("it loads nothing from elsewhere and reports no error", async () => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.reload();
    await page.getByText("Nothing is running.").waitFor();
    for (const url of asked) expect(url.startsWith(server.page)).toBe(true);
    expect(errors).toEqual([]);
  });
});
