import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dial } from "@good-place/hemple";
import { neilContract } from "@good-place/neil/contract";
import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { withoutChromium } from "../chromium.js";
import { type Desk, deskAt } from "./pages.js";

vi.setConfig({ testTimeout: 300_000 });

describe.skipIf(withoutChromium)("a page that is left open", () => {
  let desk: Desk;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    desk = await deskAt("2026-10-07T07:00:00Z");
    page = await desk.open();
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.getByText("Nothing is running.").waitFor();
  });
  afterAll(async () => {
    await desk?.[Symbol.asyncDispose]();
  });

  test("goes on over a restart of the server, with what was typed and without a reload", async () => {
    await page.evaluate(() => Object.assign(globalThis, { loadedOnce: true }));
    await desk.server.json("start", "acme/site/header");
    await page.locator("#task").getByText("acme/site/header").waitFor();
    await page.locator("#stop-note").fill("half done");
    await desk.restart(async () => {
      await page.getByText("no connection").waitFor();
      // What is asked now is not asked later.
      await page.locator("#stop-note").press("Enter");
      await page.getByRole("alert").getByText("There is no connection").waitFor();
    });
    await page.getByText("live", { exact: true }).waitFor({ timeout: 120_000 });
    expect(await page.locator("#task").textContent()).toBe("acme/site/header");
    expect(await page.locator("#stop-note").inputValue()).toBe("half done");
    await desk.setClock("2026-10-07T07:30:00Z");
    await page.locator("#stop-note").press("Enter");
    await page.getByText("Nothing is running.").waitFor();
    expect(await page.evaluate(() => "loadedOnce" in globalThis)).toBe(true);
    expect(await desk.server.json("last", "-n", "1")).toMatchObject({ intervals: [{ note: "half done" }] });
  });

  test("shows the day that it is, when days pass without an act", async () => {
    await desk.setClock("2026-10-07T21:50:00Z");
    await desk.server.json("add", "acme/site/header", "23:00-23:30");
    await desk.server.json("start", "acme/site/footer", "--create", "--at", "-10m");

    await page.getByRole("button", { name: /^Edit: acme\/site\/footer/ }).waitFor();
    expect(await rows()).toHaveLength(3);
    expect(await page.locator("#today-sum").textContent()).toMatch(/^1:10:/);
    // It is past midnight: what ran before it is yesterday's. The server, whose clock stands, has nothing to say to that.
    await page.clock.setSystemTime("2026-10-07T22:05:30Z");
    await expect.poll(rows).toHaveLength(1);
    expect(await page.locator("#today-sum").textContent()).toMatch(/^0:05:/);
    await page.clock.setSystemTime("2026-10-09T06:00:00Z");
    await expect.poll(() => page.locator("#today-sum").textContent()).toMatch(/^8:0\d:/);
    expect(await page.locator("#since").textContent()).toBe("since Wed 7 Oct, 23:40");
    await desk.setClock("2026-10-09T06:00:00Z");
    await desk.server.json("stop");
    await page.getByText("Nothing is running.").waitFor();
  });

  test("beside another page: of two that change one interval, the later one is refused and keeps what was typed", async () => {
    const other = await desk.open();
    for (const [each, note] of [
      [page, "mine"],
      [other, "yours"],
    ] as const) {
      await each.getByRole("button", { name: /^Edit: acme\/site\/footer/ }).click();
      await each.getByRole("dialog").getByLabel("Note").fill(note);
    }
    await page.getByRole("button", { name: "Save" }).click();
    await other.locator("#today").getByText("(mine)").waitFor();
    await other.getByRole("button", { name: "Save" }).click();
    await other.getByRole("dialog").getByRole("alert").getByText("is another by now").waitFor();
    expect(await other.getByRole("dialog").getByLabel("Note").inputValue()).toBe("yours");
    expect(await desk.server.json("last", "-n", "1")).toMatchObject({ intervals: [{ note: "mine" }] });
    await other.close();
  });

  test("takes 3,000 acts as they come, and grows to no more than a hundred rows of each kind", async () => {
    const home = (name: string): Uint8Array => {
      const file = JSON.parse(readFileSync(join(desk.server.home, "client.json"), "utf8")) as Record<string, string>;
      return new Uint8Array(Buffer.from(file[name] ?? "", "base64"));
    };
    const port = Number(desk.server.rpc.split(":")[1]);
    const [key, psk, serverKey] = [home("key"), home("psk"), home("serverKey")];
    const neil = await dial(neilContract, { port, key, psk, serverKey });
    await desk.setClock("2026-10-12T18:00:00Z");
    const midnight = Date.parse("2026-10-12T00:00:00Z");
    const begun = Date.now();
    for (let n = 0; n < 3000; n += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => neil["interval/add"](added(n + index))));
    }
    console.log(`3,000 acts in ${Date.now() - begun} ms`);
    const sum = (): Promise<string | null> => page.locator("#today-sum").textContent();
    await expect.poll(sum, { timeout: 120_000 }).toBe("8:20:00");
    const counted = Object.fromEntries(
      await page.evaluate(() =>
        ["#today > li", "#tasks > tr", "#projects > tr", "#handles > option", "*"].map((kind) => [
          kind,
          document.querySelectorAll(kind).length,
        ]),
      ),
    ) as Record<string, number>;
    console.log(counted);
    expect(counted).toMatchObject({ "#today > li": 100, "#tasks > tr": 100, "#projects > tr": 100 });
    expect(counted["#handles > option"]).toBe(1000);
    expect(counted["*"]).toBeLessThan(4000);
    expect(await page.locator("#today-more").textContent()).toBe("and 2900 before these");
    expect(await page.locator("#projects > tr:last-child > td:first-child").textContent()).toMatch(/^\d+ others$/);
    await neil[Symbol.asyncDispose]();

    function added(n: number): Parameters<(typeof neil)["interval/add"]>[0] {
      const start = midnight + n * 20_000;
      const rest = { create: true, note: "", tags: [], zone: "Europe/Prague" };
      return { command: `add-${n}`, handle: `c${n % 5}/p${n % 150}/t${n % 1500}`, start, end: start + 10_000, ...rest };
    }
  });

  test("says that its key is no longer right, and opens when this browser is given the new one", async () => {
    const other = await desk.open();
    await other.locator("#today > li").first().waitFor();
    await desk.restart(async () => {
      for (const name of ["server.json", "client.json"]) rmSync(join(desk.server.home, name));
    });
    for (const each of [page, other]) {
      await each.getByText("not let in; open the page by: npx neil web").waitFor({ timeout: 120_000 });
    }
    // Into the bar of the one; the other page has it from the browser.
    await page.goto(desk.server.page);
    for (const each of [page, other]) await each.getByText("live", { exact: true }).waitFor({ timeout: 120_000 });
    expect(page.url()).not.toContain("key");
    expect(errors).toEqual([]);
  });

  function rows(): Promise<string[]> {
    return page.locator("#today > li").allTextContents();
  }
});
