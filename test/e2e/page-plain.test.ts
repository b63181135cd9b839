import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { withoutChromium } from "../chromium.js";
import { axe, violations } from "./axe.js";
import { type Desk, deskAt } from "./pages.js";

vi.setConfig({ testTimeout: 300_000 });

describe.skipIf(withoutChromium)("a browser without scripts", () => {
  let desk: Desk;

  beforeAll(async () => {
    desk = await deskAt("2026-10-06T22:20:00Z");
    await desk.server.json("start", "acme/site/header", "<b>fix</b> the menu", "--at", "-50m");
    await desk.server.json("switch", "int/mail/inbox", "--create", "--at", "-10m");
  });
  afterAll(async () => {
    await desk?.[Symbol.asyncDispose]();
  });

  test("shows what was done today and what runs to whoever has the key, and nothing without it", async () => {
    const context = await desk.context.browser()?.newContext({ javaScriptEnabled: false });
    if (context === undefined) throw new Error("no browser");
    const page = await context.newPage();
    await page.goto(new URL("/", desk.server.page).href);
    await page.locator("#key").fill("A".repeat(43));
    await page.keyboard.press("Enter");
    await page.getByText("This is not the key").waitFor();
    expect(await page.content()).not.toContain("acme");
    await page.goBack();
    // The whole address does as well, as it was copied.
    await page.locator("#key").fill(` ${desk.server.page}`);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "2026-10-07, int/mail/inbox is running" }).waitFor();
    const rows = await page.getByRole("table", { name: "Intervals" }).getByRole("row").allInnerTexts();
    // It is 0:20 in Prague: of what began yesterday, 10 minutes are today's.
    expect(rows.slice(1).map((row) => row.split("\t"))).toEqual([
      ["2026-10-07", "00:00", "00:10", "acme/site/header", "<b>fix</b> the menu", "0:10"],
      ["2026-10-07", "00:10", "now", "int/mail/inbox", "", "0:10"],
    ]);
    expect(page.url()).not.toContain(desk.server.page.split("#key=")[1]);
    await context.close();
  });

  test("gets a page that has no violation of WCAG 2 AA", async () => {
    await desk.context.addInitScript({ path: axe });
    const page = await desk.open();
    await page.getByText("live", { exact: true }).waitFor();
    await Promise.all([
      page.waitForURL("**/today"),
      page.evaluate((key) => {
        const form = Object.assign(document.createElement("form"), { method: "post", action: "/today" });
        form.append(Object.assign(document.createElement("input"), { name: "key", value: key }));
        document.body.append(form);
        form.submit();
      }, desk.server.page),
    ]);
    await page.getByRole("heading", { name: "is running" }).waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page), colorScheme).toEqual([]);
    }
  });
});
