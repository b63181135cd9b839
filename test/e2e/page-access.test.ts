import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { withoutChromium } from "../chromium.js";
import { axe, violations } from "./axe.js";
import { type Desk, deskAt } from "./pages.js";

vi.setConfig({ testTimeout: 300_000 });

describe.skipIf(withoutChromium)("whoever does not see the page, or has no mouse", () => {
  let desk: Desk;
  let page: Page;

  beforeAll(async () => {
    desk = await deskAt("2026-10-07T07:00:00Z");
    await desk.context.addInitScript({ path: axe });
    page = await desk.open();
  });
  afterAll(async () => {
    await desk?.[Symbol.asyncDispose]();
  });

  // Each goes on from where the one before has left the page.
  const states: Record<string, () => Promise<Page>> = {
    async "without a key"() {
      const other = await (await desk.context.browser())?.newPage();
      if (other === undefined) throw new Error("no browser");
      await other.addInitScript({ path: axe });
      await other.goto(new URL("/", desk.server.page).href);
      await other.getByText("not let in").waitFor();
      return other;
    },
    async idle() {
      await page.getByText("Nothing is running.").waitFor();
      return page;
    },
    async running() {
      await desk.server.json("start", "acme/site/header", "fix", "the", "menu", "+css", "--at", "-90m");
      const long = "acme-international/relaunch-2026/accessibility-audit";
      await desk.server.json("switch", long, "a note that is too long for its line", "--create", "--at", "-40m");
      await page.locator("#task").getByText(long).waitFor();
      return page;
    },
    async "with an absence"() {
      await desk.setClock("2026-10-07T07:40:00Z");
      await page.getByRole("heading", { name: "Were you away?" }).waitFor();
      return page;
    },
    async "with the editor open"() {
      await page.getByRole("button", { name: /^Edit: acme\/site/ }).click();
      await page.getByRole("dialog").waitFor();
      return page;
    },
    async "with an absence being moved"() {
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: /^It was other work/ }).click();
      await page.getByRole("dialog").waitFor();
      return page;
    },
    async "with a refusal"() {
      await page.keyboard.press("Escape");
      await page.getByLabel("Task", { exact: true }).fill("no-handle");
      await page.getByRole("button", { name: "Switch" }).click();
      await page.getByRole("alert").getByText("a task is named").waitFor();
      return page;
    },
  };

  test.each(Object.entries(states))(
    "the page %s has no violation of WCAG 2 AA, light or dark, narrow or wide",
    async (_, reach) => {
      await hasNoViolation(await reach());
    },
  );

  test("every action is reached by the Tab key, in the order of the page, and shows that it is", async () => {
    await page.reload();
    await page.getByRole("heading", { name: "Were you away?" }).waitFor();
    const reached: string[] = [];
    for (let focus = await tabbed(page); focus !== undefined && reached.length < 50; focus = await tabbed(page)) {
      expect(focus, focus.name).toMatchObject({ outlined: true, inView: true });
      reached.push(focus.name);
    }
    const about = "acme-international/relaunch-2026/accessibility-audit";
    const absence = `09:00 – 09:40, on ${about}`;
    expect(reached).toEqual([
      "Skip to what is running",
      "Were you away 09:00 – 09:40?",
      ...["stop-note", "done", "Stop", "handle", "start-note", "Switch"],
      ...["It was work", "The work ended then", "Take it out", "It was other work"].map(
        (what) => `${what}: ${absence}`,
      ),
      `Edit: ${about}, 08:20 – now`,
      ...["Edit", "Again"].map((what) => `${what}: acme/site/header, 07:30 – 08:20`),
    ]);
  });

  test("by keyboard alone: after a dialog, a removal or a decision the focus is where the work goes on", async () => {
    const edit = page.getByRole("button", { name: /^Edit: acme\/site/ });
    await edit.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await focusIs(/^Edit: acme\/site/);
    await page.keyboard.press("Enter");
    await page.keyboard.type(" and the logo");
    await page.keyboard.press("Enter");
    await page.getByText("(fix the menu and the logo)").waitFor();
    await focusIs(/^Edit: acme\/site/);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Remove" }).focus();
    await page.keyboard.press("Enter");
    await edit.waitFor({ state: "detached" });
    await focusIs(/^Today/);
    await page.getByRole("button", { name: /^It was work/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Were you away?" }).waitFor({ state: "hidden" });
    await focusIs(/^Now/);
  });

  test("the clock ticks without being announced, and a minute that passes moves nobody's focus", async () => {
    await page.getByRole("button", { name: /^Edit: acme-int/ }).focus();
    await page.evaluate(() => {
      const said: string[] = [];
      const live = "[role=status], [role=alert], [role=log], [aria-live]:not([aria-live=off])";
      const observer = new MutationObserver((changes) => {
        for (const { target } of changes) {
          const element = target instanceof Element ? target : target.parentElement;
          if (element?.closest(live)) said.push(element.outerHTML);
        }
      });
      observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
      Object.assign(globalThis, { said, button: document.activeElement });
    });
    const before = await page.locator("#elapsed").textContent();
    await page.clock.runFor(130_000);
    expect(await page.locator("#elapsed").textContent()).not.toBe(before);
    expect(await page.evaluate(() => (globalThis as unknown as { said: string[] }).said)).toEqual([]);
    expect(
      await page.evaluate(() => document.activeElement === (globalThis as never as { button: Element }).button),
    ).toBe(true);
  });

  test("nothing moves, and with letters twice as large nothing is beside the window", async () => {
    expect(
      await page.evaluate(
        () =>
          [...document.querySelectorAll("*")].filter((element) => {
            const { animationName, transitionDuration } = getComputedStyle(element);
            return animationName !== "none" || transitionDuration !== "0s";
          }).length,
      ),
    ).toBe(0);
    await page.setViewportSize({ width: 640, height: 400 });
    await page.evaluate(() => document.documentElement.style.setProperty("font-size", "200%"));
    expect(await beside(page)).toEqual([]);
    await page.evaluate(() => document.documentElement.style.removeProperty("font-size"));
  });

  test("the page without its server has no violation either, and its actions say that nothing was asked", async () => {
    await desk.server.end();
    await page.getByText("trying again").waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("alert").getByText("There is no connection to the server.").waitFor();
    await hasNoViolation(page);
  });

  async function hasNoViolation(page: Page): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [320, 1280]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        expect(await violations(page), `${colorScheme}, ${width} wide`).toEqual([]);
        expect(await beside(page), `${width} wide`).toEqual([]);
      }
    }
  }

  async function focusIs(name: RegExp): Promise<void> {
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent?.trim()))
      .toMatch(name);
  }
});

interface Focus {
  readonly name: string;
  readonly outlined: boolean;
  readonly inView: boolean;
}

/** What the Tab key goes to next; undefined past the last. */
async function tabbed(page: Page): Promise<Focus | undefined> {
  await page.keyboard.press("Tab");
  return await page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return undefined;
    const { top, bottom, left, right } = element.getBoundingClientRect();
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const input = element instanceof HTMLInputElement ? element.id || element.name : "";
    return {
      name: element.ariaLabel ?? (input || element.textContent?.trim() || element.tagName),
      outlined: outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2,
      inView: top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth,
    };
  });
}

/** What can only be seen by scrolling sideways. */
async function beside(page: Page): Promise<string[]> {
  return await page.evaluate(() =>
    [...document.querySelectorAll("body *")]
      .filter((element) => !element.matches(".skip") && element.getBoundingClientRect().right > innerWidth + 1)
      .map((element) => element.outerHTML.slice(0, 200)),
  );
}
