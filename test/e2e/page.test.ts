import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
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
    await page.getByText("a task is named client/project/task").waitFor();
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
    await page.getByRole("cell", { name: "acme/site", exact: true }).waitFor();
  });

  test("what is done to work of long ago is in the sums of the open page, which has no row of it", async () => {
    const sum = (project: string) => page.locator("#projects tr", { hasText: project });
    await server.neil("add", "old/archive/box", "2020-01-05", "9:00-10:00");
    await sum("old/archive").getByText("1:00:00").waitFor();
    await server.neil("add", "old/cellar/box", "2020-01-06", "9:00-9:30");
    await sum("old/cellar").getByText("0:30:00").waitFor();
    await server.neil("project", "merge", "old/cellar", "old/archive");
    await sum("old/archive").getByText("1:30:00").waitFor();
    await sum("old/cellar").waitFor({ state: "detached" });
    await server.neil("undo");
    await sum("old/cellar").getByText("0:30:00").waitFor();
    await sum("old/archive").getByText("1:00:00").waitFor();
  });

  test("switch, the note of an interval, its times, again and undo do what the command line would", async () => {
    await server.neil("add", "acme/site/logo", "2026-01-05", "9:00-10:00");
    await server.neil("start", "home/office/mail", "--create");
    await page.locator("#task").getByText("home/office/mail").waitFor();
    // The beginnings of the names are enough here too, and words with a + are tags.
    await page.getByLabel("Task", { exact: true }).fill("a/s/l");
    await page.locator("#start-note").fill("round edges +svg");
    await page.getByRole("button", { name: "Switch" }).click();
    await page.locator("#task").getByText("acme/site/logo +svg").waitFor();
    expect(await server.json("status")).toMatchObject({
      running: { handle: "acme/site/logo", note: "round edges", tags: ["svg"] },
    });
    await page.getByRole("button", { name: "Edit: acme/site/logo" }).click();
    await page.getByRole("dialog").getByLabel("Note").fill("square edges");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("#note").getByText("square edges").waitFor();
    // The focus is where it was before the dialog came.
    await page.waitForFunction(() => document.activeElement?.textContent === "Edit");
    await page.getByRole("button", { name: "Again: home/office/mail" }).first().click();
    await page.locator("#task").getByText("home/office/mail").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.locator("#task").getByText("acme/site/logo").waitFor();
    expect(await server.json("status")).toMatchObject({ running: { note: "square edges" } });
    const { acts } = await server.json<{ acts: { by: string }[] }>("log", "--acts", "-n", "1");
    expect(acts[0]?.by).toBe("the page");
    await server.neil("stop");
    await page.getByText("Nothing is running.").waitFor();
  });

  test("opens with its key alone, which leaves the address bar, and `neil web` says it again", async () => {
    expect(await server.json("web")).toEqual({ page: server.page });
    expect(page.url()).not.toContain("key");
    const { origin, host } = new URL(server.page);
    const key = server.page.split("#key=")[1] ?? "";
    const answer = (search: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const headers = {
          ...{ host, origin, connection: "upgrade", upgrade: "websocket" },
          ...{ "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" },
        };
        const request = get(`${origin}/live${search}`, { headers });
        request.on("response", ({ statusCode = 0 }) => resolve(statusCode));
        request.on("upgrade", (_, socket) => {
          socket.destroy();
          resolve(101);
        });
        request.on("error", reject);
      });
    expect(await answer("")).toBe(403);
    expect(await answer(`?key=${"A".repeat(key.length)}`)).toBe(403);
    expect(await answer(`?key=${key}`)).toBe(101);
  });

  test("it loads nothing from elsewhere and reports no error", async () => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.reload();
    await page.getByText("Nothing is running.").waitFor();
    for (const url of asked) expect(new URL(url).host).toBe(new URL(server.page).host);
    expect(errors).toEqual([]);
  });
});
