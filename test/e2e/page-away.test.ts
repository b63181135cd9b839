import type { Page } from "playwright";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { withoutChromium } from "../chromium.js";
import { type Desk, deskAt } from "./pages.js";

vi.setConfig({ testTimeout: 300_000 });

interface Last {
  intervals: { handle: string; start: string; end: string | null }[];
}

describe.skipIf(withoutChromium)("somebody who was away", () => {
  let desk: Desk;
  let page: Page;

  beforeAll(async () => {
    desk = await deskAt("2026-10-07T07:00:00Z");
    page = await desk.open();
    await page.getByText("Nothing is running.").waitFor();
    await desk.server.json("add", "int/mail/inbox", "2026-10-05", "9:00-9:10", "--create");
  });
  afterAll(async () => {
    await desk?.[Symbol.asyncDispose]();
  });

  // What becomes of the work from 9:00 with an absence from 9:10 to 9:50, the newest first.
  test.each([
    ["It was work", 7, [["acme/site/header", "07:00", null]]],
    ["The work ended then", 8, [["acme/site/header", "07:00", "07:10"]]],
    [
      "Take it out",
      9,
      [
        ["acme/site/header", "07:50", null],
        ["acme/site/header", "07:00", "07:10"],
      ],
    ],
    [
      "It was other work",
      12,
      [
        ["acme/site/header", "07:50", null],
        ["int/mail/inbox", "07:10", "07:50"],
        ["acme/site/header", "07:00", "07:10"],
      ],
    ],
  ] as const)("is asked about it, and %s does so", async (answer, day, work) => {
    await gone(day);
    await page.getByRole("status").getByText("Were you away 09:10 – 09:50?").waitFor();
    await page.getByRole("button", { name: `${answer}: 09:10 – 09:50, on acme/site/header` }).click();
    if (answer === "It was other work") {
      await page.getByLabel("Other task").fill("no-handle");
      await page.getByRole("button", { name: "Move" }).click();
      await page.getByRole("dialog").getByRole("alert").getByText("a task is named").waitFor();
      await page.getByLabel("Other task").fill("i/m/i");
      await page.getByRole("button", { name: "Move" }).click();
    }
    await page.locator("#away").waitFor({ state: "hidden" });
    expect(await page.getByRole("status").getByText("Were you away").count()).toBe(0);
    expect(await done(day)).toEqual(work);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("heading", { name: "Were you away?" }).waitFor();
    expect(await done(day)).toEqual([["acme/site/header", "07:00", null]]);
    await desk.server.json("away", "cut");
    await page.locator("#away").waitFor({ state: "hidden" });
  });

  test("sees that another device has answered, and an answer that comes later changes nothing", async () => {
    await gone(13);
    await page.getByRole("button", { name: /^It was other work/ }).click();
    await desk.server.json("away", "go-on");
    await page.locator("#away").waitFor({ state: "hidden" });
    const decided = await done(13);
    await page.getByLabel("Other task").fill("int/mail/inbox");
    await page.getByRole("button", { name: "Move" }).click();
    await page.getByRole("dialog").getByRole("alert").getByText("there is no absence to decide about").waitFor();
    expect(await done(13)).toEqual(decided);
    await page.keyboard.press("Escape");
    // A night is told with its day.
    await desk.setClock("2026-10-14T05:00:00Z");
    await page.getByText("Were you away Tue 13 Oct, 09:50 – Wed 14 Oct, 07:00?").waitFor();
  });

  /** Starts at 9:00 of a day of October; the heart beats last at 9:10, and then at 9:50. */
  async function gone(day: number): Promise<void> {
    const date = `2026-10-${String(day).padStart(2, "0")}`;
    await desk.setClock(`${date}T07:10:00Z`);
    await expect.poll(() => desk.lastBeat()).toBe(Date.parse(`${date}T07:10:00Z`));
    await desk.server.json("start", "acme/site/header", "--at", "-10m");
    await desk.setClock(`${date}T07:50:00Z`);
    await page.getByRole("heading", { name: "Were you away?" }).waitFor();
  }

  async function done(day: number): Promise<(string | null)[][]> {
    const { intervals } = await desk.server.json<Last>("last", "-n", "9");
    return intervals
      .filter(({ start }) => start.startsWith(`2026-10-${String(day).padStart(2, "0")}`))
      .map(({ handle, start, end }) => [handle, start.slice(11, 16), end?.slice(11, 16) ?? null]);
  }
});
